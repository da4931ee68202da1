"""The pose whose projection comes nearest to what was seen, and how sure it is."""

from dataclasses import dataclass

import cv2
import numpy as np

from perception.lens import Lens, Matrix
from perception.rigid import moved

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
    """

    pose: Matrix
    covariance: Matrix
    reprojection: float
    chi2: float


def fit_pose(points: Matrix, pixels: Matrix, noise: Matrix, lens: Lens, start: Matrix) -> PoseFit:
    """Return the pose of ``points`` [n, 3] in the target's frame [m] that were seen at ``pixels``.

    pixels: [n, 2], distorted. noise: standard deviation of each point's coordinates [n] [px].
    start: ``T_camera_target`` to begin at. n >= 3. Levenberg (1944) and Marquardt (1963) on the
    reprojection errors; the covariance is the inverse of the Gauss-Newton normal matrix.
    """
    weight = 1 / np.repeat(noise, 2)
    pose, damping = start, 1e-4
    miss, jacobian = _misses(points, pixels, weight, lens, pose)
    for _ in range(_STEPS):
        normal = jacobian.T @ jacobian
        damped = normal + damping * np.diag(np.diag(normal))
        step = np.linalg.solve(damped, -jacobian.T @ miss)
        tried = moved(pose, step)
        tried_miss, tried_jacobian = _misses(points, pixels, weight, lens, tried)
        if tried[2, 3] > 0 and tried_miss @ tried_miss <= miss @ miss:
            pose, miss, jacobian, damping = tried, tried_miss, tried_jacobian, damping * _EASE
        else:
            damping *= _HARDEN
        if np.abs(step).max() < _SMALL:
            break
    reprojection = np.sqrt(np.sum((miss / weight) ** 2) / len(points))
    covariance = np.linalg.inv(jacobian.T @ jacobian)
    return PoseFit(pose, covariance, float(reprojection), float(miss @ miss))


def _misses(
    points: Matrix, pixels: Matrix, weight: Matrix, lens: Lens, pose: Matrix
) -> tuple[Matrix, Matrix]:
    """Return the weighted misses [2n] at ``pose`` and their derivatives [2n, 6] by its moves."""
    arms = points @ pose[:3, :3].T
    seen, derivatives = cv2.projectPoints(
        arms + pose[:3, 3], _ZERO, _ZERO, lens.matrix, lens.distortion
    )
    by_shift = derivatives[:, 3:6]
    arm = np.repeat(arms, 2, axis=0)
    jacobian = np.empty((len(arm), 6))
    jacobian[:, :3] = by_shift
    # The derivative by a turn w of g . (w x arm) is arm x g.
    for i, (j, k) in enumerate(((1, 2), (2, 0), (0, 1))):
        jacobian[:, 3 + i] = arm[:, j] * by_shift[:, k] - arm[:, k] * by_shift[:, j]
    return (seen[:, 0] - pixels).ravel() * weight, jacobian * weight[:, None]
