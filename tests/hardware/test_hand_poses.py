import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.servos.boards import BOARDS
from hardware.servos.calibration import nominal
from hardware.servos.hand_poses import fit_servos, hand_poses
from robot.model import load_arm

MODEL = load_arm("dofbot")
POSES = hand_poses(MODEL, 0.03)


@given(data=st.data(), board=st.sampled_from(list(BOARDS.values())))
def test_any_zero_gain_and_direction_is_found_from_the_poses(data, board):
    usual = nominal(MODEL, board).servos
    zeros = [servo.zero + data.draw(st.floats(-200, 200)) for servo in usual]
    gains = st.floats(0.8, 1.25) | st.floats(-1.25, -0.8)
    slopes = [servo.per_radian * data.draw(gains) for servo in usual]
    readings = [
        (pose, {s: zeros[s - 1] + slopes[s - 1] * angle for s, angle in pose.angles.items()})
        for pose in POSES
    ]
    fits = fit_servos(MODEL, board, readings)
    assert [fit.scale.zero for fit in fits] == pytest.approx(zeros)
    assert [fit.scale.per_radian for fit in fits] == pytest.approx(slopes)
    assert max(fit.residual for fit in fits) < 1e-6


def test_every_servo_is_put_to_two_angles_within_its_limits():
    for servo in range(1, MODEL.n + 2):
        angles = [pose.angles[servo] for pose in POSES if servo in pose.angles]
        assert np.ptp(angles) > 0.4
    for joint in range(MODEL.n):
        angles = [pose.angles[joint + 1] for pose in POSES if joint + 1 in pose.angles]
        assert min(angles) >= MODEL.lower[joint]
        assert max(angles) <= MODEL.upper[joint]


def test_the_words_say_which_way_the_arm_leans():
    words = "\n".join(pose.words for pose in POSES)
    assert "joint2 at +90 deg: with the joints beyond it at 0 the tool points to the front" in words
    assert "the tool points up, joint2 would bend it to the front" in words
    assert "the jaws open to left and right" in words
    assert "joint1 at +90 deg: turned counter-clockwise, seen from above" in words
