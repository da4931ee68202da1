"""The turn from one orientation to another, as a vector along its axis."""

import numpy as np

from robot.command import Vector
from robot.kinematics import Matrix

_HALF = 1e-6  # sine below which a turn is none, or half a one


def turn_between(T_base_a: Matrix, T_base_b: Matrix) -> Vector:
    """Return the turn [..., 3] [rad] that takes frame a to frame b, in the base frame.

    T_base_a [..., 4, 4], T_base_b [4, 4]. R - R' holds the axis times twice the sine, and the
    trace of R the cosine; at half a turn, where that sine is 0, R + 1 holds the axis instead.
    """
    turn = T_base_b[:3, :3] @ np.swapaxes(T_base_a[..., :3, :3], -1, -2)
    vector = np.empty(turn.shape[:-1])
    for i, (j, k) in enumerate(((1, 2), (2, 0), (0, 1))):
        vector[..., i] = 0.5 * (turn[..., k, j] - turn[..., j, k])
    sine = np.sqrt((vector * vector).sum(axis=-1))
    cosine = 0.5 * (turn[..., 0, 0] + turn[..., 1, 1] + turn[..., 2, 2] - 1.0)
    none = sine < _HALF
    scale = np.where(none, 1.0, np.arctan2(sine, cosine) / np.maximum(sine, _HALF))
    vector *= scale[..., None]
    half = none & (cosine < 0.0)
    if half.any():
        vector[half] = [np.pi * _axis(one) for one in turn[half]]
    return vector


def _axis(half_turn: Matrix) -> Vector:
    longest = int(np.diag(half_turn).argmax())
    axis: Vector = half_turn[longest] + np.eye(3)[longest]
    return axis / np.linalg.norm(axis)
