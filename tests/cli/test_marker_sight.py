from math import radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.main import main
from cli.marker_sight import check_block, heading
from cli.sight import NoBlockError
from perception.rigid import rotation_of, transform
from perception.tracker import Track
from robot.model import load_arm
from robot.task import GraspTask

TASK = GraspTask(load_arm("dofbot"))
QUARTERS = [rotation_of(axis * np.pi / 2 * turns) for axis in np.eye(3) for turns in range(4)]


def track(x=0.22, y=0.0, above=0.0, turn=(0.0, 0.0, 0.0), std=0.0005):
    pose = transform(rotation_of(np.array(turn)), np.array([x, y, TASK.block_height + above]))
    return Track(pose, np.eye(6) * std**2, 0.0, False)


@given(st.floats(-0.7, 0.7), st.sampled_from(QUARTERS), st.sampled_from(QUARTERS))
def test_a_cube_has_the_heading_of_its_sides_whichever_face_is_up(yaw, first, second):
    turned = rotation_of(np.array([0.0, 0.0, yaw])) @ first @ second
    seen = Track(transform(turned, np.zeros(3)), np.eye(6), 0.0, False)
    assert heading(seen) == pytest.approx(yaw, abs=1e-9)


def test_a_block_that_lies_in_the_spawn_area_is_to_be_grasped():
    check_block("cube", track(), TASK)
    check_block("cube", track(x=0.1925, y=-0.0525, above=0.004, turn=(0.0, 0.1, 0.19)), TASK)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"x": 0.30}, r"cube: block: x = 0.300 m is out of reach; the policy grasps from 0.195"),
        ({"y": -0.06}, "y = -0.060 m is out of reach"),
        ({"above": 0.01}, r"its middle is \+10 mm from where a block on the table"),
        ({"above": -0.02}, "is it in a hand, or the camera's calibration of another place"),
        ({"turn": (radians(20), 0.0, 0.0)}, "leans by 20 deg; lay it on a face"),
        ({"turn": (0.0, 0.0, radians(-17))}, "turned by -17 deg, and the jaws"),
        ({"std": 0.006}, r"known to ±6.0 mm only"),
    ],
)
def test_what_jaws_would_miss_is_told_apart(wrong, said):
    with pytest.raises(NoBlockError, match=said):
        check_block("cube", track(**wrong), TASK)


@pytest.mark.parametrize("camera", ["images:shots", "video:clip.mp4", "sim"])
def test_a_camera_that_does_not_see_the_table_is_refused(camera, capsys):
    assert main(["deploy", "dofbot-state", "--arm", "tcp://pi:5555", "--camera", camera]) == 2
    assert "does not see the arm's table" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("dofbot-state", "--lens", "l.json"),
            "sees markers: give --camera, too",
        ),
        (("dofbot-state", "--target", "tag:1:30"), "--target is of a camera"),
        (
            ("dofbot-depth", "--camera", "tcp://pi:5555", "--hand-eye", "h.json"),
            "--hand-eye is of a camera that sees markers: a policy that sees needs no markers",
        ),
    ],
)
def test_options_without_effect_are_refused(options, said, capsys):
    assert main(["deploy", *options, "--arm", "tcp://pi:5555", "--mirror"]) == 2
    assert said in capsys.readouterr().err
