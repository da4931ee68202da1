"""The poses from which an arm calibrates a camera: board in view, way clear, telling much."""

from collections.abc import Iterator
from math import cos, radians

import numpy as np

from perception.errors import CalibrationRefusedError
from perception.hand_eye import PRIORS
from perception.hand_eye_fit import Noise
from perception.hand_eye_model import HandEyeView, Rig, Setup
from perception.lens import Lens
from perception.pose_sweep import held_clear
from perception.rigid import Matrix
from robot.command import Vector
from robot.model import ArmModel
from robot.viewpoints import Viewpoint, clear_sides, in_turn

COUNT = 20
"""Poses that are good to have."""

_SEED = 11  # of the candidates; the same plan every time
_DRAWN, _ENOUGH = 15_000, 250  # poses that are tried at most, and that suffice to choose from
_SEEDS, _STEP = 20, 0.3  # poses from which on others are drawn near them, and how near [rad]
_NEAR, _FAR = 0.12, 0.50  # [m] from the camera to the board: sharp, and large enough
_SLANT = cos(radians(60.0))  # of the look at the board: corners smear beyond
_IN_VIEW, _MARGIN = 0.45, 0.03  # share of the board's points, and of the picture left at its edges
_ABOVE = 0.03  # [m] of the tool above the table
_UNITS = np.repeat([0.001, radians(0.2)], 3)  # of the camera's place [m] and turn [rad]
_VAGUE = np.repeat([0.05, 0.3, 0.05, 0.3], 3)  # [m], [rad] of camera and board before any look


def plan_poses(
    model: ArmModel, rig: Rig, nominal: Setup, points: Matrix, count: int = COUNT
) -> list[Viewpoint]:
    """Return ``count`` poses that together tell best where the camera is, in the order of a tour.

    Greedily the one after which the camera's place and turn are surest, each in units of what is
    good enough (an A-optimal design, as ``robot.viewpoints.telling_poses``); by the same
    derivatives as the calibration itself. nominal: where camera and board roughly are. points:
    [m, 3] of the board [m]. Raises CalibrationRefusedError if the board is in view too seldom.
    """
    candidates = list(_candidates(model, rig, nominal, points))
    if len(candidates) < count:
        raise CalibrationRefusedError(
            f"the board would be in view at {len(candidates)} poses of the arm only, and it takes"
            f" {count}: put it flat on the table, ahead of the arm, some"
            f" {model.grasp.area_centre[0] * 1e3:.0f} mm from the middle of the base"
        )
    blocks = np.array([_information(rig, nominal, points, one) for one in candidates])
    n = rig.chain.n
    spread = np.repeat([PRIORS.zero, PRIORS.gain, PRIORS.play / 2.0], [n, n, 1])
    known = np.diag(np.concatenate([_VAGUE, spread]) ** -2.0)
    chosen: list[int] = []
    for _ in range(count):
        variances = np.diagonal(np.linalg.inv(known + blocks), axis1=1, axis2=2)
        unsure = (variances[:, :6] / _UNITS**2).sum(axis=1)
        unsure[chosen] = np.inf
        best = int(unsure.argmin())
        chosen.append(best)
        known = known + blocks[best]
    return in_turn(model, [candidates[i] for i in chosen])


def in_view(lens: Lens, T_camera_board: Matrix, points: Matrix) -> bool:
    """Return whether enough of ``points`` [m, 3] of a board are seen well, z into the paper."""
    seen = points @ T_camera_board[:3, :3].T + T_camera_board[:3, 3]
    distance = float(np.linalg.norm(seen.mean(axis=0)))
    if not _NEAR < distance < _FAR or seen[:, 2].min() < 0.5 * _NEAR:
        return False
    slant = float(T_camera_board[:3, 2] @ seen.mean(axis=0)) / distance
    # Far outside the picture the distortion's polynomial may fold back into it.
    width, height = lens.size
    sideways = np.abs(seen[:, :2] / seen[:, 2:]) * np.diag(lens.matrix)[:2]
    pixels = lens.project(seen)
    low, high = _MARGIN * np.array(lens.size), (1.0 - _MARGIN) * np.array(lens.size)
    inside = ((pixels > low) & (pixels < high) & (sideways < (width, height))).all(axis=1)
    return slant > _SLANT and float(inside.mean()) >= _IN_VIEW


def _candidates(model: ArmModel, rig: Rig, nominal: Setup, points: Matrix) -> Iterator[Viewpoint]:
    random = np.random.default_rng(_SEED)
    found: list[Vector] = []
    for _ in range(_DRAWN):
        pose = random.uniform(model.lower, model.upper)
        if len(found) >= _SEEDS:
            # Near a pose with the board in view there are more.
            near = found[random.integers(len(found))] + random.normal(0.0, _STEP, model.n)
            pose = np.clip(near, model.lower, model.upper)
        point = _viewpoint(model, rig, nominal, points, pose, random)
        if point is not None:
            yield point
            found.append(pose)
        if len(found) == _ENOUGH:
            return


def _viewpoint(
    model: ArmModel,
    rig: Rig,
    nominal: Setup,
    points: Matrix,
    pose: Vector,
    random: np.random.Generator,
) -> Viewpoint | None:
    view = HandEyeView(pose, np.zeros(model.n), points, points[:, :2])
    if model.kinematics.tool_position(pose)[2] < model.table_height + _ABOVE:
        return None
    if not in_view(rig.lens, rig.T_camera_board(nominal, view), points):
        return None
    if not rig.camera_moves:
        T_base_board = rig.chain.pose(pose) @ nominal.T_other_board
        if not held_clear(model, T_base_board, points):
            return None
    return clear_sides(model, _settled(model, rig, pose), random)


def _settled(model: ArmModel, rig: Rig, pose: Vector) -> Vector:
    """Return ``pose`` with the joints that do not matter at home."""
    return np.array(
        [pose[k] if k in rig.chain.turned_by else model.home[k] for k in range(model.n)]
    )


def _information(rig: Rig, nominal: Setup, points: Matrix, point: Viewpoint) -> Matrix:
    """Return what two looks, one from either side, tell of the setup's numbers."""
    noise = Noise()
    total = np.zeros((13 + 2 * rig.chain.n,) * 2)
    for side in (point.side, -point.side):
        view = HandEyeView(point.pose, side, points, points[:, :2])
        jacobian, by_joint = rig.linearised(nominal, view)
        covariance = noise.pixel**2 * np.eye(len(jacobian)) + noise.joint**2 * by_joint @ by_joint.T
        total += jacobian.T @ np.linalg.solve(covariance, jacobian)
    return total
