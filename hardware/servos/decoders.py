"""Every decoder by name, with good frames of it: what a fuzzer mutates and feeds."""

from collections.abc import Callable
from dataclasses import dataclass

from hardware.servos import ds_registers, feetech_registers, ff_frames, lx_frames, se_frames
from hardware.servos.frame_stream import FrameShape, FrameStream


@dataclass(frozen=True, slots=True)
class Decoder:
    """One protocol in one direction.

    decode: of a whole frame.
    examples: good frames.
    """

    shape: FrameShape
    decode: Callable[[bytes], object]
    examples: tuple[bytes, ...]

    def feed(self, data: bytes) -> list[object]:
        """Return what the frames found in ``data`` say, to the last byte."""
        stream = FrameStream(self.shape)
        return [self.decode(frame) for frame in [*stream.feed(data), *stream.flush()]]


def _ff_request(frame: bytes) -> object:
    request = ff_frames.Request.decode(frame)
    return ff_frames.sync_written(request) or request


def _se_reply(frame: bytes) -> object:
    reply = se_frames.Reply.decode(frame)
    return se_frames.position_of(reply) or reply


_CENTRE = {servo: ds_registers.pack_target(2000, 1000) for servo in range(1, 7)}
_HERE = feetech_registers.pack_position(2048)

DECODERS = {
    "DS and Feetech requests": Decoder(
        ff_frames.REQUESTS,
        _ff_request,
        (
            ff_frames.ping(1).encode(),
            ff_frames.read(1, ds_registers.POSITION, 2).encode(),
            ff_frames.sync_write(ds_registers.TARGET, _CENTRE).encode(),
        ),
    ),
    "DS replies": Decoder(
        ff_frames.DS_REPLIES,
        ff_frames.Reply.decode,
        (
            ff_frames.Reply(1).encode(ff_frames.DS),
            ff_frames.Reply(1, 0, ds_registers.pack_position(2000)).encode(ff_frames.DS),
        ),
    ),
    "Feetech replies": Decoder(
        ff_frames.STS_REPLIES,
        ff_frames.Reply.decode,
        (ff_frames.Reply(1, 0, _HERE).encode(ff_frames.STS),),
    ),
    "LX-16A frames": Decoder(
        lx_frames.FRAMES,
        lx_frames.Frame.decode,
        (
            lx_frames.move_waiting(1, 500, 1000).encode(),
            lx_frames.Frame(1, lx_frames.READ_POSITION, lx_frames.pack_word(500)).encode(),
        ),
    ),
    "DOFBOT-SE requests": Decoder(
        se_frames.REQUESTS,
        se_frames.Request.decode,
        (
            se_frames.read_position(1).encode(),
            se_frames.move_six([2000] * 6, 1000).encode(),
        ),
    ),
    "DOFBOT-SE replies": Decoder(
        se_frames.REPLIES,
        _se_reply,
        (se_frames.position_reply(1, 2000).encode(),),
    ),
}
