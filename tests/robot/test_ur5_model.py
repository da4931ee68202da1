from xml.etree import ElementTree

import numpy as np
import pytest

from robot.model import load_arm
from robot.pose import tool_pose

MODEL = load_arm("ur5")


def mass(*parts: str) -> float:
    """Return the mass of all links whose names hold one of ``parts`` [kg]."""
    links = ElementTree.parse(MODEL.urdf.path).getroot().findall("link")
    return sum(
        float(link.find("inertial/mass").get("value"))
        for link in links
        if any(part in link.get("name", "") for part in parts)
    )


def test_it_has_the_limits_of_its_data_sheet() -> None:
    turns = np.array([1.0, 1.0, 0.5, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(MODEL.upper, 2.0 * np.pi * turns)
    np.testing.assert_allclose(MODEL.lower, -2.0 * np.pi * turns)
    np.testing.assert_allclose(MODEL.max_velocity, np.radians(180.0), rtol=1e-4)
    np.testing.assert_allclose(MODEL.effort, [150.0, 150.0, 150.0, 28.0, 28.0, 28.0])


def test_arm_and_gripper_weigh_what_they_weigh() -> None:
    assert mass("shoulder", "arm", "wrist") == pytest.approx(17.05, abs=0.01)
    assert mass("gripper", "finger", "knuckle") == pytest.approx(0.92, abs=0.01)


@pytest.mark.parametrize(
    ("knuckle", "millimetres"),
    [(0.0, 85.0), (0.1, 76.0), (0.2, 66.3), (0.3, 56.0), (0.4, 45.3), (0.5, 34.3), (0.6, 23.0),
     (0.7, 11.6), (0.8, 0.2)],
)  # fmt: skip
def test_the_jaws_are_as_far_apart_as_their_linkage_makes_them(
    knuckle: float, millimetres: float
) -> None:
    assert MODEL.gripper.opening(knuckle) == pytest.approx(millimetres / 1e3, abs=6e-5)
    assert MODEL.gripper.actuator(millimetres / 1e3) == pytest.approx(knuckle, abs=1e-3)


def test_nothing_of_a_named_pose_is_in_the_table_or_the_base() -> None:
    for pose in MODEL.named_poses.values():
        assert MODEL.keep_out.depths(MODEL.kinematics.points(pose)) == (0.0, 0.0)


def test_a_forearm_folded_onto_the_base_is_kept_out() -> None:
    across_the_base = np.radians([0.0, -10.0, -170.0, 0.0, 90.0, 0.0])
    assert MODEL.keep_out.depths(MODEL.kinematics.points(across_the_base))[1] > 0.02


def test_a_held_block_may_touch_the_table_but_no_fingertip_may_enter_it() -> None:
    x, y = MODEL.grasp.area_centre
    for height, depth in ((0.013, 0.0), (0.010, 0.0), (0.005, 0.005)):
        q = MODEL.kinematics.inverse(tool_pose(x, y, height, np.pi, 0.0), MODEL.home)
        table, _ = MODEL.keep_out.depths(MODEL.kinematics.points(q))
        assert table == pytest.approx(depth, abs=1e-4)
