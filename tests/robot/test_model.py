import math
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.errors import UnknownNameError
from robot.model import load_arm
from urdf import FOLDER, arm_names

MODEL = load_arm("dofbot")
GRIPPER = MODEL.gripper
OURS = [name for name in arm_names() if load_arm(name).urdf.path.is_relative_to(FOLDER)]
"""Arms whose URDF was written here."""

# Yahboom, Precautions for DIY Robotic Arm: object width [mm] -> servo 6 [deg]
VENDOR_WIDTHS = {
    5: 176, 10: 168, 15: 160, 20: 152, 25: 143, 30: 134, 35: 125, 40: 115, 45: 105, 50: 95,
    55: 80, 60: 57,
}  # fmt: skip


def test_an_unknown_arm_is_refused_with_the_valid_names_and_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown arm 'dofbat'; did you mean 'dofbot'") as e:
        load_arm("dofbat")
    assert all(name in str(e.value) for name in arm_names())


@pytest.mark.parametrize("name", arm_names())
def test_every_arm_described_here_loads_under_its_own_name(name: str) -> None:
    assert load_arm(name).name == name
    assert load_arm(name) is load_arm(name)


def test_the_dofbot_has_the_limits_of_its_data_sheet() -> None:
    quarter = math.pi / 2
    np.testing.assert_allclose(MODEL.lower, [-quarter] * 5, atol=1e-4)
    np.testing.assert_allclose(MODEL.upper, [quarter] * 4 + [math.pi], atol=1e-4)
    np.testing.assert_allclose(MODEL.effort, 15 * 9.81 / 100, atol=2e-3)  # 15 kgf cm
    assert MODEL.joints == ("joint1", "joint2", "joint3", "joint4", "joint5")


def test_what_a_model_says_cannot_be_changed() -> None:
    for array in (MODEL.lower, MODEL.upper, MODEL.max_velocity, MODEL.home, MODEL.rest):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.parametrize("name", OURS)
def test_every_link_has_a_mass_and_an_inertia_a_solid_body_can_have(name: str) -> None:
    for link in ElementTree.parse(load_arm(name).urdf.path).getroot().findall("link"):
        mass, inertia = link.find("inertial/mass"), link.find("inertial/inertia")
        assert mass is not None and inertia is not None, link.get("name")
        assert float(mass.get("value", "0")) > 0.0, link.get("name")
        ixx, iyy, izz = (float(inertia.get(key, "0")) for key in ("ixx", "iyy", "izz"))
        assert min(ixx, iyy, izz) > 0.0, link.get("name")
        assert 2 * max(ixx, iyy, izz) <= (ixx + iyy + izz) * (1 + 1e-9), link.get("name")


def test_the_dofbot_weighs_what_it_weighs() -> None:
    masses = ElementTree.parse(MODEL.urdf.path).getroot().iterfind("link/inertial/mass")
    assert 0.8 < sum(float(mass.get("value", "0")) for mass in masses) < 1.3


@pytest.mark.parametrize("name", arm_names())
def test_links_and_joints_make_one_tree(name: str) -> None:
    tree = load_arm(name).urdf
    root = ElementTree.parse(tree.path).getroot()
    links = {link.get("name") for link in root.findall("link")}
    children = [joint.child for joint in tree.joints.values()]
    assert len(children) == len(set(children)) == len(links) - 1
    assert {joint.parent for joint in tree.joints.values()} | set(children) == links


@given(st.floats(GRIPPER.min_opening, GRIPPER.max_opening))
def test_opening_and_crank_are_each_others_inverse(opening: float) -> None:
    crank = GRIPPER.actuator(opening)
    assert GRIPPER.actuator_open <= crank <= GRIPPER.actuator_closed
    assert GRIPPER.opening(crank) == pytest.approx(opening, abs=1e-9)


@given(st.floats(-1.0, 1.0))
def test_an_opening_beyond_the_crank_gives_the_end_of_its_travel(opening: float) -> None:
    reached = GRIPPER.opening(GRIPPER.actuator(opening))
    nearest = min(GRIPPER.max_opening, max(GRIPPER.min_opening, opening))
    assert reached == pytest.approx(nearest, abs=1e-9)


def test_the_greatest_opening_speed_is_that_of_the_crank_at_right_angles() -> None:
    cranks = np.linspace(GRIPPER.actuator_open, GRIPPER.actuator_closed, 1000)
    openings = np.array([GRIPPER.opening(crank) for crank in cranks])
    steepest = np.abs(np.gradient(openings, cranks)).max() * GRIPPER.max_velocity
    assert GRIPPER.max_opening_velocity == pytest.approx(steepest, rel=1e-3)


@pytest.mark.parametrize(("width", "servo"), VENDOR_WIDTHS.items())
def test_the_gripper_agrees_with_the_vendors_table(width: float, servo: float) -> None:
    scale = MODEL.servo
    crank = (servo - scale.gripper_degrees_zero) / scale.gripper_degrees_per_degree
    assert GRIPPER.opening(math.radians(crank)) == pytest.approx(width / 1e3, abs=1.5e-3)


def test_the_tilt_at_the_middle_of_the_grasp_zone_is_the_one_described() -> None:
    assert MODEL.grasp.tilt(MODEL.grasp.radius, 0.0, 0.0) == pytest.approx(math.radians(151.0))
