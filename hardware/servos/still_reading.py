"""What servos measure while nothing moves them, averaged over several readings."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from hardware.servos.bus import ServoBus
from hardware.servos.patience import patiently


@dataclass(frozen=True, slots=True)
class StillReading:
    """Mean of the readings of one servo, and how far apart they were at most [counts]."""

    count: float
    spread: int


def read_still(bus: ServoBus, servos: Iterable[int], readings: int) -> dict[int, StillReading]:
    """Read each of ``servos`` that many times, at the pace of the board.

    Raises BusError if one cannot be read several times in a row.
    """
    counts: dict[int, list[int]] = {servo: [] for servo in servos}
    for _ in range(readings):
        for servo, read in counts.items():
            read.append(patiently(bus.board, partial(bus.read, servo)))
        time.sleep(1.0 / bus.board.rate_hz)
    return {
        servo: StillReading(fmean(read), max(read) - min(read)) for servo, read in counts.items()
    }
