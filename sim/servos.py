"""Servo faults: what lies between a command, the joint it moves, and what the servo reports."""

from collections import deque
from dataclasses import dataclass
from math import isfinite

from robot.errors import RobotError
from sim.world import TIMESTEP

Angles = list[float]


@dataclass(frozen=True, slots=True)
class Servos:
    """How the simulated servos follow a command; by default without any fault."""

    speed: float = 1.0
    """Greatest speed as a share of the model's velocity limit."""
    gain: float = 0.15
    """Share of the position error closed in one physics step."""
    lag: float = 0.0
    """From a command to its effect [s], to one physics step."""
    backlash: float = 0.0
    """Play of the gears between the two ways to turn [rad]."""
    zero_offset: tuple[float, ...] = ()
    """True angle of each joint where its servo says zero [rad]; empty: none."""
    joint_gain: tuple[float, ...] = ()
    """True turn of each joint for one radian of its servo; empty: 1."""
    quantum: float = 0.0
    """Smallest angle a servo knows, in commands and in readings [rad]."""

    def __post_init__(self) -> None:
        """Raise RobotError for a value no servo can have."""
        for name in ("speed", "gain", "lag", "backlash", "quantum"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0.0) or (name in ("speed", "gain") and not value):
                raise RobotError(f"servos: {name} {value} is negative, zero or not finite")
        if not isfinite(sum(self.zero_offset)) or not all(0 < g < 10 for g in self.joint_gain):
            raise RobotError(f"servos: offsets {self.zero_offset} or gains {self.joint_gain}")

    @property
    def faithful(self) -> bool:
        """Return whether joints are where commands and readings say, lag aside."""
        return not (self.backlash or self.quantum or self.zero_offset or self.joint_gain)


class ServoFaults:
    """The faults of ``n`` joints and the crank of their gripper, as plain numbers.

    Nominal angles are what commands and readings speak of; true angles are where the joints
    are: true = gain * nominal + offset. The crank knows lag and quantum alone. Time is counted
    in physics steps.
    """

    def __init__(self, servos: Servos, n: int) -> None:
        """Raise RobotError unless offsets and gains are empty or ``n``."""
        for name, values in (("offsets", servos.zero_offset), ("gains", servos.joint_gain)):
            if len(values) not in (0, n):
                raise RobotError(f"servos: {len(values)} {name} for {n} joints")
        self.servos = servos
        self.faithful = servos.faithful
        self.lag = round(servos.lag / TIMESTEP)
        self._offset = [*(servos.zero_offset or (0.0,) * n), 0.0]
        self._gain = [*(servos.joint_gain or (1.0,) * n), 1.0]
        self._half_play = [0.5 * servos.backlash] * n + [0.0]
        self._place: Angles = [0.0] * (n + 1)
        self._pending: deque[tuple[int, Angles]] = deque()

    def rest(self, nominal: Angles) -> Angles:
        """Be at ``nominal``, the middle of the play, with no command under way; return true."""
        self._pending.clear()
        self._place = list(nominal)
        return self.true(nominal)

    def command(self, nominal: Angles, step: int) -> None:
        """Let ``nominal`` be the command from the lag after ``step`` on."""
        self._pending.append((step + self.lag, nominal))

    def next_due(self) -> int | None:
        """Return the physics step before which the oldest command takes effect, if any is left."""
        return self._pending[0][0] if self._pending else None

    def take(self) -> Angles:
        """Make the oldest command the target and return the true angles it drives to."""
        return self.follow(self._pending.popleft()[1])

    def follow(self, nominal: Angles) -> Angles:
        """Return the true angles that ``nominal`` drives to, through rounding and play.

        Play: the joint stays until the target has crossed the play (the "play" operator,
        Krasnosel'skii and Pokrovskii, Systems with Hysteresis, 1989, section 2).
        """
        if self.faithful:
            return nominal
        self._place = [
            min(max(place, target - half), target + half)
            for place, target, half in zip(
                self._place, self._rounded(nominal), self._half_play, strict=True
            )
        ]
        return self.true(self._place)

    def true(self, nominal: Angles) -> Angles:
        """Return the true angles of joints whose servos are at ``nominal``."""
        if self.faithful:
            return nominal
        turned = zip(nominal, self._gain, self._offset, strict=True)
        return [gain * angle + offset for angle, gain, offset in turned]

    def reading(self, true: Angles) -> Angles:
        """Return what the servos report of joints at ``true``."""
        if self.faithful:
            return true
        turned = zip(true, self._gain, self._offset, strict=True)
        return self._rounded([(angle - offset) / gain for angle, gain, offset in turned])

    def _rounded(self, angles: Angles) -> Angles:
        quantum = self.servos.quantum
        return [round(angle / quantum) * quantum for angle in angles] if quantum else angles
