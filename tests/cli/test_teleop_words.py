import numpy as np
import pytest

from benchmarks.synthetic_body import Pose, View, person
from cli.teleop_words import BAR, arm_words, bar, person_words
from robot.command import ArmState
from robot.model import load_arm


@pytest.mark.parametrize(
    ("arm", "first", "last"),
    [
        ("dofbot", "joint1 +30 deg", "jaws 20 mm"),
        ("kuka", "joint_1 +30 deg", "joint_7 +0 deg"),
        ("ur5", "shoulder_pan +30 deg", "jaws 20 mm"),
    ],
)
def test_joints_are_told_by_short_names_and_jaws_where_there_are_any(
    arm: str, first: str, last: str
) -> None:
    model = load_arm(arm)
    positions = np.zeros(model.n)
    positions[0] = np.radians(30.2)
    words = arm_words(model, ArmState(positions, np.zeros(model.n), 0.02, 0.0), "left")
    assert (words[0], words[1], words[-1]) == (f"left {arm}", first, last)


def test_of_a_person_only_what_is_seen_is_told() -> None:
    pose = Pose(yaw=0.2, shoulder=-0.5, elbow=0.7, gap=0.03)
    assert person_words(person(pose), "right")[:4] == [
        "your right arm", "yaw +11 deg", "shoulder -29 deg", "elbow +40 deg",
    ]  # fmt: skip
    assert "% open" in person_words(person(pose), "right")[-1]
    assert "% open" not in person_words(person(pose, view=View(hand=False)), "right")[-1]


def test_the_bar_says_by_colour_who_is_followed_who_holds_and_who_is_stopped() -> None:
    statuses = ("following", "holding: no person", "stopped: Enter releases it")
    dots = [bar(400, [("", status)], "30 commands/s")[BAR // 2, 13].tolist() for status in statuses]
    for (blue, green, red), brightest in zip(dots, ("green", "red green", "red"), strict=True):
        assert (green > 150) == ("green" in brightest) and (red > 150) == ("red" in brightest)
        assert blue < 100
