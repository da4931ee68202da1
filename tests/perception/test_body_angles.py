from dataclasses import replace
from math import radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.synthetic_body import Pose, View, person
from perception.body_angles import ANGLES, HAND, PINCH, VALUES, body_angles
from perception.person import Person
from perception.rigid import rotation_of

TENTH = radians(0.1)
SIDES = ("left", "right")

sides = st.sampled_from(SIDES)
poses = st.builds(
    Pose,
    yaw=st.floats(-3.1, 3.1),
    shoulder=st.floats(-1.3, 0.5),
    elbow=st.floats(0.0, 1.5),
    wrist=st.floats(-1.2, 1.2),
    roll=st.floats(-3.0, 3.0),
    gap=st.floats(0.0, 0.15),
    flare=st.floats(-0.15, 0.15),
)
turns = st.tuples(*[st.floats(-3.0, 3.0)] * 3).map(lambda v: rotation_of(np.array(v)))


def off(found: np.ndarray, pose: Pose) -> float:
    return float(np.abs(np.angle(np.exp(1j * (found[ANGLES] - pose.angles)))).max())


@given(poses, sides, turns, st.booleans())
def test_known_angles_come_back_however_camera_and_body_are_turned(pose, side, turn, hand):
    seen = body_angles(person(pose, side, view=View(turn=turn, hand=hand)), side)
    assert off(seen.values, pose) < TENTH
    assert (np.delete(seen.confidence, PINCH) == 1.0).all()


@given(poses, sides)
def test_a_person_as_in_a_mirror_does_the_same_to_the_other_side(pose, side):
    """As a mirrored camera has them: whose left is taken for right, and right for left."""
    other = "left" if side == "right" else "right"
    shown = body_angles(_in_a_mirror(person(pose, side)), other)
    mirrored = replace(pose, yaw=-pose.yaw, roll=-pose.roll)
    assert off(shown.values, mirrored) < TENTH
    hand = body_angles(person(pose, side), side).values[HAND] * [1.0, -1.0, 1.0]
    np.testing.assert_allclose(shown.values[HAND], hand, atol=1e-9)


def test_the_other_arm_hangs_and_is_not_taken_for_the_one_asked_for():
    seen = body_angles(person(Pose(), "right"), "left").values
    np.testing.assert_allclose(seen[HAND], [0.0, 0.0, -0.55], atol=1e-9)


def test_the_hand_is_where_it_is_from_the_shoulder_in_the_torsos_frame():
    straight = Pose(yaw=radians(90), shoulder=0.0, elbow=0.0)
    for turn in (np.eye(3), rotation_of(np.array([0.4, 1.0, -0.3]))):
        seen = body_angles(person(straight, view=View(turn=turn)), "right").values
        np.testing.assert_allclose(seen[HAND], [0.0, 0.55, 0.0], atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
def test_a_hand_above_its_shoulder_faces_nowhere_but_is_somewhere(side):
    raised = Pose(shoulder=radians(90), elbow=0.0)
    seen = body_angles(person(raised, side), side).values
    assert np.isnan(seen[ANGLES]).all()
    assert np.isfinite(seen[HAND]).all()


@pytest.mark.parametrize("side", SIDES)
def test_thumb_up_is_a_quarter_turn_to_the_side_of_the_hand(side):
    """The right thumb goes up as the hand's left side rises, the left one as its right does."""
    quarter = radians(90) if side == "right" else radians(-90)
    forward = Pose(shoulder=-1.0, elbow=1.0, wrist=0.0, roll=quarter)
    hand = person(forward, side).hand(side)
    assert hand is not None
    up = -(hand.world[5] - hand.world[17])[1]  # the camera's y points down
    assert up == pytest.approx(0.075)


@given(st.floats(0.0, 0.15), st.floats(0.5, 1.5))
def test_how_open_a_hand_is_does_not_depend_on_its_size(gap, size):
    seen = person(Pose(gap=gap), "right")
    assert seen.right is not None
    grown = replace(seen, right=replace(seen.right, world=size * seen.right.world))
    opening, same = (body_angles(p, "right").values[PINCH] for p in (seen, grown))
    assert opening == pytest.approx(same)
    assert (opening <= 0.0) == (gap <= 0.25 * 0.09 + 1e-12)
    assert (opening >= 1.0) == (gap >= 0.09 - 1e-12)


def test_without_a_hand_nobody_knows_how_open_it_is():
    seen = body_angles(person(Pose(), view=View(hand=False)), "right")
    assert np.isnan(seen.values[PINCH])
    crossed = person(Pose(), "right")
    assert crossed.right is not None
    crossed = replace(crossed, right=replace(crossed.right, score=0.1))
    assert np.isnan(body_angles(crossed, "right").values[PINCH])


@pytest.mark.parametrize(
    ("unseen", "uncertain"),
    [
        ([14], VALUES[:5] + VALUES[6:]),
        ([16, 18, 20], VALUES[:5] + VALUES[6:]),
        ([18], ("wrist", "roll", "pinch")),
        ([13, 15, 17], ()),
        ([23, 24], ()),
    ],
)
def test_what_hangs_on_an_unseen_landmark_is_uncertain_and_nothing_else(unseen, uncertain):
    seen = person(Pose(), "right", view=View(hand=unseen != [14] and len(unseen) != 3))
    if unseen == [18]:
        seen = replace(seen, right=None)
    seen.visibility[unseen] = 0.1
    certain = body_angles(seen, "right").certain(0.5)
    lost = {name for name, value in zip(VALUES, certain, strict=True) if np.isnan(value)}
    assert lost - {"pinch"} == set(uncertain) - {"pinch"}


def test_hips_out_of_the_picture_are_replaced_by_degrees():
    """A body bent sideways: with hips as its own spine has it, without as the camera has it."""
    lean = rotation_of(np.array([0.0, 0.0, 0.3]))
    bent = person(Pose(yaw=0.0), view=View(turn=lean @ View().turn))
    found = []
    for sight in np.linspace(0.0, 1.0, 101):
        bent.visibility[[23, 24]] = sight
        found.append(body_angles(bent, "right").values[ANGLES][:3])
    steps = np.abs(np.diff(found, axis=0))
    assert steps.max() < 0.02
    assert off(body_angles(bent, "right").values, Pose(yaw=0.0)) < TENTH


def test_hips_that_are_guessed_out_of_the_picture_tell_nothing():
    seen = person(Pose())
    seen.world[[23, 24]] = [(0.4, -0.1, 0.3), (0.1, 0.2, 0.0)]
    seen.visibility[[23, 24]] = 0.1
    assert off(body_angles(seen, "right").values, Pose()) < TENTH


def test_landmarks_that_coincide_or_are_not_numbers_say_nothing():
    flat, broken = person(Pose()), person(Pose())
    flat.world[:] = 0.3
    broken.world[12] = np.nan
    for seen in (flat, broken):
        found = body_angles(seen, "right")
        assert np.isnan(found.values).all()
        assert found.arm_confidence == 0.0


def _in_a_mirror(seen: Person) -> Person:
    flip, swapped = np.array([-1.0, 1.0, 1.0]), [0, 4, 5, 6, 1, 2, 3]
    swapped += [i + 1 if i % 2 else i - 1 for i in range(7, 33)]
    left, right = (
        hand and replace(hand, world=hand.world * flip) for hand in (seen.right, seen.left)
    )
    return replace(seen, world=seen.world[swapped] * flip, left=left, right=right)
