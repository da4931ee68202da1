"""What least squares tells of the worth of a lens whose views' poses were found along with it."""

from collections.abc import Sequence

import cv2
import numpy as np

from perception.lens import Lens, Matrix

POSE = 6
"""Parameters of a view, the first columns of the derivatives that OpenCV returns."""


def intrinsics_covariance(
    lens: Lens,
    points: Sequence[Matrix],
    rotations: Sequence[Matrix],
    translations: Sequence[Matrix],
    squares: float,
) -> Matrix:
    """Return the covariance [9, 9] of fx, fy, cx, cy, k1, k2, p1, p2, k3.

    ``points`` [n, 3] of every view, its pose (Rodrigues vector, [m]), and the sum of the
    ``squares`` of all residuals [px^2]. The inverse of the normal equations with the poses
    eliminated (Schur complement; Triggs et al., Bundle adjustment, 2000, section 6.1), times the
    variance of one coordinate; infinite where the views do not fix the lens at all.
    """
    information = np.zeros((9, 9))
    for on_board, rotation, translation in zip(points, rotations, translations, strict=True):
        _, jacobian = cv2.projectPoints(
            on_board, rotation, translation, lens.matrix, lens.distortion
        )
        pose, inner = jacobian[:, :POSE], jacobian[:, POSE : POSE + 9]
        explained, *_ = np.linalg.lstsq(pose, inner, rcond=None)
        information += inner.T @ (inner - pose @ explained)
    freedom = 2 * sum(map(len, points)) - POSE * len(points) - 9
    # Focal lengths and distortions differ by orders of magnitude: scaled, the inverse keeps digits.
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    try:
        inverse = np.linalg.inv(information / np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return np.full((9, 9), np.inf)
    covariance: Matrix = squares / max(freedom, 1) * inverse / np.outer(scale, scale)
    return (covariance + covariance.T) / 2
