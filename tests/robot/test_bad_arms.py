import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import urdf
from robot.errors import ModelError
from robot.model import load_arm, read_arm
from urdf import arm_folder

LIMITS = f"lower = {[-6.0] * 7}\nupper = {[6.0] * 7}"

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


@pytest.mark.parametrize("section", ["grasp", "camera", "depth_camera", "servo"])
def test_a_table_an_arm_lacks_is_missed_where_it_is_needed(edited: Edit, section: str) -> None:
    text = (arm_folder("dofbot") / "arm.toml").read_text()
    start = text.index(f"[{section}]")
    model = read_arm(edited("arm.toml", text[start : text.index("\n\n", start)], ""))
    missed = rf"^dofbot: arm\.toml has no \[{section}\], which .* need"
    with pytest.raises(ModelError, match=missed):
        getattr(model, section)


def test_an_arm_that_no_body_drives_says_so_once_one_does(edited: Edit) -> None:
    text = (arm_folder("dofbot") / "arm.toml").read_text()
    model = read_arm(edited("arm.toml", text[text.index("[teleop]") :], ""))
    with pytest.raises(ModelError, match=r"no \[teleop\], which moving it with a body needs"):
        model.teleop  # noqa: B018


def test_a_urdf_may_lie_in_an_installed_package(edited: Edit) -> None:
    inside = '"pybullet_data:kuka_iiwa/none.urdf"'
    with pytest.raises(ModelError, match=r"pybullet_data/kuka_iiwa/none\.urdf"):
        read_arm(edited("arm.toml", '"dofbot.urdf"', inside))


def test_a_joint_that_turns_without_end_has_the_limits_that_are_given(tmp_path: Path) -> None:
    folder = shutil.copytree(arm_folder("kuka"), tmp_path / "arm")
    endless = load_arm("kuka").urdf.path.read_text().replace('type="revolute"', 'type="continuous"')
    (folder / "endless.urdf").write_text(endless)
    text = (folder / "arm.toml").read_text().replace("pybullet_data:kuka_iiwa/model", "endless")
    (folder / "arm.toml").write_text(text.replace("[limits]", f"[limits]\n{LIMITS}"))
    model = read_arm(folder)
    assert model.upper.tolist() == [6.0] * 7
    q = np.full(7, 4.0)
    found = model.kinematics.inverse(model.kinematics.forward(q), q - 0.1)
    np.testing.assert_allclose(found, q, atol=0.2)


def test_a_folder_goes_by_the_name_its_arm_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(arm_folder("dofbot"), tmp_path / "renamed")
    monkeypatch.setattr(urdf, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match=r"arm\.toml: the folder is 'renamed', and name 'dofbot'"):
        load_arm("renamed")


def test_a_package_that_is_not_there_is_named_with_the_mend(edited: Edit) -> None:
    inside = '"no_such_arms:kuka_iiwa/model.urdf"'
    with pytest.raises(ModelError, match=r"'no_such_arms', which is not installed .*pip install"):
        read_arm(edited("arm.toml", '"dofbot.urdf"', inside))


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("arm.toml", 'title = "Yahboom DOFBot"', "", r"arm\.toml: entry 'title' is missing"),
        ("arm.toml", "phase = 0.0", "", r"arm\.toml: \[gripper\] says nothing of 'phase'"),
        ("arm.toml", "phase = 0.0", "phases = 0.0", r"in \[gripper\] .*'phases'; did you mean"),
        ("arm.toml", "[camera]", "[camara]", r"entry in arm\.toml 'camara'; did you mean 'camera'"),
        ("arm.toml", "fov_degrees = 62.0", "fov = 62.0", r"\[camera\] of arm\.toml 'fov'"),
        ("arm.toml", "base_top = 0.09", "", r"\[keep_out\] says nothing of 'base_top'"),
        ("arm.toml", "home = [0.0, ", "home = [", r"home has 4 values for 5 joints"),
        ("arm.toml", "home = [0.0, ", "home = [9.0, ", r"home is outside .* 'joint1': 9 rad, not"),
        ("arm.toml", "rest = [0.0, -1.1519", "rest = [0.0, 1.5", r"at rest .* \d+ mm within"),
        ("arm.toml", "base_top = 0.09", "base_top = 0.5", r"at grasp\.look .* within the base"),
        ("arm.toml", "max_acceleration = [12.0", "max_acceleration = [0.0", "'joint1' is 0.0"),
        ("arm.toml", "radii = [0.0, ", "radii = [", r"keep_out\.radii has 6 values"),
        ("arm.toml", '"dofbot.urdf"', '"gone.urdf"', r"gone\.urdf"),
        ("arm.toml", 'kinematics = "dofbot"', 'kinematics = "magic"', "'magic'"),
        ("arm.toml", 'kinematics = "dofbot"', 'kinematics = "ur5"', r"^arm 'arm': "),
        ("arm.toml", 'joint = "right_crank_joint"', 'joint = "jaw"', "no joint 'jaw'"),
        ("arm.toml", 'link = "camera"', 'link = "eye"', r"to link 'eye' \(links: base_link, "),
        ("arm.toml", 'tool_link = "tool"', 'tool_link = "hand"', r"to link 'hand' \(links: "),
        ("arm.toml", 'name = "dofbot"', "name = dofbot", r"arm\.toml: "),
        ("arm.toml", "joint3 = { elbow", "joint9 = { elbow", r"teleop\.joints 'joint9'"),
        ("arm.toml", "joint3 = { elbow = 1.0 }", "", r"teleop\.joints says nothing of 'joint3'"),
        ("arm.toml", "joint3 = { elbow", "joint3 = { knee", r"teleop\.joints 'knee'"),
        ("arm.toml", "tool_scale = 0.5", "tool_scale = 0.0", r"tool_scale is 0\.0"),
        ("arm.toml", "tool_scale = 0.5", "", r"entry 'tool_scale' is missing"),
        ("arm.toml", '["joint1", ', '["joint9", ', r"no joint 'joint9' \(there are: joint1, "),
        ("arm.toml", '["joint1", ', '["tool_joint", ', "'tool_joint' is fixed"),
        ("arm.toml", '["joint1", "joint2"', '["joint2", "joint1"', "is not .*'joint2', 'joint1'"),
        ("arm.toml", "[gripper]", "[limits]\nuper = []\n[gripper]", "'uper'; did you mean 'upper'"),
        (
            "arm.toml",
            "[gripper]",
            "[limits]\nupper = [1.0]\n[gripper]",
            "limits.upper has 1 values",
        ),
        (
            "arm.toml",
            "[gripper]",
            "[limits]\nlower = [-2.0, 0.0, 0.0, 0.0, 0.0]\n[gripper]",
            r"limits\.lower of 'joint1' is -2 rad, but dofbot\.urdf has it turn from -1\.5708",
        ),
        ("dofbot.urdf", 'name="joint3"', 'name="elbow"', "no joint 'joint3'"),
        ("dofbot.urdf", 'velocity="2.45"', "", "'joint1' has velocity limit 0.0"),
        ("dofbot.urdf", 'lower="-1.5708"', 'lower="1.6"', "'joint1' has lower limit 1.6"),
        ("dofbot.urdf", '<parent link="link1"/>', "", "'joint2' has no <parent"),
        ("dofbot.urdf", 'lower="-1.5708"', 'lower="low"', "low"),
        ("dofbot.urdf", "</robot>", "", r"dofbot\.urdf: no well-formed XML: no element found"),
        ("dofbot.urdf", '<axis xyz="0 0 1"/>', '<axis xyz="0 0 0"/>', "'joint1': its axis has no"),
        (
            "dofbot.urdf",
            'name="joint1" type="revolute"',
            'name="joint1" type="continuous"',
            "'joint1' turns without end: give lower and upper",
        ),
        (
            "dofbot.urdf",
            '<link name="link3">',
            '<link name="arm3">',
            r"'joint3': its child link 'link3' is not in the file \(links: base_link, ",
        ),
        (
            "dofbot.urdf",
            '<limit lower="-0.05" upper="1.6" effort="0.59" velocity="2.45"/>',
            "",
            "'right_crank_joint' is revolute and has no <limit>",
        ),
        (
            "dofbot.urdf",
            '<mimic joint="right_crank_joint" multiplier="1"',
            '<mimic joint="left_finger_joint" multiplier="1"',
            "'left_crank_joint' mimics itself, by way of others",
        ),
        (
            "dofbot.urdf",
            '<mimic joint="right_crank_joint" multiplier="1"',
            '<mimic joint="joint5" multiplier="1"',
            "'left_crank_joint' mimics 'joint5', but it is 'right_crank_joint' that moves",
        ),
        (
            "dofbot.urdf",
            '<mimic joint="left_crank_joint"',
            '<mimic joint="left_servo"',
            r"'left_finger_joint' mimics 'left_servo', which is no joint .*there are: joint1, ",
        ),
        ("dofbot.urdf", '<parent link="link1"/>', '<parent link="link2"/>', "hangs on itself"),
        (
            "dofbot.urdf",
            '<child link="link5"/>',
            '<child link="link4"/>',
            "link 'link4' is there 2",
        ),
        (
            "dofbot.urdf",
            '<joint name="joint2"',
            '<joint name="joint1"',
            "joint 'joint1' is there 2",
        ),
        (
            "dofbot.urdf",
            '<link name="tool">',
            '<link name="spare"/><link name="tool">',
            "here base_link, spare are",
        ),
    ],
)
def test_an_incomplete_description_is_refused_by_name(
    edited: Edit, file: str, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(ModelError, match=complaint):
        read_arm(edited(file, old, new))
