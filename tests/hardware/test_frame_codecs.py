"""What no bytes on a wire may do to the codecs, whichever protocol."""

from itertools import accumulate, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.servos import ds_registers, feetech_registers, ff_frames, lx_frames, se_frames
from hardware.servos.decoders import DECODERS, Decoder
from hardware.servos.frame_stream import FrameStream

WORD = st.integers(0, 0xFFFF)
SERVO = st.integers(0, 253)
BYTE = st.integers(0, 0xFF)
EVERY = pytest.mark.parametrize("decoder", DECODERS.values(), ids=DECODERS)


def flipped(frame: bytes, index: int, change: int) -> bytes:
    return frame[:index] + bytes((frame[index] ^ change,)) + frame[index + 1 :]


@given(SERVO, BYTE, st.binary(max_size=26))
def test_ff_requests_and_replies_survive_the_wire(servo: int, code: int, params: bytes) -> None:
    request, reply = ff_frames.Request(servo, code, params), ff_frames.Reply(servo, code, params)
    (sent,) = FrameStream(ff_frames.REQUESTS).feed(request.encode())
    (ds,) = FrameStream(ff_frames.DS_REPLIES).feed(reply.encode(ff_frames.DS))
    (sts,) = FrameStream(ff_frames.STS_REPLIES).feed(reply.encode(ff_frames.STS))
    assert ff_frames.Request.decode(sent) == request
    assert ff_frames.Reply.decode(ds) == ff_frames.Reply.decode(sts) == reply


@given(BYTE, st.binary(max_size=11))
def test_se_requests_and_replies_survive_the_wire(code: int, data: bytes) -> None:
    request, reply = se_frames.Request(code, data), se_frames.Reply(code, data)
    (sent,) = FrameStream(se_frames.REQUESTS).feed(request.encode())
    (answer,) = FrameStream(se_frames.REPLIES).feed(reply.encode())
    assert se_frames.Request.decode(sent) == request
    assert se_frames.Reply.decode(answer) == reply


@given(SERVO, BYTE, st.binary(max_size=10))
def test_lx_frames_survive_the_wire(servo: int, command: int, params: bytes) -> None:
    frame = lx_frames.Frame(servo, command, params)
    (found,) = FrameStream(lx_frames.FRAMES).feed(frame.encode())
    assert lx_frames.Frame.decode(found) == frame


@given(st.dictionaries(SERVO, st.binary(min_size=4, max_size=4), min_size=1, max_size=12), BYTE)
def test_a_sync_write_tells_every_servo_its_own(data: dict[int, bytes], address: int) -> None:
    (frame,) = FrameStream(ff_frames.REQUESTS).feed(ff_frames.sync_write(address, data).encode())
    assert ff_frames.sync_written(ff_frames.Request.decode(frame)) == (address, data)


@given(st.binary(max_size=40))
def test_a_contradictory_sync_write_is_none(params: bytes) -> None:
    written = ff_frames.sync_written(
        ff_frames.Request(ff_frames.BROADCAST, ff_frames.SYNC_WRITE, params)
    )
    assert written is None or all(len(data) == params[1] for data in written[1].values())


@given(WORD, WORD)
def test_targets_survive_their_registers(position: int, milliseconds: int) -> None:
    assert ds_registers.unpack_target(ds_registers.pack_target(position, milliseconds)) == (
        position,
        milliseconds,
    )
    assert lx_frames.unpack_target(lx_frames.pack_target(position, milliseconds)) == (
        position,
        milliseconds,
    )


@given(st.integers(-0x7FFF, 0x7FFF), WORD, WORD)
def test_feetech_positions_are_sign_and_magnitude(position: int, time: int, speed: int) -> None:
    packed = feetech_registers.pack_target(position, time, speed)
    assert feetech_registers.unpack_target(packed) == (position, time, speed)
    assert bool(packed[1] & 0x80) == (position < 0)
    assert feetech_registers.unpack_position(packed[:2]) == position


@given(st.integers(-0x8000, 0x7FFF))
def test_lx_positions_are_twos_complement(position: int) -> None:
    assert lx_frames.unpack_word(lx_frames.pack_word(position)) == position


@EVERY
def test_no_corrupted_byte_yields_another_frame_of_that_size(decoder: Decoder) -> None:
    """A corrupted length can hit a right checksum by chance, but then parameters are missing."""
    for frame in decoder.examples:
        for index, change in product(range(len(frame)), range(1, 256)):
            stream = FrameStream(decoder.shape)
            wire = flipped(frame, index, change)
            found = [*stream.feed(wire), *stream.flush()]
            assert all(len(other) < len(frame) for other in found)
            assert not found or index == decoder.shape.length_at


@EVERY
@given(st.binary(max_size=300))
def test_no_bytes_raise_and_little_is_kept(decoder: Decoder, noise: bytes) -> None:
    stream = FrameStream(decoder.shape)
    for byte in noise:
        for frame in stream.feed(bytes((byte,))):
            decoder.decode(frame)
        assert len(stream._rest) < decoder.shape.longest
    stream.flush()
    assert stream._rest == b""


@EVERY
@given(st.data())
def test_a_frame_is_found_behind_any_garbage(decoder: Decoder, data: st.DataObject) -> None:
    header = decoder.shape.header
    noise = st.lists(st.one_of(st.binary(max_size=6), st.just(header), st.just(header[:1])))
    garbage = b"".join(data.draw(noise))
    frame = data.draw(st.sampled_from(decoder.examples))
    stream = FrameStream(decoder.shape)
    found = [*stream.feed(garbage + frame), *stream.flush()]
    assert found[-1:] == [frame] or garbage_swallows(decoder, garbage, frame)


def garbage_swallows(decoder: Decoder, garbage: bytes, frame: bytes) -> bool:
    """A whole frame that begins in the garbage and ends in the frame, its checksum right."""
    size = [decoder.shape.size(garbage + frame, start) for start in range(len(garbage))]
    return any(
        start + length > len(garbage)
        and decoder.shape.whole((garbage + frame)[start : start + length])
        for start, length in enumerate(size)
        if length and (garbage + frame)[start : start + 2] == decoder.shape.header
    )


@EVERY
@given(st.data())
def test_frames_do_not_depend_on_how_bytes_arrive(decoder: Decoder, data: st.DataObject) -> None:
    parts = st.one_of(st.sampled_from(decoder.examples), st.binary(max_size=8))
    wire = b"".join(data.draw(st.lists(parts, max_size=6)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    whole, pieces = FrameStream(decoder.shape), FrameStream(decoder.shape)
    ends = list(accumulate([0, *cuts, len(wire)], max))
    arrived = [frame for start, end in pairwise(ends) for frame in pieces.feed(wire[start:end])]
    assert arrived == whole.feed(wire)
    assert pieces.flush() == whole.flush()


def test_the_echo_of_a_request_is_not_a_ds_reply() -> None:
    reply = ff_frames.Reply(1, 0, b"\x07\xd0").encode(ff_frames.DS)
    echo = ff_frames.read(1, ds_registers.POSITION, 2).encode()
    assert FrameStream(ff_frames.DS_REPLIES).feed(echo + reply) == [reply]


def test_an_extra_ff_before_a_frame_does_not_swallow_it() -> None:
    for servo in range(1, 7):
        frame = ff_frames.ping(servo).encode()
        assert FrameStream(ff_frames.REQUESTS).feed(b"\xff" + frame) == [frame]
