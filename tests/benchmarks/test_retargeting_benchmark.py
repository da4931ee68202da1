"""The figures of retargeting, over less time than the benchmark takes."""

import numpy as np
import pytest

from benchmarks.retargeting import jitter, joint_error, lag
from benchmarks.retargeting import run as retargeting
from robot.model import load_arm

MODEL = load_arm("dofbot")


def test_joints_of_known_angles_come_back() -> None:
    assert joint_error(MODEL, 100) < 0.1


def test_a_still_person_with_noisy_landmarks_is_followed_without_jitter() -> None:
    assert jitter(MODEL, 20.0).max() < 0.2


def test_filtering_adds_little_lag_and_the_arms_acceleration_the_rest() -> None:
    filtering, commands = lag(MODEL, 20.0)
    assert np.abs(filtering).max() < 40.0
    assert commands[:3].max() < 80.0  # what landmarks of the body drive, not of the hand
    assert commands.max() < 120.0


def test_the_benchmark_gives_every_joint() -> None:
    figures = retargeting(streams=5, seconds=2.0)
    assert figures["violations"] == 0
    assert figures["arm"] == "dofbot"
    assert figures["jitter_deg"] == pytest.approx(
        max(figures[f"{joint}_jitter_deg"] for joint in MODEL.joints)  # type: ignore[type-var]
    )
