"""The pose whose projection comes nearest to what was seen, and how sure it is."""

from dataclasses import dataclass

import cv2
import numpy as np

from perception.lens import Lens, Matrix
from perception.rigid import transform

_STEPS = 20
_SMALL = 1e-7  # a step [m, rad] after which no other is made
_EASE, _HARDEN = 0.01, 10.0  # of the damping, after a good step and a bad one

_ZERO = np.zeros(3)


@dataclass(frozen=True, slots=True, eq=False)
class PoseFit:
    """A pose with its uncertainty.

    pose: ``T_camera_target`` [4, 4]. covariance: [6, 6] of its shift [m] and its turn [rad], both
    along the camera's axes, the turn about the target's origin (``rigid.moved``).
    reprojection: root mean square distance from the pixels seen [px].
    chi2: sum of squared misses, each in standard deviations of the pixels.
    slack: how much of the points' common error was found, in its standard deviations.
    """

    pose: Matrix
    covariance: Matrix
    reprojection: float
    chi2: float
    slack: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Points of a target [n, 3] [m], and the pixels [n, 2], distorted, that they were seen at.

    noise: standard deviation of each point's coordinates [n] [px]. slack: [n, 3], how far the
    points lie off together, by one standard deviation [m]: of a cube that is larger than meant.
    """

    points: Matrix
    pixels: Matrix
    noise: Matrix
    slack: Matrix


def fit_pose(seen: Seen, lens: Lens, start: Matrix) -> PoseFit:
    """Return the likeliest pose of the target whose points, three or more, were ``seen``.

    start: ``T_camera_target`` to begin at. Levenberg (1944) and Marquardt (1963) on the
    reprojection errors and the slack that is taken; the covariance is that of the pose from the
    inverse of the Gauss-Newton normal matrix.
    """
    weight = 1 / np.repeat(seen.noise, 2)
    pose, slack, damping = start, 0.0, 1e-4
    miss, jacobian = _misses(seen, weight, lens, pose, slack)
    for _ in range(_STEPS):
        normal = jacobian.T @ jacobian
        damped = normal + damping * np.diag(np.diag(normal))
        step = np.asarray(np.linalg.solve(damped, -jacobian.T @ miss), np.float64)
        turn, _ = cv2.Rodrigues(step[3:6])
        tried = transform(turn @ pose[:3, :3], pose[:3, 3] + step[:3])
        tried_slack = slack + float(step[6])
        tried_miss, tried_jacobian = _misses(seen, weight, lens, tried, tried_slack)
        if tried[2, 3] > 0 and tried_miss @ tried_miss <= miss @ miss:
            pose, slack, miss, jacobian = tried, tried_slack, tried_miss, tried_jacobian
            damping *= _EASE
        else:
            damping *= _HARDEN
        if np.abs(step).max() < _SMALL:
            break
    reprojection = np.sqrt(np.sum((miss[:-1] / weight) ** 2) / len(seen.points))
    covariance = np.asarray(np.linalg.inv(jacobian.T @ jacobian)[:6, :6], np.float64)
    return PoseFit(pose, covariance, float(reprojection), float(miss @ miss), slack)


def _misses(
    seen: Seen, weight: Matrix, lens: Lens, pose: Matrix, slack: float
) -> tuple[Matrix, Matrix]:
    """Return the weighted misses [2n] and the slack, and their derivatives [2n + 1, 7].

    The derivatives are by the moves of the pose and by the slack.
    """
    arms = (seen.points + slack * seen.slack) @ pose[:3, :3].T
    pixels, derivatives = cv2.projectPoints(
        arms + pose[:3, 3], _ZERO, _ZERO, lens.matrix, lens.distortion
    )
    by_shift = derivatives[:, 3:6]
    arm = np.repeat(arms, 2, axis=0)
    jacobian = np.zeros((len(arm) + 1, 7))
    jacobian[:-1, :3] = by_shift
    # The derivative by a turn w of g . (w x arm) is arm x g.
    for i, (j, k) in enumerate(((1, 2), (2, 0), (0, 1))):
        jacobian[:-1, 3 + i] = arm[:, j] * by_shift[:, k] - arm[:, k] * by_shift[:, j]
    by_slack = np.repeat(seen.slack @ pose[:3, :3].T, 2, axis=0)
    jacobian[:-1, 6] = (by_shift * by_slack).sum(axis=1)
    jacobian[:-1] *= weight[:, None]
    jacobian[-1, 6] = 1.0
    return np.append((pixels[:, 0] - seen.pixels).ravel() * weight, slack), jacobian
