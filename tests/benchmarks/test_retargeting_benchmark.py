"""The figures of retargeting, over less time than the benchmark takes."""

import numpy as np
import pytest

from benchmarks.random_streams import Stream, violations
from benchmarks.retargeting import jitter, joint_error, lag
from benchmarks.retargeting import run as retargeting
from robot.model import load_arm

MODEL = load_arm("dofbot")


@pytest.mark.parametrize("arm", ["dofbot", "kuka", "panda"])
def test_joints_of_known_angles_come_back(arm: str) -> None:
    assert joint_error(load_arm(arm), 100) < 0.1


@pytest.mark.parametrize("arm", ["dofbot", "kuka", "panda"])
def test_a_still_person_with_noisy_landmarks_is_followed_without_jitter(arm: str) -> None:
    assert jitter(load_arm(arm), 10.0).max() < 0.2


def test_filtering_adds_little_lag_and_the_arms_acceleration_the_rest() -> None:
    filtering, commands = lag(MODEL, 20.0)
    assert np.abs(filtering).max() < 40.0
    assert commands[:3].max() < 80.0  # what landmarks of the body drive, not of the hand
    assert commands.max() < 120.0


def test_the_benchmark_gives_every_arm_and_joint() -> None:
    figures = retargeting(("dofbot", "kuka"), streams=8, seconds=2.0)
    assert figures["violations"] == 0
    assert figures["streams"] == 8 and figures["arms"] == "dofbot kuka"
    joints = [f"{name}_{joint}" for name in ("dofbot", "kuka") for joint in load_arm(name).joints]
    worst = max(figures[f"{joint}_jitter_deg"] for joint in joints)  # type: ignore[type-var]
    assert figures["jitter_deg"] == pytest.approx(worst)
    assert figures["kuka_lbr_iiwa_joint_3_lag_ms"] == 0.0, "nothing asks it to move"


@pytest.mark.parametrize("arm", ["kuka", "panda"])
def test_no_arm_is_told_to_exceed_its_limits(arm: str) -> None:
    assert sum(violations(load_arm(arm), Stream(seed))[0] for seed in range(12)) == 0
