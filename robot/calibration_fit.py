"""Zero, gain and play of each joint, from where the tool was seen at settled visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians

import numpy as np

from robot.command import Vector
from robot.errors import RobotError
from robot.estimate import Estimate
from robot.kinematics import Kinematics, Matrix
from robot.recording import Visit
from robot.tool_fix import FixNoise, fix_error, fix_jacobian, tool_fix

OBSERVABLE = 0.5
"""Share of its prior standard deviation that a parameter keeps at most if the visits told it."""

_ROUNDS = 50
_DAMPING = 1e-3  # of Levenberg and Marquardt, to begin with
_OUTLIER = 3.0  # standard deviations from where on a measurement counts less (Huber)
_DONE = 1e-10


@dataclass(frozen=True, slots=True)
class Priors:
    """Standard deviations of what hobby servos are before anything was measured."""

    zero: float = radians(2.0)
    """Of a joint's zero [rad]."""
    gain: float = 0.02
    """Of a joint's gain, around 1."""
    play: float = radians(1.0)
    """Of the backlash, around 0 [rad]."""


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationFit:
    """What the visits told: true = gain (measured - side play / 2) + zero, [n] each.

    An estimate is None where the visits left it as uncertain as before. play: the same for all
    joints, between where a servo measures itself and its joint [rad]. residual: root mean square
    distance of the tool from where the fit has it [m]; before: from where the readings alone do.
    """

    zero: tuple[Estimate | None, ...]
    gain: tuple[Estimate | None, ...]
    play: Estimate | None
    residual: float
    before: float

    @property
    def unobservable(self) -> tuple[str, ...]:
        """Return what the visits did not tell, by name."""
        named = [*_named("zero", self.zero), *_named("gain", self.gain)]
        return (*named, *(["play"] if self.play is None else []))


def fit_calibration(
    kinematics: Kinematics,
    visits: Sequence[Visit],
    noise: FixNoise | None = None,
    priors: Priors | None = None,
) -> CalibrationFit:
    """Return the most probable zeros, gains and play, by damped Gauss-Newton steps.

    Maximum a posteriori with Gaussian priors and noise; the spread is that of the linearised
    posterior (Gelman et al., Bayesian Data Analysis, section 4.1), widened where the tool
    scatters more than ``noise`` says. Raises RobotError if no visit saw the tool.
    """
    problem = _Problem(kinematics, visits, noise or FixNoise(), priors or Priors())
    theta = np.zeros(problem.size)
    cost, damping = problem.cost(theta), _DAMPING
    for _ in range(_ROUNDS):
        normal, gradient = problem.linearised(theta)
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), gradient)
        trial = problem.cost(theta + step)
        if trial <= cost:
            theta, damping = theta + step, damping / 10.0
            if cost - trial < _DONE:
                break
            cost = trial
        else:
            damping *= 10.0
    return problem.result(theta)


class _Problem:
    """Residuals and their derivatives. theta = zeros [n], gains less one [n], half the play."""

    def __init__(
        self, kinematics: Kinematics, visits: Sequence[Visit], noise: FixNoise, priors: Priors
    ) -> None:
        self._kinematics = kinematics
        self._visits = [visit for visit in visits if np.isfinite(visit.seen.values).any()]
        if not self._visits:
            raise RobotError("calibration: at no visit was the tool seen")
        self._n = n = len(self._visits[0].measured)
        self.size = 2 * n + 1
        self._sigma = noise.values
        self._prior = np.repeat([priors.zero, priors.gain, 0.5 * priors.play], [n, n, 1])

    def cost(self, theta: Vector) -> float:
        """Return what is minimised: Huber's loss of the residuals, and the priors'."""
        r = np.abs(self._residuals(theta))
        huber = np.where(r < _OUTLIER, 0.5 * r * r, _OUTLIER * (r - 0.5 * _OUTLIER))
        return float(huber.sum() + 0.5 * np.sum((theta / self._prior) ** 2))

    def linearised(self, theta: Vector) -> tuple[Matrix, Vector]:
        """Return the normal matrix and the right-hand side of a Gauss-Newton step."""
        r, jacobian = self._residuals(theta), self._jacobian(theta)
        weighted = np.minimum(1.0, _OUTLIER / np.maximum(np.abs(r), 1e-12))[:, None] * jacobian
        normal = weighted.T @ jacobian + np.diag(self._prior**-2)
        return normal, weighted.T @ r - theta / self._prior**2

    def result(self, theta: Vector) -> CalibrationFit:
        """Return the fit at ``theta`` with what is known of it."""
        n = self._n
        r = self._residuals(theta)
        spread = 1.4826 * float(np.median(np.abs(r)))  # of normal errors, whatever outliers do
        scatter = max(1.0, spread**2 * r.size / max(1, r.size - self.size))
        normal = self.linearised(theta)[0]
        std = np.sqrt(np.diag(np.linalg.inv(normal)) * scatter)
        told = std < OBSERVABLE * self._prior
        scale = np.repeat([1.0, 2.0], [2 * n, 1])  # half the play to all of it
        origin = np.repeat([0.0, 1.0, 0.0], [n, n, 1])
        estimates = [
            Estimate(float(value), float(spread)) if known else None
            for value, spread, known in zip(origin + scale * theta, scale * std, told, strict=True)
        ]
        if estimates[-1] is not None:  # no servo has less than no play
            estimates[-1] = Estimate(max(0.0, estimates[-1].value), estimates[-1].std)
        return CalibrationFit(
            zero=tuple(estimates[:n]),
            gain=tuple(estimates[n : 2 * n]),
            play=estimates[-1],
            residual=self._distance(theta),
            before=self._distance(np.zeros(self.size)),
        )

    def _true(self, theta: Vector, visit: Visit) -> Vector:
        zero, gain, half = theta[: self._n], 1.0 + theta[self._n : -1], theta[-1]
        true: Vector = gain * (visit.measured - visit.side * half) + zero
        return true

    def _residuals(self, theta: Vector) -> Vector:
        """Return what is left of every number that was seen, in standard deviations."""
        whole = self._errors(theta) / self._sigma
        left: Vector = whole[np.isfinite(whole)]
        return left

    def _errors(self, theta: Vector) -> Matrix:
        expected = [tool_fix(self._kinematics, self._true(theta, v)).values for v in self._visits]
        return fix_error(np.array([v.seen.values for v in self._visits]), np.array(expected))

    def _jacobian(self, theta: Vector) -> Matrix:
        """Return the derivatives of the expected tool where it was seen, in deviations."""
        gain, half = 1.0 + theta[self._n : -1], theta[-1]
        rows = []
        for visit in self._visits:
            by_joint = fix_jacobian(self._kinematics, self._true(theta, visit))
            by_gain = by_joint * (visit.measured - visit.side * half)
            by_play = -by_joint @ (gain * visit.side)
            block = np.column_stack([by_joint, by_gain, by_play]) / self._sigma[:, None]
            rows.append(block[np.isfinite(visit.seen.values)])
        return np.vstack(rows)

    def _distance(self, theta: Vector) -> float:
        errors = self._errors(theta)[:, :3]
        return float(np.sqrt(np.mean(np.nansum(errors**2, axis=1))))


def _named(what: str, estimates: tuple[Estimate | None, ...]) -> list[str]:
    return [f"{what} of joint {i + 1}" for i, one in enumerate(estimates) if one is None]
