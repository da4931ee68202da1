"""Which board is on a line where the expected one does not answer."""

from collections.abc import Iterator

from hardware.servos import ds_registers, ff_frames, lx_frames, se_frames
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

LONGEST_REPLY = 8
"""To the questions asked here [bytes]."""


def what_answers(line: SerialLine, expected: Board, servos: int) -> str | None:
    """Return what to say about another board that answers on ``line``; None if none does.

    Asks in every protocol at every pace, harmlessly: nothing is written to a servo.
    """
    for baud in sorted({board.baud for board in BOARDS.values() if board.baud}):
        line.set_baud(baud)
        for request in _questions(servos):
            name = heard_from(request, line.hear(request, LONGEST_REPLY))
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
        yield ff_frames.read(servo, ds_registers.ID, 1).encode()  # Feetech keeps it there too
        yield se_frames.read_position(servo).encode()
        yield lx_frames.Frame(servo, lx_frames.READ_TEMPERATURE).encode()


def _said(device: str, expected: Board, found: Board, baud: int) -> str | None:
    if found.name != expected.name:
        return (
            f"{device} answers like the {found.title}, not like the {expected.title}:"
            f" --driver {found.name}"
        )
    if baud != expected.baud:
        return (
            f"the {found.title} on {device} answers at {baud} bit/s instead of {expected.baud}:"
            " set its servos to that with their maker's program"
        )
    return None
