import math

import numpy as np
import pytest

from robot.keep_out import KeepOut
from robot.model import load_arm
from robot.pose import tool_pose

MODEL = load_arm("dofbot")
FREE = (0.3, 0.0, 0.3)
ZONES = KeepOut(
    radii=(0.02, 0.01, -0.004),  # wrist, tool, fingertips
    tip_reach=0.016,
    base_radius=0.05,
    base_top=0.09,
    plate=(-0.20, 0.06, -0.06, 0.06),
    plate_top=0.006,
    table_height=-0.012,
)


def depths(
    wrist: tuple[float, float, float], tool: tuple[float, float, float]
) -> tuple[float, float]:
    return ZONES.depths(np.array([wrist, tool]))


@pytest.mark.parametrize(
    ("height", "depth"), [(0.0081, 0.0), (0.0079, 0.0001), (-0.012, 0.020), (-0.05, 0.058)]
)
def test_a_ball_is_in_the_table_by_how_far_its_lowest_point_is(height: float, depth: float) -> None:
    assert depths((0.3, 0.0, height), FREE) == pytest.approx((depth, 0.0))


def test_fingertips_reach_past_the_tool_and_may_press_in() -> None:
    above = (0.3, 0.0, 0.2)
    assert depths(above, (0.3, 0.0, 0.0001)) == (0.0, 0.0)
    assert depths(above, (0.3, 0.0, -0.001)) == pytest.approx((0.001, 0.0))
    beside = (0.2, 0.0, 0.0)
    assert depths(beside, (0.3, 0.0, -0.001)) == (0.008, 0.0), "the wrist ball"


@pytest.mark.parametrize(
    ("point", "depth"),
    [
        ((0.0, 0.0, 0.111), 0.0),
        ((0.0, 0.0, 0.100), 0.010),
        ((0.0, 0.071, 0.05), 0.0),
        ((0.0, 0.060, 0.05), 0.010),
        ((0.036, 0.036, 0.05), 0.070 - math.hypot(0.036, 0.036)),
    ],
)
def test_the_turntable_is_a_cylinder_with_the_balls_radius_around_it(
    point: tuple[float, float, float], depth: float
) -> None:
    assert depths(point, FREE) == pytest.approx((0.0, depth))


@pytest.mark.parametrize(
    ("point", "depth"),
    [
        ((-0.15, 0.0, 0.027), 0.0),
        ((-0.15, 0.0, 0.016), 0.010),
        ((-0.221, 0.0, 0.016), 0.0),
        ((-0.215, 0.0, 0.012), 0.005),
        ((-0.15, 0.081, 0.012), 0.0),
        ((-0.15, -0.077, 0.012), 0.003),
        ((0.081, 0.0, 0.012), 0.0),
    ],
)
def test_the_plate_is_a_box_with_the_balls_radius_around_it(
    point: tuple[float, float, float], depth: float
) -> None:
    assert depths(point, FREE) == pytest.approx((0.0, depth))


def test_home_and_rest_are_outside_every_keep_out() -> None:
    for pose in (MODEL.home, MODEL.rest):
        assert MODEL.keep_out.depths(MODEL.kinematics.points(pose)) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("r", "tilt", "lowest"), [(0.22, 150.0, 0.010), (0.18, 160.0, 0.0111), (0.12, 180.0, 0.012)]
)
def test_how_far_the_tool_may_come_down_to_the_table(r: float, tilt: float, lowest: float) -> None:
    for height, free in ((lowest + 2e-4, True), (lowest - 2e-4, False)):
        pose = tool_pose(r, 0.0, MODEL.table_height + height, math.radians(tilt), 0.0)
        q = MODEL.kinematics.inverse(pose, MODEL.home)
        table, base = MODEL.keep_out.depths(MODEL.kinematics.points(q))
        assert (table == 0.0) is free
        assert base == 0.0
