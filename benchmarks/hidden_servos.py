"""The truth about emulated servos, found out from outside, which no identification sees."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from cli.probes import OutsideProbe
from cli.stand import Sample
from hardware.emulation.servo_errors import ServoErrors
from robot.command import JointCommand, Vector
from robot.kinematics import Matrix
from robot.model import ArmModel
from robot.pilot import Pilot
from robot.recording import Visit
from robot.tool_fix import FixNoise, ToolFix

SPEEDS = (0.2, 0.4)
"""Of the ramps that tell the true lag [rad/s]."""
RAMP = 0.4
"""How far they go to either side of home [rad]."""
BEGUN = 0.3
"""Share of a ramp after which it is steady."""


def hidden_errors(seed: int) -> ServoErrors:
    """Return how the servos of arm ``seed`` err, apart from the zeros and gains it draws."""
    random = np.random.default_rng([seed, 1])
    return ServoErrors(
        latency_s=random.uniform(0.005, 0.04),
        lag_s=random.uniform(0.02, 0.10),
        backlash=float(np.radians(0.5)),
    )


class Witness:
    """A probe that also notes where the joints truly were at each visit [n] [rad]."""

    blind = False
    source = "seen from outside"

    def __init__(
        self, model: ArmModel, true_positions: Callable[[], Vector], noise: FixNoise, seed: int
    ) -> None:
        """See as ``OutsideProbe`` does."""
        self._probe = OutsideProbe(model, true_positions, noise, seed)
        self._true_positions = true_positions
        self.true: list[Vector] = []

    def look(self, visit: int, measured: Vector, hold: Callable[[], object]) -> ToolFix:
        """Return the tool with noise; note the truth."""
        self.true.append(self._true_positions())
        return self._probe.look(visit, measured, hold)

    def calibration(self, visits: Sequence[Visit], play: float) -> tuple[Vector, Vector]:
        """Return the true zero and gain of each joint [n]; play: the hidden one [rad].

        true = gain (measured - side play / 2) + zero holds but for half a count.
        """
        own = np.array([visit.measured - 0.5 * play * visit.side for visit in visits])
        true = np.array(self.true[: len(visits)])
        lines = [np.polyfit(own[:, i], true[:, i], 1) for i in range(own.shape[1])]
        gain, zero = np.array(lines).T
        return zero, gain


def true_lag(
    pilot: Pilot,
    sample: Callable[[JointCommand], Sample],
    true_positions: Callable[[], Vector],
    calibration: tuple[Vector, Vector],
    clock: Callable[[], float] = time.monotonic,
) -> float:
    """Return by how much more joints truly are behind for each rad/s that they are faster [s].

    Play, and targets that a driver finds too near to write, hold them back by the same at any
    speed. The mean over all joints, on ramps to and fro. clock: of the samples' stamps [s].
    """
    behind = []
    for speed in SPEEDS:
        ways = []
        for sign in (1.0, -1.0):
            pilot.go(pilot.arm.model.home - sign * RAMP)
            pilot.rest(0.3)
            targets, true = _ramp(pilot, sign * RAMP, speed, sample, true_positions, clock)
            zero, gain = calibration
            ways.append(sign * (targets - (true - zero) / gain).mean(axis=0))
        behind.append(np.mean(ways, axis=0))
    lags: Vector = (behind[1] - behind[0]) / (SPEEDS[1] - SPEEDS[0])
    return float(lags.mean())


def _ramp(
    pilot: Pilot,
    goal: float,
    speed: float,
    sample: Callable[[JointCommand], Sample],
    true_positions: Callable[[], Vector],
    clock: Callable[[], float],
) -> tuple[Matrix, Matrix]:
    """Go on at ``speed`` to ``goal`` from home; return set-points and truth [k, n] once steady."""
    home, period = pilot.arm.model.home, pilot.loop.period
    ticks = round(2.0 * RAMP / speed / period)
    told, seen = [], []
    for tick in pilot.loop.run(ticks):
        pilot.send(home + goal * (2.0 * (tick + 1) / ticks - 1.0))
        told.append(sample(pilot.applied)[:2])
        seen.append((clock(), true_positions()))
    stamps, targets = (np.array(column) for column in zip(*dict(told).items(), strict=True))
    times, true = (np.array(column) for column in zip(*seen, strict=True))
    # A set-point counts as given in the middle of the time for which it holds.
    given = stamps + 0.5 * np.median(np.diff(stamps))
    steady = (times > times[0] + BEGUN * ticks * period) & (times < given[-1])
    held = [np.interp(times[steady], given, joint) for joint in targets.T]
    return np.array(held).T, true[steady]
