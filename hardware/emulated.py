"""Position servos emulated at joint level, so that the whole bridge runs with no arm attached."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hardware.driver import never
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.model import ArmModel


@dataclass(frozen=True, slots=True)
class EmulatedServos:
    """How the emulated servos differ from ideal ones. Typical of 15 kg hobby bus servos.

    A servo's zero and gain errors are in what it measures as much as in where it goes: neither
    commands nor telemetry show them, only ``EmulatedDriver.true_positions``, seen from outside.
    """

    speed: float = 1.0
    """Greatest speed, as a share of the model's velocity limits."""
    latency_s: float = 0.02
    """From a command to the servos' start [s]."""
    lag_s: float = 0.03
    """Time constant with which a servo closes the last of its error [s]."""
    resolution: float = 0.0014
    """Joint angle of one count [rad], 0.08 deg."""
    gripper_resolution: float = 0.00008
    """Jaw opening of one count [m]."""
    zero_std: float = 0.035
    """Standard deviation of each joint's hidden zero error [rad]; 2 deg."""
    gain_std: float = 0.015
    """Standard deviation of each joint's hidden gain error, around 1."""

    def __post_init__(self) -> None:
        for name in ("speed", "lag_s", "resolution", "gripper_resolution"):
            if not getattr(self, name) > 0.0:
                raise ArmError(f"servos: {name} must be positive, got {getattr(self, name)}")
        for name in ("latency_s", "zero_std", "gain_std"):
            if not getattr(self, name) >= 0.0:
                raise ArmError(f"servos: {name} must not be negative, got {getattr(self, name)}")


class EmulatedDriver:
    """An ``ArmDriver`` whose servos exist only as numbers, advanced by a clock when looked at.

    Like real servos it measures with the same scale it is commanded by.
    """

    def __init__(
        self,
        model: ArmModel,
        servos: EmulatedServos | None = None,
        *,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Place the arm in its home pose, jaws open; ``seed`` draws the hidden errors."""
        servos = servos or EmulatedServos()
        random = np.random.default_rng(seed)
        self._zero = random.normal(0.0, servos.zero_std, model.n)
        self._gain = random.normal(1.0, servos.gain_std, model.n)
        self._latency, self._lag = servos.latency_s, servos.lag_s
        self._speed = servos.speed * np.append(
            model.max_velocity, model.gripper.max_opening_velocity
        )
        self._count = np.append(np.full(model.n, servos.resolution), servos.gripper_resolution)
        self._clock = clock
        self._now = self._measured_at = clock()
        self._place: Vector = np.append(model.home, model.gripper.max_opening)
        self._measured, self._velocity = self._place, np.zeros(model.n)
        self._target = self._place
        self._pending: deque[tuple[float, Vector]] = deque()

    @property
    def true_positions(self) -> Vector:
        """Where the links really are [n] [rad]; for those who score or draw the arm."""
        self._advance()
        true: Vector = self._zero + self._gain * self._place[:-1]
        return true

    def open(self) -> None:
        """Nothing to take over."""

    rate_hz = 100.0

    def read(self, give_up: Callable[[], bool] = never) -> ArmState | None:
        """Return the servos' own measurement, in whole counts."""
        if give_up():
            return None
        self._advance()
        elapsed = self._now - self._measured_at
        if elapsed > 0.0:
            self._velocity = (self._place - self._measured)[:-1] / elapsed
            self._measured, self._measured_at = self._place, self._now
        place = self._quantised(self._place)
        return ArmState(place[:-1], self._velocity, place[-1], self._now)

    def write(self, command: JointCommand) -> JointCommand:
        """Make ``command``, in whole counts, the target once the latency has passed."""
        self._advance()
        target = self._quantised(np.append(command.positions, command.gripper))
        self._pending.append((self._now + self._latency, target))
        return command

    def hold(self) -> JointCommand:
        """Make the present place the target; what was still under way is forgotten."""
        self._advance()
        self._pending.clear()
        held = self._quantised(self._place)
        self._pending.append((self._now + self._latency, held))
        return JointCommand(held[:-1], held[-1])

    def close(self) -> None:
        """Nothing to let go of."""

    def _advance(self) -> None:
        now = self._clock()
        while self._pending and self._pending[0][0] <= now:
            starts, target = self._pending.popleft()
            self._travel(starts)
            self._target = target
        self._travel(now)

    def _travel(self, until: float) -> None:
        """Approach the target: at full speed, then exponentially over the last speed x lag."""
        dt = max(0.0, until - self._now)
        self._now = max(self._now, until)
        error = self._target - self._place
        distance = np.abs(error)
        last = self._speed * self._lag
        cruise = np.clip((distance - last) / self._speed, 0.0, dt)
        left = (distance - self._speed * cruise) * np.exp(-(dt - cruise) / self._lag)
        self._place = self._target - np.sign(error) * left

    def _quantised(self, place: Vector) -> Vector:
        quantised: Vector = np.round(place / self._count) * self._count
        return quantised
