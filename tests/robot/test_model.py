import math
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.errors import ModelError, UnknownNameError
from robot.model import load_arm, read_arm
from urdf import arm_folder, arm_names

MODEL = load_arm("dofbot")
GRIPPER = MODEL.gripper

# Yahboom, Precautions for DIY Robotic Arm: object width [mm] -> servo 6 [deg]
VENDOR_WIDTHS = {
    5: 176, 10: 168, 15: 160, 20: 152, 25: 143, 30: 134, 35: 125, 40: 115, 45: 105, 50: 95,
    55: 80, 60: 57,
}  # fmt: skip

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a function that gives a copy of the arm's folder with one text replaced."""

    def edit(file: str, old: str, new: str) -> Path:
        folder = shutil.copytree(arm_folder("dofbot"), tmp_path / "arm")
        text = (folder / file).read_text()
        assert old in text, "this test's edit no longer applies"
        (folder / file).write_text(text.replace(old, new))
        return folder

    return edit


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


@pytest.mark.parametrize("name", arm_names())
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


@pytest.mark.parametrize("section", ["grasp", "camera", "depth_camera", "servo"])
def test_a_table_an_arm_lacks_is_missed_where_it_is_needed(edited: Edit, section: str) -> None:
    model = read_arm(edited("arm.toml", f"[{section}]", f"[left_out_{section}]"))
    with pytest.raises(
        ModelError, match=rf"^dofbot: arm\.toml has no \[{section}\], which .* need"
    ):
        getattr(model, section)


def test_an_arm_that_no_body_drives_says_so_once_one_does(edited: Edit) -> None:
    folder = edited("arm.toml", "[teleop.joints]", "[body.joints]")
    text = (folder / "arm.toml").read_text().replace("[teleop]", "[body]")
    (folder / "arm.toml").write_text(text)
    model = read_arm(folder)
    with pytest.raises(ModelError, match=r"no \[teleop\], which moving it with a body needs"):
        model.teleop  # noqa: B018


def test_a_urdf_may_lie_in_an_installed_package(edited: Edit) -> None:
    inside = '"pybullet_data:kuka_iiwa/none.urdf"'
    with pytest.raises(ModelError, match=r"pybullet_data/kuka_iiwa/none\.urdf"):
        read_arm(edited("arm.toml", '"dofbot.urdf"', inside))


def test_a_package_that_is_not_there_is_named_with_the_mend(edited: Edit) -> None:
    inside = '"no_such_arms:kuka_iiwa/model.urdf"'
    with pytest.raises(ModelError, match=r"'no_such_arms', which is not installed .*pip install"):
        read_arm(edited("arm.toml", '"dofbot.urdf"', inside))


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("arm.toml", 'title = "Yahboom DOFBot"', "", r"arm\.toml: entry 'title' is missing"),
        ("arm.toml", "phase = 0.0", "", r"arm\.toml: .*'phase'"),
        ("arm.toml", "phase = 0.0", "phases = 0.0", r"arm\.toml: .*'phases'"),
        ("arm.toml", "home = [0.0, ", "home = [", r"home has 4 values for 5 joints"),
        ("arm.toml", "home = [0.0, ", "home = [9.0, ", r"home is outside .* 'joint1'"),
        ("arm.toml", "max_acceleration = [12.0", "max_acceleration = [0.0", "'joint1' is 0.0"),
        ("arm.toml", "radii = [0.0, ", "radii = [", r"keep_out\.radii has 6 values"),
        ("arm.toml", '"dofbot.urdf"', '"gone.urdf"', r"gone\.urdf"),
        ("arm.toml", 'kinematics = "dofbot"', 'kinematics = "magic"', "'magic'"),
        ("arm.toml", 'joint = "right_crank_joint"', 'joint = "jaw"', "no joint 'jaw'"),
        ("arm.toml", 'link = "camera"', 'link = "eye"', "no joint leads to link 'eye'"),
        ("arm.toml", 'name = "dofbot"', "name = dofbot", r"arm\.toml: "),
        ("arm.toml", "joint3 = { elbow", "joint9 = { elbow", r"teleop\.joints 'joint9'"),
        ("arm.toml", "joint3 = { elbow = 1.0 }", "", r"teleop\.joints says nothing of 'joint3'"),
        ("arm.toml", "joint3 = { elbow", "joint3 = { knee", r"teleop\.joints 'knee'"),
        ("arm.toml", "tool_scale = 0.5", "tool_scale = 0.0", r"tool_scale is 0\.0"),
        ("arm.toml", "tool_scale = 0.5", "", r"entry 'tool_scale' is missing"),
        ("dofbot.urdf", 'name="joint3"', 'name="elbow"', "no joint 'joint3'"),
        ("dofbot.urdf", 'velocity="2.45"', "", "'joint1' has velocity limit 0.0"),
        ("dofbot.urdf", 'lower="-1.5708"', 'lower="1.6"', "'joint1' has lower limit 1.6"),
        ("dofbot.urdf", '<parent link="link1"/>', "", "'joint2' has no <parent"),
        ("dofbot.urdf", 'lower="-1.5708"', 'lower="low"', "low"),
        ("dofbot.urdf", "</robot>", "", "no element found"),
    ],
)
def test_an_incomplete_description_is_refused_by_name(
    edited: Edit, file: str, old: str, new: str, complaint: str
) -> None:
    with pytest.raises((ModelError, UnknownNameError), match=complaint):
        read_arm(edited(file, old, new))
