"""What differs between servo boards besides their bytes: counts, ranges, pace."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import radians
from types import MappingProxyType

from robot.errors import UnknownNameError

Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Board:
    """One kind of board, or of servos on a bare wire.

    lowest, highest: positions a servo takes [counts].
    windows: counts at 0 degrees and at the end of a servo's travel, by that travel [deg].
    rate_hz: how often all servos can be read and written [Hz].
    move_s: time given to each streamed move, longer than a period so that moves overlap [s].
    longest_move_s: the most that a move's time can say [s].
    reply_s: how long an answer may take before the servo counts as silent [s].
    device: where the port usually is.
    baud: of a serial line [bit/s]; 0 for I2C.
    """

    name: str
    title: str
    lowest: int
    highest: int
    windows: Mapping[float, Window]
    rate_hz: float
    move_s: float
    longest_move_s: float
    reply_s: float
    device: str
    baud: int = 0

    def window(self, span_degrees: float) -> Window:
        """Return counts at 0 and at ``span_degrees`` of travel. Raises UnknownNameError."""
        if span_degrees not in self.windows:
            raise UnknownNameError(
                f"servo travel of the {self.title}", f"{span_degrees:g}", map(str, self.windows)
            )
        return self.windows[span_degrees]

    def per_radian(self, span_degrees: float) -> float:
        """Return counts a radian of a servo with that travel."""
        low, high = self.window(span_degrees)
        return (high - low) / radians(span_degrees)


_DOFBOT = MappingProxyType({180.0: (900, 3100), 270.0: (380, 3700)})
"""Of the vendor's library, also for its servos on a bare wire."""

BOARDS = {
    board.name: board
    for board in (
        Board(
            "i2c", "DOFBOT expansion board",
            lowest=96, highest=4000, windows=_DOFBOT,
            rate_hz=20.0, move_s=0.09, longest_move_s=4.095, reply_s=0.02,
            device="/dev/i2c-1",
        ),
        Board(
            "se", "DOFBOT-SE serial board",
            lowest=96, highest=4000, windows=_DOFBOT,
            rate_hz=20.0, move_s=0.09, longest_move_s=4.095, reply_s=0.02,
            device="/dev/myserial", baud=115_200,
        ),
        Board(
            "ds", "DS-SY15A servo bus",
            lowest=96, highest=4000, windows=_DOFBOT,
            rate_hz=50.0, move_s=0.08, longest_move_s=30.0, reply_s=0.006,
            device="/dev/ttyUSB0", baud=115_200,
        ),
        Board(
            "feetech", "Feetech STS servo bus",
            lowest=0, highest=4095,  # 4096 counts a turn, centre 2048 at 90 degrees
            windows=MappingProxyType({180.0: (1024, 3072), 270.0: (1024, 4096)}),
            rate_hz=50.0, move_s=0.08, longest_move_s=30.0, reply_s=0.006,
            device="/dev/ttyACM0", baud=1_000_000,
        ),
        Board(
            "lx16a", "LX-16A servo bus",
            lowest=0, highest=1000,  # 240 degrees, centre 500 at 90 degrees
            windows=MappingProxyType({180.0: (125, 875), 270.0: (125, 1250)}),
            rate_hz=25.0, move_s=0.08, longest_move_s=30.0, reply_s=0.008,
            device="/dev/ttyUSB0", baud=115_200,
        ),
    )
}  # fmt: skip


def named_board(name: str) -> Board:
    """Return the board of that name. Raises UnknownNameError with the valid names."""
    if name not in BOARDS:
        raise UnknownNameError("board", name, BOARDS)
    return BOARDS[name]
