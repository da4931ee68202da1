"""What servos measure while nothing moves them, averaged over several readings."""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from statistics import fmean

from hardware.servos.bus import BusError, ServoBus

_TRIES = 3


@dataclass(frozen=True, slots=True)
class StillReading:
    """Mean of the readings of one servo, and how far apart they were at most [counts]."""

    count: float
    spread: int


def read_still(bus: ServoBus, servos: Iterable[int], readings: int) -> dict[int, StillReading]:
    """Read each of ``servos`` that many times, at the pace of the board.

    Raises BusError if one cannot be read three times in a row.
    """
    counts: dict[int, list[int]] = {servo: [] for servo in servos}
    for _ in range(readings):
        for servo, read in counts.items():
            read.append(_read(bus, servo))
        time.sleep(1.0 / bus.board.rate_hz)
    return {
        servo: StillReading(fmean(read), max(read) - min(read)) for servo, read in counts.items()
    }


def _read(bus: ServoBus, servo: int) -> int:
    for _ in range(_TRIES - 1):
        with suppress(BusError):
            return bus.read(servo)
        time.sleep(1.0 / bus.board.rate_hz)
    return bus.read(servo)
