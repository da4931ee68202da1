"""Rigid transforms as matrices [4, 4], and rotations as vectors along their axes [rad]."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def inverse(T_a_b: Matrix) -> Matrix:
    """Return ``T_b_a`` [4, 4]."""
    back = np.eye(4)
    back[:3, :3] = T_a_b[:3, :3].T
    back[:3, 3] = -T_a_b[:3, :3].T @ T_a_b[:3, 3]
    return back


def transform(rotation: Matrix, translation: Matrix) -> Matrix:
    """Return [4, 4] of a rotation [3, 3] and a translation [3] [m]."""
    whole = np.eye(4)
    whole[:3, :3], whole[:3, 3] = rotation, translation
    return whole


def cross_matrix(v: Matrix) -> Matrix:
    """Return the matrices [..., 3, 3] whose product with w is ``v`` [..., 3] x w."""
    x, y, z = np.moveaxis(v, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    crossing: Matrix = np.moveaxis(np.array(rows), (0, 1), (-2, -1))
    return crossing


def rotation_of(vector: Matrix) -> Matrix:
    """Return the rotation [3, 3] about and as far as ``vector`` [3] is long [rad] (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3) + cross_matrix(vector)
    cross = cross_matrix(vector / angle)
    turn: Matrix = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    return turn


def vector_of(rotation: Matrix) -> Matrix:
    """Return the vector [3] [rad] of a rotation [3, 3]; the inverse of ``rotation_of``.

    By way of the quaternion, which half a turn does not upset (Shepperd, 1978).
    """
    trace = float(np.trace(rotation))
    four = np.append(2.0 * np.diag(rotation) - trace, trace) + 1.0
    r = rotation
    if four[3] >= four.max():
        q = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], four[3]])
    else:
        i = int(four[:3].argmax())
        j, k = (i + 1) % 3, (i + 2) % 3
        q = np.empty(4)
        q[i], q[j], q[k], q[3] = four[i], r[j, i] + r[i, j], r[k, i] + r[i, k], r[k, j] - r[j, k]
    q = q / np.linalg.norm(q) * (1.0 if q[3] >= 0.0 else -1.0)
    sine = float(np.linalg.norm(q[:3]))
    if sine < 1e-12:
        return np.zeros(3)
    vector: Matrix = q[:3] / sine * 2.0 * np.arctan2(sine, q[3])
    return vector


def moved(T_a_b: Matrix, step: Matrix) -> Matrix:
    """Return ``T_a_b`` shifted by ``step[:3]`` [m] and turned by ``step[3:]`` [rad] in frame a."""
    return transform(rotation_of(step[3:]) @ T_a_b[:3, :3], T_a_b[:3, 3] + step[:3])


def difference(T_a_b: Matrix, other: Matrix) -> tuple[float, float]:
    """Return how far [m] and how much turned [rad] two places of one frame are."""
    turn = vector_of(T_a_b[:3, :3].T @ other[:3, :3])
    return float(np.linalg.norm(T_a_b[:3, 3] - other[:3, 3])), float(np.linalg.norm(turn))
