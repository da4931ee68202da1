"""What no driver may do to the servos of an arm, checked on every write."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf

from hardware.emulation.servo import Move
from hardware.servos.boards import Board
from hardware.servos.calibration import Calibration, ServoScale
from robot.model import ArmModel

_ROUNDING_S = 0.0011
"""Times go over the wire in whole milliseconds."""
_ROUNDING = 2
"""Of two positions that are whole counts [counts]."""


@dataclass(frozen=True, slots=True)
class SafetyLimits:
    """What a driver may ask of the servos."""

    step: float = 0.6
    """Furthest target from where a servo is [rad]."""
    near: float = 0.1
    """A target this near is the servo's own place [rad]; the only one for a limp servo."""
    speed_share: float = 1.1
    """Speed of a stream of targets, as a share of the model's velocity limits."""


@dataclass(slots=True)
class _Watched:
    """One servo as the rules see it.

    speed, step, near: limits in its counts. credit: time it may move at ``speed`` [s].
    """

    scale: ServoScale
    speed: float
    step: float
    near: float
    target: int | None = None
    written_at: float = -inf
    credit: float = 0.0
    limp: bool = True

    def beside(self, target: int | None, place: int) -> bool:
        """Return whether ``target`` is as good as ``place``."""
        return target is not None and abs(target - place) <= self.near

    def cost(self, target: int, place: int) -> float:
        """Return how long the way to ``target`` takes at full speed [s].

        The way from the target before, or from ``place`` if that is less: a hold costs nothing.
        """
        before = place if self.target is None else self.target
        return min(abs(target - before), abs(target - place)) / self.speed

    def affords(self, move: Move, now: float) -> float:
        """Return for how long it may move by now: the time since, at most that of the move."""
        return min(move.duration_s, self.credit + now - self.written_at)

    def too_fast(self, move: Move, place: int, now: float) -> bool:
        """Return whether ``move`` takes more time than there is."""
        return self.cost(move.target, place) > self.affords(move, now) + _ROUNDING / self.speed

    def note(self, move: Move, place: int, now: float) -> None:
        """Take ``move`` as the one before the next."""
        self.credit = max(0.0, self.affords(move, now) - self.cost(move.target, place))
        self.target, self.written_at = move.target, now


class SafetyRules:
    """Sentences about what broke a rule, each with the servo and the values."""

    def __init__(
        self, model: ArmModel, board: Board, calibration: Calibration, limits: SafetyLimits
    ) -> None:
        """Watch the servos of ``model`` within the windows of ``calibration``."""
        self._least_s = board.move_s - _ROUNDING_S
        speeds = [*map(float, model.max_velocity), model.gripper.max_velocity]
        pairs = zip(calibration.servos, speeds, strict=True)
        self._watched = {
            number: _watched(scale, speed, limits)
            for number, (scale, speed) in enumerate(pairs, start=1)
        }

    def powered_up(self) -> None:
        """Note that all servos are limp and have forgotten their targets."""
        for servo in self._watched.values():
            servo.target, servo.limp = None, True

    def torque(self, on: bool, servos: Iterable[int], places: Mapping[int, int]) -> Iterator[str]:
        """Yield what is wrong with setting the torque of ``servos`` that are at ``places``."""
        for number in servos:
            servo, place = self._watched[number], places[number]
            if on and servo.limp and not servo.beside(servo.target, place):
                written = "none" if servo.target is None else servo.target
                yield f"servo {number} at {place} was given torque while its target was {written}"
            servo.limp = not on
            if not on:
                servo.target = None

    def move(
        self, now: float, moves: Mapping[int, Move], places: Mapping[int, int]
    ) -> Iterator[str]:
        """Yield what is wrong with ``moves`` of servos that are at ``places``."""
        for number, move in moves.items():
            servo, place = self._watched[number], places[number]
            for breach in self._breaches(servo, move, place, now):
                yield f"servo {number} at {place} was sent to {move.target} {breach}"
            servo.note(move, place, now)

    def _breaches(self, servo: _Watched, move: Move, place: int, now: float) -> Iterator[str]:
        low, high = min(servo.scale.low, place), max(servo.scale.high, place)
        if not low - _ROUNDING <= move.target <= high + _ROUNDING:
            yield f"outside {servo.scale.low} to {servo.scale.high}"
        if move.duration_s < self._least_s:
            yield f"in only {move.duration_s:.3f} s"
        if servo.limp and not servo.beside(move.target, place):
            yield "without torque"
        if abs(move.target - place) > servo.step + _ROUNDING:
            yield f"in one step, with {servo.step:.0f} the most"
        if not servo.limp and servo.too_fast(move, place, now):
            yield "faster than it may"


def _watched(scale: ServoScale, speed: float, limits: SafetyLimits) -> _Watched:
    counts = abs(scale.per_radian)
    return _Watched(
        scale, speed * limits.speed_share * counts, limits.step * counts, limits.near * counts
    )
