"""The most probable hand-eye setup, by damped Gauss-Newton steps on the reprojected corners."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians

import numpy as np

from perception.hand_eye_model import HandEyeView, Rig, Setup
from perception.rigid import Matrix
from robot.calibration_fit import Priors
from robot.command import Vector
from robot.estimate import Estimate

_ROUNDS = 40
_ESTIMATES = 8  # of how joints and corners scatter, each with a fit
_DAMPING = 1e-3  # of Levenberg and Marquardt, to begin with
_DONE = 1e-6
_SCATTERS = radians(0.005), radians(1.5)  # within which the joints' is sought


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations of a corner [px], each axis, and of a joint from view to view [rad]."""

    pixel: float = 0.3
    joint: float = radians(0.15)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The setup, the covariance [13 + 2n, 13 + 2n] of its numbers, and the noise that was found.

    size: of the board, as a multiple of what its points say.
    """

    setup: Setup
    covariance: Matrix
    noise: Noise
    size: Estimate


def fit_setup(
    rig: Rig, views: Sequence[HandEyeView], setup: Setup, noise: Noise, priors: Priors
) -> Fit:
    """Return the most probable setup, beginning at ``setup``.

    A joint's deviation in a single view moves all corners of the view together; it is integrated
    out, and its spread and the corners' found from the views themselves (expectation
    maximisation; Dempster et al., 1977). So a view counts as much as the arm is exact, however
    many corners it shows.
    """
    for _ in range(_ESTIMATES):
        problem = _Problem(rig, views, noise, priors)
        setup = problem.solve(setup)
        noise = problem.scatter(setup)
    return Fit(setup, problem.covariance(setup), noise, problem.board_size(setup))


class _Problem:
    """Residuals weighted by the inverse of pixel noise plus what joint noise moves of them."""

    def __init__(
        self, rig: Rig, views: Sequence[HandEyeView], noise: Noise, priors: Priors
    ) -> None:
        self._rig, self._views, self._noise = rig, views, noise
        n, joints = rig.chain.n, list(rig.chain.turned_by)
        self._moving = joints
        told = np.zeros(13 + 2 * n, bool)
        told[:12] = True
        told[[12 + k for k in joints[1:-1]] + [12 + n + k for k in joints]] = True
        told[-1] = any(view.side.any() for view in views)
        self._told = told
        spread = np.repeat([np.inf, priors.zero, priors.gain, priors.play / 2.0], [12, n, n, 1])
        self._prior = (spread**-2)[told]

    def solve(self, setup: Setup) -> Setup:
        """Return the setup where no step betters it."""
        damping = _DAMPING
        for _ in range(_ROUNDS):
            terms = [
                _Term(self._rig, setup, view, self._noise, self._moving) for view in self._views
            ]
            normal, gradient = self._normal(setup, terms)
            cost = self._cost(setup, terms)
            while damping < 1e8:
                step = np.zeros(self._told.size)
                damped = normal + damping * np.diag(np.diag(normal))
                step[self._told] = np.linalg.solve(damped, gradient)
                trial = setup.stepped(step)
                if self._cost(trial, terms) <= cost:
                    break
                damping *= 10.0
            else:
                return setup
            better = cost - self._cost(trial, terms)
            setup, damping = trial, damping / 10.0
            if better < _DONE * max(1.0, cost):
                break
        return setup

    def covariance(self, setup: Setup) -> Matrix:
        """Return that of the linearised posterior; 0 for what is taken as known."""
        terms = [_Term(self._rig, setup, view, self._noise, self._moving) for view in self._views]
        whole = np.zeros((self._told.size, self._told.size))
        whole[np.ix_(self._told, self._told)] = np.linalg.inv(self._normal(setup, terms)[0])
        return whole

    def board_size(self, setup: Setup) -> Estimate:
        """Return the board's size over what its points say, from one step with it unknown as well.

        A picture does not tell it, the way of the arm between two pictures does.
        """
        terms = [_Term(self._rig, setup, view, self._noise, self._moving) for view in self._views]
        normal, gradient = self._normal(setup, terms)
        cross, told, pull = np.zeros_like(gradient), 0.0, 0.0
        for term, view in zip(terms, self._views, strict=True):
            by_size = self._rig.by_size(setup, view)
            weighted = term.weighted(by_size)
            cross += term.jacobian[:, self._told].T @ weighted
            told += float(by_size @ weighted)
            pull += float(term.residual @ weighted)
        others = np.linalg.solve(normal, cross)
        told -= float(cross @ others)
        size = float(np.exp((pull - gradient @ others) / told))
        return Estimate(size, size / told**0.5)

    def scatter(self, setup: Setup) -> Noise:
        """Return how far joints and corners scatter, given the noise they had so far.

        Corners never by less: what all of an arm and a lens leave of them, beside single joints,
        would else pass for joints that scatter by degrees.
        """
        terms = [_Term(self._rig, setup, view, self._noise, self._moving) for view in self._views]
        joint = np.sqrt(np.mean([term.joint_square for term in terms]))
        pixel = np.sqrt(np.mean(np.concatenate([term.corner_squares for term in terms])))
        return Noise(
            pixel=max(self._noise.pixel, float(pixel)), joint=float(np.clip(joint, *_SCATTERS))
        )

    def _normal(self, setup: Setup, terms: Sequence["_Term"]) -> tuple[Matrix, Vector]:
        normal = np.diag(self._prior)
        gradient = -self._prior * _numbers(setup)[self._told]
        for term in terms:
            jacobian = term.jacobian[:, self._told]
            weighted = term.weighted(jacobian)
            normal += jacobian.T @ weighted
            gradient += weighted.T @ term.residual
        return normal, gradient

    def _cost(self, setup: Setup, terms: Sequence["_Term"]) -> float:
        prior = float(self._prior @ _numbers(setup)[self._told] ** 2)
        return prior + sum(
            term.square(self._rig.residual(setup, view).ravel())
            for term, view in zip(terms, self._views, strict=True)
        )


class _Term:
    """One view, linearised; the weight by Woodbury's identity, of the size of the joints."""

    def __init__(
        self, rig: Rig, setup: Setup, view: HandEyeView, noise: Noise, moving: list[int]
    ) -> None:
        self.residual = rig.residual(setup, view).ravel()
        self.jacobian, by_joint = rig.linearised(setup, view)
        self._by_joint = by_joint[:, moving] / noise.pixel
        self._pixel = noise.pixel
        told = self._by_joint.T @ self._by_joint + np.eye(len(moving)) / noise.joint**2
        self._spread = np.linalg.inv(told)
        deviation = self._spread @ self._by_joint.T @ self.residual / noise.pixel
        self.joint_square = float(np.mean(deviation**2 + np.diag(self._spread)))
        left = self.residual - noise.pixel * self._by_joint @ deviation
        unsure = np.sum(self._by_joint @ self._spread * self._by_joint, axis=1)
        self.corner_squares = left**2 + noise.pixel**2 * unsure

    def weighted(self, columns: Matrix) -> Matrix:
        """Return the inverse of the residual's covariance times ``columns`` [2m, ...]."""
        scaled = columns / self._pixel
        part = self._by_joint @ (self._spread @ (self._by_joint.T @ scaled))
        weighted: Matrix = (scaled - part) / self._pixel
        return weighted

    def square(self, residual: Vector) -> float:
        """Return the squared length of ``residual`` [2m] in standard deviations."""
        return float(residual @ self.weighted(residual))


def _numbers(setup: Setup) -> Vector:
    """Return what has a prior where ``Rig.linearised`` has it, 0 elsewhere [13 + 2n]."""
    return np.concatenate([np.zeros(12), setup.zero, setup.gain, [setup.half_play]])
