"""Every byte example of the vendors' documents, in both directions."""

import pytest

from hardware.servos import (
    ds_registers,
    feetech_registers,
    ff_frames,
    i2c_registers,
    lx_frames,
    se_frames,
)
from hardware.servos.frame_stream import FrameStream

UPRIGHT = [2000, 2000, 2000, 2000, 1486, 1266]  # all servos at 90 degrees, gripper at 30
DS_UPRIGHT = {
    servo: ds_registers.pack_target(count, 1000) for servo, count in enumerate(UPRIGHT, start=1)
}

FF_REQUESTS = [
    (ff_frames.ping(1), "FF FF 01 02 01 FB"),
    (ff_frames.read(1, ds_registers.POSITION, 2), "FF FF 01 04 02 38 02 BE"),
    (ff_frames.read(1, feetech_registers.POSITION, 2), "FF FF 01 04 02 38 02 BE"),
    (ff_frames.write(1, ds_registers.TORQUE, b"\x01"), "FF FF 01 04 03 28 01 CE"),
    (
        ff_frames.write(ff_frames.BROADCAST, ds_registers.TORQUE, b"\x00"),
        "FF FF FE 04 03 28 00 D2",
    ),
    (
        ff_frames.write(1, ds_registers.TARGET, ds_registers.pack_target(2000, 1000)),
        "FF FF 01 07 03 2A 07 D0 03 E8 08",
    ),
    (
        ff_frames.sync_write(ds_registers.TARGET, DS_UPRIGHT),
        "FF FF FE 22 83 2A 04 01 07 D0 03 E8 02 07 D0 03 E8 03 07 D0 03 E8"
        " 04 07 D0 03 E8 05 05 CE 03 E8 06 04 F2 03 E8 72",
    ),
    (
        ff_frames.write(1, feetech_registers.TARGET, feetech_registers.pack_target(2048, 0, 0)),
        "FF FF 01 09 03 2A 00 08 00 00 00 00 C0",
    ),
]
SE_REQUESTS = [
    (
        se_frames.move_six(UPRIGHT, 1000),
        "FF FC 11 1D 07 D0 07 D0 07 D0 07 D0 05 CE 04 F2 03 E8 3E",
    ),
    (se_frames.move_one(1, 2000, 500), "FF FC 07 11 07 D0 01 F4 E4"),
    (se_frames.read_position(1), "FF FC 03 31 34"),
    (se_frames.torque(True), "FF FC 04 1A 01 1F"),
    (se_frames.torque(False), "FF FC 04 1A 00 1E"),
]
LX_FRAMES = [
    (
        lx_frames.Frame(1, lx_frames.MOVE, lx_frames.pack_target(500, 1000)),
        "55 55 01 07 01 F4 01 E8 03 16",
    ),
    (lx_frames.Frame(1, lx_frames.READ_POSITION), "55 55 01 03 1C DF"),
    (lx_frames.load(1, False), "55 55 01 04 1F 00 DB"),
]


@pytest.mark.parametrize(("request_", "published"), FF_REQUESTS)
def test_requests_of_ds_and_feetech_are_the_published_bytes(
    request_: ff_frames.Request, published: str
) -> None:
    assert request_.encode().hex(" ").upper() == published
    (frame,) = FrameStream(ff_frames.REQUESTS).feed(bytes.fromhex(published))
    assert ff_frames.Request.decode(frame) == request_


@pytest.mark.parametrize(
    ("reply", "published"),
    [
        (ff_frames.Reply(1), "FF F5 01 02 00 FC"),
        (ff_frames.Reply(1, 0, ds_registers.pack_position(2047)), "FF F5 01 04 00 07 FF F4"),
    ],
)
def test_replies_of_ds_are_the_published_bytes(reply: ff_frames.Reply, published: str) -> None:
    assert reply.encode(ff_frames.DS).hex(" ").upper() == published
    (frame,) = FrameStream(ff_frames.DS_REPLIES).feed(bytes.fromhex(published))
    assert ff_frames.Reply.decode(frame) == reply


@pytest.mark.parametrize(("request_", "published"), SE_REQUESTS)
def test_requests_to_the_se_board_are_the_published_bytes(
    request_: se_frames.Request, published: str
) -> None:
    assert request_.encode().hex(" ").upper() == published
    (frame,) = FrameStream(se_frames.REQUESTS).feed(bytes.fromhex(published))
    assert se_frames.Request.decode(frame) == request_


def test_the_se_board_tells_a_position_as_its_library_parses_it() -> None:
    published = bytes.fromhex("FF FB 06 0A 07 D0 31 18")
    assert se_frames.position_reply(1, 2000).encode() == published
    (frame,) = FrameStream(se_frames.REPLIES).feed(published)
    assert se_frames.position_of(se_frames.Reply.decode(frame)) == (1, 2000)


@pytest.mark.parametrize(("frame", "published"), LX_FRAMES)
def test_frames_of_lx16a_are_the_published_bytes(frame: lx_frames.Frame, published: str) -> None:
    assert frame.encode().hex(" ").upper() == published
    (found,) = FrameStream(lx_frames.FRAMES).feed(bytes.fromhex(published))
    assert lx_frames.Frame.decode(found) == frame


def test_the_i2c_board_is_given_words_high_byte_first() -> None:
    assert i2c_registers.pack_words(UPRIGHT).hex(" ") == "07 d0 07 d0 07 d0 07 d0 05 ce 04 f2"
    assert i2c_registers.pack_target(2000, 500).hex(" ") == "07 d0 01 f4"
    assert i2c_registers.unpack_words(b"\x07\xd0") == (2000,)
