"""Which board is on a line where the expected one does not answer."""

from collections.abc import Iterator

from hardware.servos import ff_frames, lx_frames, se_frames
from hardware.servos.boards import BOARDS, Board
from hardware.servos.frame_stream import FrameStream
from hardware.servos.serial_line import SerialLine

REPLIES = {
    "se": se_frames.REPLIES,
    "ds": ff_frames.DS_REPLIES,
    "feetech": ff_frames.STS_REPLIES,
    "lx16a": lx_frames.FRAMES,
}
"""The frames by which a board is known."""


def what_answers(line: SerialLine, expected: Board, servos: int) -> str | None:
    """Return what to say about the board that does answer on ``line``; None if none does.

    Asks in every protocol at every pace, harmlessly: nothing is written to a servo.
    """
    for baud in sorted({board.baud for board in BOARDS.values() if board.baud}):
        line.set_baud(baud)
        for request in _questions(servos):
            name = heard_from(request, line.hear(request))
            if name is not None:
                return _said(line.device, expected, BOARDS[name], baud)
    return None


def heard_from(request: bytes, heard: bytes) -> str | None:
    """Return the board whose frame is in what came after ``request``, its echo apart."""
    for name, shape in REPLIES.items():
        stream = FrameStream(shape)
        if any(frame != request for frame in [*stream.feed(heard), *stream.flush()]):
            return name
    return None


def _questions(servos: int) -> Iterator[bytes]:
    for servo in range(1, servos + 1):
        yield ff_frames.ping(servo).encode()
        yield se_frames.read_position(servo).encode()
        yield lx_frames.Frame(servo, lx_frames.READ_TEMPERATURE).encode()


def _said(device: str, expected: Board, found: Board, baud: int) -> str:
    if found.name == expected.name and baud != expected.baud:
        return (
            f"the {found.title} on {device} answers at {baud} bit/s instead of {expected.baud}:"
            " set its servos to that with their maker's program"
        )
    if found.name == expected.name:
        return f"the {found.title} on {device} answers now and then: check cables and supply"
    return (
        f"{device} does not answer like a {expected.title}; it answers like a {found.title}:"
        f" --board {found.name}"
    )
