"""A witness on the wire: every write with its time, and every safety rule it broke."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from hardware.emulation.safety_rules import SafetyLimits, SafetyRules
from hardware.emulation.servo import Move
from hardware.servos.boards import Board
from hardware.servos.calibration import Calibration
from robot.model import ArmModel

_KEPT_WRITES = 8192
_KEPT_BREACHES = 100


@dataclass(frozen=True, slots=True)
class Write:
    """One write of targets [counts] by servo.

    time: when it was in [s]. duration_s: its shortest move [s]. ahead: the furthest that a
    target was from where its servo measured then [rad].
    """

    time: float
    targets: Mapping[int, int]
    duration_s: float
    ahead: float


class BusMonitor:
    """Sees what the emulated board decodes. Keeps the newest writes and the first breaches."""

    def __init__(
        self,
        model: ArmModel,
        board: Board,
        calibration: Calibration,
        limits: SafetyLimits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch for breaches of ``limits`` within the windows of ``calibration``."""
        self._rules = SafetyRules(model, board, calibration, limits or SafetyLimits())
        self._scales = calibration.servos
        self._clock = clock
        self._lock = Lock()
        self._writes: deque[Write] = deque(maxlen=_KEPT_WRITES)
        self._breaches: list[str] = []
        self.writes_seen = 0
        self.breaches_seen = 0

    @property
    def breaches(self) -> tuple[str, ...]:
        """Return the first breaches, as sentences with their time; ``breaches_seen`` counts all."""
        with self._lock:
            return tuple(self._breaches)

    def writes(self, since: float = 0.0) -> list[Write]:
        """Return the kept writes at or after the time ``since`` [s]."""
        with self._lock:
            return [write for write in self._writes if write.time >= since]

    def moved(self, moves: Mapping[int, Move], places: Mapping[int, int]) -> None:
        """Take note of moves of servos that measure ``places`` [counts]."""
        if not moves:
            return
        with self._lock:
            now = self._clock()
            self._note(now, self._rules.move(now, moves, places))
            targets = {servo: move.target for servo, move in moves.items()}
            shortest = min(move.duration_s for move in moves.values())
            ahead = max(self._radians(servo, targets[servo] - places[servo]) for servo in targets)
            self._writes.append(Write(now, targets, shortest, ahead))
            self.writes_seen += 1

    def torqued(self, on: bool, servos: Iterable[int], places: Mapping[int, int]) -> None:
        """Take note of torque set on or off."""
        with self._lock:
            self._note(self._clock(), self._rules.torque(on, servos, places))

    def refused(self, what: str) -> None:
        """Take note of a write that no driver may send."""
        with self._lock:
            self._note(self._clock(), [what])

    def powered_up(self) -> None:
        """Take note that the servos have lost torque and targets."""
        with self._lock:
            self._rules.powered_up()

    def _radians(self, servo: int, counts: int) -> float:
        return abs(counts / self._scales[servo - 1].per_radian)

    def _note(self, now: float, breaches: Iterable[str]) -> None:
        for breach in breaches:
            self.breaches_seen += 1
            if len(self._breaches) < _KEPT_BREACHES:
                self._breaches.append(f"{now:.3f} s: {breach}")
