"""The poses at which a tool is measured: a grid over the table, and those that tell most."""

from dataclasses import dataclass
from itertools import product
from math import cos, radians

import numpy as np

from robot.calibration_fit import Priors
from robot.command import Vector
from robot.errors import RobotError, UnreachableError
from robot.kinematics import Matrix
from robot.model import ArmModel
from robot.pose import tool_pose
from robot.tool_fix import FixNoise, fix_jacobian
from robot.way import is_clear

SIDE = 0.03
"""From how far off each joint comes to a pose [rad]; more than it has play."""
BEYOND = 1.4
"""How much wider and deeper than the spawn area the grid is."""

_SEED = 7  # of the sides; the same poses every time
_MARGIN = SIDE + 0.01  # [rad] that candidates keep from the joint limits
_TOLERANCES = (radians(0.25), 0.005)  # of zeros and gains: what is uncertain beyond them hurts
_LEANS = tuple(map(radians, (-30.0, -15.0, 0.0, 15.0, 30.0)))
_YAWS = tuple(map(radians, (-50.0, 0.0, 50.0, 100.0)))
_LEVEL = cos(radians(105.0))  # jaws of a tool that is nearly level have no heading from above
_REACHES = (0.14, 0.28, 6)  # [m] from, to, count
_ACROSS = (-0.14, 0.14, 5)  # [m] likewise
_DRAWN = 4000  # poses that are tried in the air
_AHEAD, _BESIDE, _ABOVE = 0.10, 0.22, 0.05  # [m] of the tool from the base and above the table
_HEADED = 0.4  # of the closing direction, seen from above: less has no clear heading


@dataclass(frozen=True, slots=True, eq=False)
class Viewpoint:
    """A pose [n] [rad], and the side from which joints come to it first: [n] of 1 and -1."""

    pose: Vector
    side: Vector


def table_grid(model: ArmModel, columns: int, rows: int, height: float) -> list[Viewpoint]:
    """Return poses with the tool over a grid on the table, ``rows`` along x, ``columns`` along y.

    The grid covers the spawn area and a bit beyond. height: of the tool above the table [m].
    Raises RobotError if a point of it cannot be reached from both sides.
    """
    zone = model.grasp
    (x, y), (depth, width) = zone.area_centre, zone.area_size
    xs = x + BEYOND * depth * _spread(rows)
    ys = y + BEYOND * width * _spread(columns)
    random = np.random.default_rng(_SEED)
    points = []
    for row, across in enumerate(ys):
        # To and fro, so that no way between two points is long.
        for along in xs if row % 2 == 0 else xs[::-1]:
            point = _viewpoint(model, (float(along), float(across), height), 0.0, 0.0, random)
            if point is None:
                raise RobotError(
                    f"the tool does not get to ({along:.3f}, {across:.3f}) m at {height * 1e3:.0f}"
                    " mm above the table from both sides: choose another --height"
                )
            points.append(point)
    return points


def telling_poses(model: ArmModel, count: int, height: float | None = None) -> list[Viewpoint]:
    """Return ``count`` poses that together tell zeros and gains best, in the order of a tour.

    Greedily the one after which the parameters' variances add up to least, each in units of
    its tolerance (an A-optimal design; Pukelsheim, Optimal Design of Experiments, section
    6.5). height: above the table at which the tool can be read off it [m]; anywhere ahead of
    the arm if None. Raises RobotError if there are not so many poses.
    """
    candidates = _in_the_air(model) if height is None else _over_the_table(model, height)
    if len(candidates) < count:
        raise RobotError(f"{count} poses to measure at: there are only {len(candidates)}")
    blocks = np.array([_information(model, candidate.pose) for candidate in candidates])
    priors = Priors()
    covariance = np.diag(np.repeat([priors.zero, priors.gain], model.n) ** 2.0)
    units = 1.0 / np.repeat(_TOLERANCES, model.n)
    chosen: list[int] = []
    for _ in range(count):
        told = blocks @ covariance
        spread = np.eye(blocks.shape[1]) + told @ blocks.transpose(0, 2, 1)
        won = np.linalg.solve(spread, told)
        gains = np.einsum("kij,kij,j->k", told, won, units**2)
        gains[chosen] = -np.inf
        best = int(gains.argmax())
        chosen.append(best)
        covariance = covariance - told[best].T @ won[best]
    return in_turn(model, [candidates[i] for i in chosen])


def _spread(count: int) -> Vector:
    return np.linspace(-0.5, 0.5, count) if count > 1 else np.zeros(1)


def in_turn(model: ArmModel, points: list[Viewpoint]) -> list[Viewpoint]:
    """Return ``points`` from home on, each followed by the nearest one that is left."""
    here, left, turn = model.home, list(points), []
    while left:
        turn.append(min(left, key=lambda point: float(np.abs(point.pose - here).max())))
        left.remove(turn[-1])
        here = turn[-1].pose
    return turn


def _over_the_table(model: ArmModel, height: float) -> list[Viewpoint]:
    random = np.random.default_rng(_SEED)
    return [
        point
        for y, x, lean, yaw in product(np.linspace(*_ACROSS), np.linspace(*_REACHES), _LEANS, _YAWS)
        if (point := _viewpoint(model, (float(x), float(y), height), lean, yaw, random))
    ]


def _in_the_air(model: ArmModel) -> list[Viewpoint]:
    random = np.random.default_rng(_SEED)
    poses = random.uniform(model.lower, model.upper, (_DRAWN, model.n))
    return [point for pose in poses if (point := _seen_at(model, pose, random))]


def _seen_at(model: ArmModel, pose: Vector, random: np.random.Generator) -> Viewpoint | None:
    """Return ``pose`` if a tool there is in sight and both sides of it are clear, else None."""
    T_base_tool = model.kinematics.forward(pose)
    x, y, z = T_base_tool[:3, 3]
    level = float(np.hypot(*T_base_tool[:2, 1]))
    in_sight = x > _AHEAD and abs(y) < _BESIDE and z > model.table_height + _ABOVE
    return clear_sides(model, pose, random) if in_sight and level > _HEADED else None


def clear_sides(model: ArmModel, pose: Vector, random: np.random.Generator) -> Viewpoint | None:
    """Return ``pose`` with a side that is drawn, None if it is not clear from there and beyond."""
    side = random.choice([-1.0, 1.0], model.n)
    ends = [pose + sign * _MARGIN * side for sign in (-1.0, 1.0)]
    return Viewpoint(pose, side) if all(is_clear(model, end) for end in ends) else None


def _viewpoint(
    model: ArmModel,
    place: tuple[float, float, float],
    lean: float,
    jaw_yaw: float,
    random: np.random.Generator,
) -> Viewpoint | None:
    """Return the pose with the tool at ``place``, None if it is not clear from both sides.

    place: x, y in the base frame and height above the table [m]. lean: beyond the tilt of an
    ordinary grasp [rad].
    """
    x, y, height = place
    z = model.table_height + height
    tilt = model.grasp.tilt(x, y, z) + lean
    if cos(tilt) > _LEVEL:
        return None
    try:
        pose = model.kinematics.inverse(tool_pose(x, y, z, tilt, jaw_yaw), model.home)
    except UnreachableError:
        return None
    return clear_sides(model, pose, random)


def _information(model: ArmModel, pose: Vector) -> Matrix:
    """Return what the tool tells of zeros and gains [4, 2n], in standard deviations.

    The pose is come to from two sides, so it is seen twice.
    """
    by_joint = np.sqrt(2.0) * fix_jacobian(model.kinematics, pose) / FixNoise().values[:, None]
    return np.hstack([by_joint, by_joint * pose])
