from dataclasses import replace

import numpy as np
import pytest
from teleop_scene import MODEL, PERIOD, Scene, asked

from benchmarks.random_streams import Stream, _broken, violations
from benchmarks.synthetic_body import Pose, person
from perception.body_teleoperator import BodyTeleoperator
from perception.dead_man import Vigilance
from perception.retarget import JointRetarget
from perception.retarget_tool import ToolRetarget
from robot.command import ArmState
from robot.teleoperator import Teleoperator

OTHER = Pose(yaw=0.9, shoulder=-0.3, elbow=0.6)


def speeds(commands) -> np.ndarray:
    positions = np.array([c.positions for c in commands if c is not None])
    return np.abs(np.diff(positions, axis=0)) / PERIOD


def following(**options) -> Scene:
    scene = Scene(**options)
    scene.run(6.0)
    assert scene.status == "following"
    return scene


def test_it_is_a_teleoperator():
    source: Teleoperator = BodyTeleoperator(MODEL, Scene(), JointRetarget(MODEL))
    with source as entered:
        assert entered.status == "holding: no person"
        assert not entered.stopped


def test_the_arm_comes_to_where_the_body_is_and_jaws_to_where_the_hand_is():
    scene = following()
    np.testing.assert_allclose(scene.state.positions, asked(Pose()), atol=1e-3)
    scene.shown = Pose(gap=0.0)
    scene.run(3.0)
    assert scene.state.gripper == pytest.approx(MODEL.gripper.min_opening)


def test_at_first_it_is_approached_slowly():
    scene = Scene()
    assert speeds(scene.run(1.0)).max() <= 0.25 * MODEL.max_velocity.max()
    assert speeds(scene.run(3.0)).max() > 0.0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda scene: setattr(scene, "shown", None), "no person"),
        (lambda scene: setattr(scene, "frozen", True), "picture too old"),
        (lambda scene: setattr(scene, "delay", 0.5), "picture too old"),
        (lambda scene: setattr(scene, "shown", _unsure([14, 15])), "arm out of sight"),
        (lambda scene: setattr(scene, "shown", _unsure([11])), "arm out of sight"),
        (lambda scene: setattr(scene, "shown", _nowhere()), "arm out of sight"),
    ],
)
def test_in_doubt_it_holds_and_says_why(trouble, reason):
    scene = following()
    trouble(scene)
    scene.run(0.4)
    assert scene.status == f"holding: {reason}"
    assert scene.run(1.0) == [None] * 30


@pytest.mark.parametrize(
    ("side", "hidden", "other"), [("right", 14, "left"), ("left", 13, "right")]
)
def test_an_arm_out_of_sight_while_the_other_is_seen_hints_at_side_and_mirror(side, hidden, other):
    scene = Scene(side=side)
    scene.shown = _unsure([hidden])
    scene.run(1.0)
    assert scene.status.startswith("holding: arm out of sight, the ")
    assert f"--side {other}, or --mirrored?" in scene.status
    scene.shown = _unsure([])
    scene.run(1.0)
    assert scene.status == "following"


def test_of_two_arms_that_are_followed_neither_hints_at_the_other():
    scene = Scene(alone=False)
    scene.shown = _unsure([14])
    scene.run(1.0)
    assert scene.status == "holding: arm out of sight"


@pytest.mark.parametrize("gap", [None, "unsure"])
@pytest.mark.parametrize("delay", [0.0, 0.15])
def test_a_person_missed_in_a_picture_or_two_is_followed_on(gap, delay):
    scene = following()
    scene.delay = delay
    scene.run(1.0)
    for _ in range(20):
        scene.shown = _unsure([14, 16]) if gap else None
        if gap:
            scene.shown.world[[14, 16]] += 1.0
        scene.run(2 * PERIOD)
        scene.shown = Pose()
        scene.run(2 * PERIOD)
        assert scene.status == "following"
    np.testing.assert_allclose(scene.state.positions, asked(Pose()), atol=1e-3)


def test_a_stale_picture_is_noticed_within_its_time():
    scene = following(vigilance=Vigilance(stale=0.1))
    scene.frozen = True
    scene.run(0.2)
    assert scene.status == "holding: picture too old"


def test_hips_and_the_other_arm_may_be_out_of_the_picture():
    scene = Scene()
    scene.shown = _unsure([13, 15, 17, 19, 21, *range(23, 33)])
    scene.run(5.0)
    assert scene.status == "following"
    np.testing.assert_allclose(scene.state.positions, asked(Pose()), atol=1e-3)


def test_it_comes_to_hold_within_its_acceleration_and_not_at_once():
    scene = following()
    scene.shown = Pose(yaw=0.5)
    scene.run(0.15)
    scene.shown = None
    moving = [c for c in scene.run(1.0) if c is not None]
    assert moving
    before = speeds([scene.log[-31], *moving])
    assert (np.abs(np.diff(before, axis=0)) <= MODEL.max_acceleration * PERIOD + 1e-9).all()


def test_a_person_who_comes_back_elsewhere_is_approached_slowly():
    scene = following()
    scene.shown = None
    scene.run(1.0)
    scene.shown = OTHER
    assert speeds(scene.run(1.0)).max() <= 0.25 * MODEL.max_velocity.max()
    scene.run(5.0)
    np.testing.assert_allclose(scene.state.positions, asked(OTHER), atol=1e-3)


def test_two_people_who_are_swapped_do_not_make_it_jump():
    """The nearest of two is shown now one, now the other, at opposite ends of the picture."""
    scene = following()
    beside = person(OTHER)
    beside = replace(beside, image=beside.image + np.array([0.35, 0.0]))
    scene.shown = beside
    commands = scene.run(1.2)
    assert scene.status == "following"
    assert speeds(commands).max() <= 0.25 * MODEL.max_velocity.max()


def test_people_who_alternate_are_followed_neither():
    scene = following()
    here = scene.state.positions
    first, second = person(Pose()), person(OTHER)
    second = replace(second, image=second.image + np.array([0.35, 0.0]))
    for i in range(90):
        scene.shown = (first, second)[i % 2]
        scene.run(PERIOD)
    assert scene.status == "holding: person jumped"
    np.testing.assert_allclose(scene.state.positions, here, atol=0.05)


def test_an_arm_that_leaps_is_approached_slowly():
    scene = following()
    scene.shown = Pose(yaw=1.3, shoulder=0.3, elbow=0.1)
    assert speeds(scene.run(1.0)).max() <= 0.25 * MODEL.max_velocity.max()


def test_one_landmark_that_is_mistaken_once_moves_nothing():
    scene = following()
    here = scene.state.positions
    wrong = person(Pose())
    wrong.world[16] += np.array([0.4, -0.3, 0.2])
    scene.shown = wrong
    scene.run(PERIOD)
    scene.shown = Pose()
    scene.run(1.0)
    np.testing.assert_allclose(scene.state.positions, here, atol=2e-3)
    assert scene.status == "following"


def test_the_left_arm_drives_it_where_asked():
    scene = Scene(side="left")
    scene.shown = person(OTHER, "left")
    scene.run(6.0)
    np.testing.assert_allclose(scene.state.positions, asked(OTHER), atol=1e-3)


def test_pictures_of_five_a_second_are_followed():
    scene = Scene()
    for _ in range(40):
        scene.frozen = False
        scene.run(PERIOD)
        scene.frozen = True
        scene.run(5 * PERIOD)
    assert scene.status == "following"
    np.testing.assert_allclose(scene.state.positions, asked(Pose()), atol=1e-3)


def test_a_clutch_holds_and_letting_it_go_anchors_the_tool_anew():
    scene = following(retarget=ToolRetarget(MODEL))
    here = MODEL.kinematics.tool_position(scene.state.positions)
    scene.teleoperator.clutch = True
    scene.shown = Pose(shoulder=-0.5)
    scene.run(1.0)
    assert scene.status == "clutch"
    scene.teleoperator.clutch = False
    scene.run(3.0)
    assert scene.status == "following"
    there = MODEL.kinematics.tool_position(scene.state.positions)
    np.testing.assert_allclose(there, here, atol=2e-3)


def test_a_tool_right_above_the_base_turns_to_no_side():
    scene = following(retarget=ToolRetarget(MODEL))
    assert np.hypot(*MODEL.kinematics.tool_position(scene.state.positions)[:2]) < 0.03
    np.testing.assert_allclose(scene.state.positions[[0, 4]], 0.0, atol=0.02)


def test_stop_is_told_and_nothing_moves_after():
    scene = following()
    scene.teleoperator.stop()
    scene.shown = OTHER
    scene.run(0.5)
    assert scene.teleoperator.stopped
    assert scene.status == "stopped"
    assert scene.run(1.0) == [None] * 30


def test_an_arm_that_was_moved_while_it_held_is_led_from_where_it_is():
    scene = following()
    scene.shown = None
    scene.run(1.0)
    scene.state = ArmState(MODEL.rest, np.zeros(MODEL.n), 0.03, scene.now)
    scene.shown = Pose()
    first = next(c for c in scene.run(1.0) if c is not None)
    np.testing.assert_allclose(first.positions, MODEL.rest, atol=0.02)


def test_an_arm_that_sags_while_it_holds_does_not_sink_further_each_time():
    scene = following()
    for _ in range(5):
        scene.shown = None
        scene.run(1.0)
        sunk = scene.state.positions + np.array([0.0, 0.03, 0.0, 0.0, 0.0])
        scene.state = ArmState(sunk, np.zeros(MODEL.n), scene.state.gripper, scene.now)
        scene.shown = Pose()
        first = next(c for c in scene.run(1.0) if c is not None)
        np.testing.assert_allclose(first.positions, asked(Pose()), atol=2e-3)


def test_a_program_that_paused_begins_slowly():
    scene = following()
    scene.shown = Pose(yaw=1.0)
    scene.run(0.15)
    scene.now += 2.0
    here = scene.state.positions
    commands = scene.run(0.5)
    braking = MODEL.max_velocity**2 / (2.0 * MODEL.max_acceleration)
    assert (np.abs(commands[0].positions - here) <= braking).all()
    assert speeds(commands).max() <= 0.3 * MODEL.max_velocity.max()


def test_no_limit_is_exceeded_over_random_streams():
    counts = [violations(MODEL, Stream(seed, commands=40)) for seed in range(120)]
    assert sum(broken for broken, _ in counts) == 0
    assert sum(given for _, given in counts) > 1000


@pytest.mark.slow
def test_no_limit_is_exceeded_over_many_random_streams():
    assert sum(violations(MODEL, Stream(seed))[0] for seed in range(300)) == 0


def test_what_exceeds_a_limit_is_found():
    still, dt = np.zeros(MODEL.n), 0.02
    fast, sudden = MODEL.max_velocity * 1.01, MODEL.max_acceleration * dt * 1.01
    assert _broken(MODEL, fast, fast, dt)
    assert _broken(MODEL, sudden, still, dt)
    assert _broken(MODEL, np.full(MODEL.n, np.nan), still, dt)
    assert not _broken(MODEL, sudden / 1.02, still, dt)


def _unsure(landmarks):
    seen = person(Pose())
    seen.visibility[landmarks] = 0.2
    return seen


def _nowhere():
    seen = person(Pose())
    seen.world[:] = np.nan
    return seen
