import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.command import ArmState, JointCommand, Vector
from robot.errors import CommandRefusedError, RobotError
from robot.full_task import FullGraspTask, FullTaskConfig
from robot.limits import SafetyLimits
from robot.model import load_arm
from robot.pose import jaw_yaw, tool_pose
from robot.tool_task import Block

MODEL = load_arm("dofbot")
ZONE = MODEL.grasp
CONFIG = FullTaskConfig()
OPEN = MODEL.gripper.max_opening
GRASP = FullGraspTask(MODEL).grasp_height
APPROACH = MODEL.table_height + ZONE.approach_height
REACH = np.array(ZONE.area_size) / 2 + CONFIG.margin
LOW, HIGH = np.array(ZONE.area_centre) - REACH, np.array(ZONE.area_centre) + REACH
LEAST, MOST = CONFIG.turn_range
STILL = np.zeros(5)

seeds = st.integers(0, 2**32 - 1)
angles = st.floats(-10.0, 10.0)


@pytest.fixture
def task() -> FullGraspTask:
    return FullGraspTask(MODEL)


def state_at(positions: Vector, gripper: float = OPEN) -> ArmState:
    return ArmState(positions, np.zeros(MODEL.n), gripper, 0.0)


def follow(command: JointCommand) -> ArmState:
    """Return the state of an arm that has arrived."""
    return state_at(command.positions, command.gripper)


def wander(seed: int, steps: int = 60) -> Vector:
    """Return actions [steps, 5] that go one way for a while, then another."""
    turns = np.random.default_rng(seed).uniform(-1.5, 1.5, (steps // 10, 5))
    return np.repeat(turns, 10, axis=0)


def pose(command: JointCommand) -> tuple[Vector, float]:
    """Return where a command puts the tool [3] and how its jaws are turned from where it leans."""
    T = MODEL.kinematics.forward(command.positions)
    return T[:3, 3], jaw_yaw(T) - math.atan2(T[1, 3], T[0, 3])


@settings(max_examples=50)
@given(st.floats(2.3, math.pi), st.floats(-1.4, 1.4), st.floats(-0.5, 0.5))
def test_the_jaws_have_the_heading_that_the_pose_was_made_with(
    tilt: float, turn: float, heading: float
) -> None:
    x, y = 0.2 * math.cos(heading), 0.2 * math.sin(heading)
    yaw = heading + turn
    assert jaw_yaw(tool_pose(x, y, 0.1, tilt, yaw)) == pytest.approx(yaw)


# The corners of workspace and turn are the hardest places, and reached at every height.
@pytest.mark.parametrize(
    ("x", "y", "z", "turn"),
    [
        *product(
            (LOW[0], HIGH[0]), (LOW[1], 0.0, HIGH[1]), (GRASP, 0.04, APPROACH), (LEAST, 0.0, MOST)
        )
    ],
)
def test_every_place_and_turn_is_reached_and_kept_by_the_limits(
    task: FullGraspTask, x: float, y: float, z: float, turn: float
) -> None:
    yaw = math.atan2(y, x) + turn
    q = MODEL.kinematics.inverse(tool_pose(x, y, z, ZONE.tilt(x, y, z), yaw), MODEL.home)
    task.reset(state_at(q))
    command = task.command(STILL, state_at(q))
    np.testing.assert_allclose(command.positions, q, atol=1e-6)
    assert SafetyLimits(MODEL).admit(command, state_at(q)).clamped == ()


@settings(max_examples=25)
@given(seeds)
def test_wherever_a_policy_steers_targets_stay_in_the_workspace_and_limits_clamp_nothing(
    seed: int,
) -> None:
    task = FullGraspTask(MODEL)
    state = follow(task.start_command)
    task.reset(state)
    for action in wander(seed):
        command = task.command(action, state)
        tool, turn = pose(command)
        assert (tool[:2] >= LOW - 1e-9).all() and (tool[:2] <= HIGH + 1e-9).all()
        assert GRASP - 1e-9 <= tool[2] <= APPROACH + 1e-9
        assert LEAST - 2e-3 <= turn <= MOST + 2e-3
        assert task.closed <= command.gripper <= OPEN
        assert SafetyLimits(MODEL).admit(command, state).clamped == ()
        speed = np.abs(command.positions - state.positions) / CONFIG.period
        assert (speed <= MODEL.max_velocity + 1e-9).all()
        state = follow(command)


@settings(max_examples=25)
@given(seeds)
def test_the_leash_holds_however_long_the_arm_is_stuck(seed: int) -> None:
    task = FullGraspTask(MODEL)
    stuck = follow(task.start_command)
    here, turn = pose(task.start_command)
    task.reset(stuck)
    for action in wander(seed):
        tool, turned = pose(task.command(action, stuck))
        assert (np.abs(tool - here) <= CONFIG.leash + 1e-9).all()
        heading = math.atan2(tool[1], tool[0])
        assert abs(turned + heading - turn) <= CONFIG.turn_leash + 1e-9


def test_a_target_out_of_reach_is_followed_to_where_reach_ends_and_back() -> None:
    far = FullGraspTask(MODEL, FullTaskConfig(margin=0.3))
    state = follow(far.start_command)
    far.reset(state)
    outward = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    for _ in range(40):
        state = follow(far.command(outward, state))
    edge = pose(far.command(outward, state))[0]
    assert edge[0] > HIGH[0]
    for _ in range(5):
        back = pose(far.command(-outward, state))[0]
    assert back[0] < edge[0] - 0.1 * CONFIG.step_size, "stuck at the edge of its reach"


@settings(max_examples=10)
@given(seeds)
def test_no_episode_raises_for_a_target_out_of_reach(seed: int) -> None:
    far = FullGraspTask(MODEL, FullTaskConfig(margin=0.3))
    state = follow(far.start_command)
    far.reset(state)
    for action in wander(seed):
        state = follow(far.command(action, state))


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_full_action_moves_the_target_by_one_step(
    task: FullGraspTask, axis: int, sign: float
) -> None:
    state = follow(task.start_command)
    task.reset(state)
    task.command(np.array([0.0, 0.0, -1.0, 0.0, 0.0]), state)
    action = STILL.copy()
    action[axis] = sign
    before = pose(task.command(STILL, state))[0]
    moved = pose(task.command(action, state))[0] - before
    np.testing.assert_allclose(moved, sign * CONFIG.step_size * np.eye(3)[axis], atol=1e-9)


def test_the_fourth_number_turns_the_jaws_counter_clockwise_from_above(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    before = pose(task.start_command)[1]
    command = task.command(np.array([0.0, 0.0, 0.0, 0.5, 0.0]), state)
    assert pose(command)[1] - before == pytest.approx(0.5 * CONFIG.turn_step)
    across = MODEL.kinematics.forward(command.positions)[:3, 1]
    was = MODEL.kinematics.forward(task.start_command.positions)[:3, 1]
    assert np.cross(was, across)[2] > 0.0


def test_jaws_close_as_long_as_told_and_then_hold_what_they_hold(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    close = np.array([0.0, 0.0, 0.0, 0.0, -1.0])
    told = [task.command(close, state).gripper for _ in range(CONFIG.travel_steps)]
    assert (np.diff(told) < 0.0).all()
    assert told[-1] == pytest.approx(task.closed)
    stalled = state_at(task.start_command.positions, 0.029)
    for _ in range(CONFIG.close_steps):
        held = task.command(close, stalled).gripper
    assert held == 0.029
    assert task.command(close, state_at(task.start_command.positions, 0.027)).gripper == 0.029
    for _ in range(CONFIG.close_steps):
        opened = task.command(-close, stalled).gripper
    assert opened == OPEN


def test_what_is_not_five_finite_numbers_is_no_action(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    for action in ([0.0] * 4, [0.0] * 6, [np.nan, 0.0, 0.0, 0.0, 0.0], [[0.0] * 5]):
        with pytest.raises(CommandRefusedError, match="5 finite numbers"):
            task.command(np.array(action), state)


@settings(max_examples=25)
@given(seeds)
def test_the_action_towards_each_command_of_an_episode_gives_it_again(seed: int) -> None:
    first, again = FullGraspTask(MODEL), FullGraspTask(MODEL)
    state = follow(first.start_command)
    first.reset(state)
    again.reset(state)
    for action in wander(seed):
        action[4] = -abs(action[4])  # jaws that hold are told no more than to go on holding
        command = first.command(action, state)
        repeated = again.command(again.action_towards(command, state), state)
        # At the edge of reach both have come to within a 128th of a step of it.
        np.testing.assert_allclose(repeated.positions, command.positions, atol=1e-3)
        assert repeated.gripper <= command.gripper + 1e-6
        state = follow(command)


def test_the_action_towards_a_far_command_is_a_full_step(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    x, y = ZONE.area_centre
    place = (x + 0.02, y - 0.03, GRASP)
    far = tool_pose(*place, ZONE.tilt(*place), 0.3)
    command = JointCommand(MODEL.kinematics.inverse(far, MODEL.home), task.closed)
    np.testing.assert_array_equal(task.action_towards(command, state), [1, -1, -1, 1, -1])


@settings(max_examples=50)
@given(angles, st.floats(LOW[0], HIGH[0]), st.floats(LOW[1], HIGH[1]))
def test_a_block_is_grasped_along_a_side_within_the_turns_that_jaws_may_make(
    yaw: float, x: float, y: float
) -> None:
    task = FullGraspTask(MODEL)
    *place, jaws = task.grasp_pose(Block(np.array([x, y, task.block_height]), yaw))
    assert math.remainder(jaws - yaw, math.pi / 2) == pytest.approx(0.0, abs=1e-9)
    assert LEAST < jaws - math.atan2(place[1], place[0]) < MOST


@settings(max_examples=50)
@given(st.floats(LOW[0], HIGH[0]), st.floats(LOW[1], HIGH[1]), st.floats(0.0, 0.05))
def test_where_a_block_is_grasped_it_is_in_line_with_the_fingers(
    x: float, y: float, up: float
) -> None:
    task = FullGraspTask(MODEL)
    block = np.array([x, y, task.block_height + up])
    *place, yaw = task.grasp_pose(Block(block))
    T = tool_pose(*place, ZONE.tilt(*place), yaw)
    aside, across, ahead = T[:3, :3].T @ (block - T[:3, 3])
    assert math.hypot(aside, across) < 0.002
    assert 0.0 < ahead < 0.020


def test_a_quarter_turn_of_the_block_changes_nothing(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    place = np.array([0.21, 0.02, task.block_height])
    seen = [task.observation(state, Block(place, 0.3 + n * math.pi / 2)) for n in range(4)]
    np.testing.assert_allclose(seen, [seen[0]] * 4, atol=1e-5)


def test_every_number_of_an_observation_is_what_its_name_says(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    task.command(np.array([0.5, -0.5, -0.5, 0.25, -1.0]), state)
    x, y = ZONE.area_centre
    values = task.observation(state, Block(np.array([x + 0.01, y - 0.02, GRASP]), 0.1))
    seen = dict(zip(task.observation_names, values.tolist(), strict=True))
    height = (GRASP - APPROACH) / task.length_scale
    near = {
        "block_x": 0.2, "block_y": -0.4, "block_z": height,
        "block_yaw": (0.1 - CONFIG.start_turn) / task.turn_scale,
        "tool_x": 0.0, "tool_y": 0.0, "tool_z": -height,
        "tool_yaw": CONFIG.start_turn / task.turn_scale,
        "lead_x": 0.1, "lead_y": -0.1, "lead_z": -0.1,
        "lead_yaw": 0.25 * CONFIG.turn_step / task.turn_scale,
        "opening": 1.0, "closing": 1 / CONFIG.close_steps,
    }  # fmt: skip
    assert seen == pytest.approx(near, abs=1e-6)
    assert values.dtype == np.float32


def test_the_observation_is_bounded_and_never_of_what_is_not_finite(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    far = task.observation(state, Block(np.array([9.0, -9.0, 9.0])))
    assert (np.abs(far) <= task.observation_bound).all()
    with pytest.raises(RobotError, match="not finite"):
        task.observation(state, Block(np.array([np.nan, 0.0, 0.0])))


def test_commands_depend_on_nothing_but_this_episode(task: FullGraspTask) -> None:
    def roll(used: FullGraspTask, seed: int) -> list[Vector]:
        state = follow(used.start_command)
        used.reset(state)
        commands = []
        for action in wander(seed):
            commands.append(used.command(action, state))
            state = follow(commands[-1])
        return [np.append(command.positions, command.gripper) for command in commands]

    roll(task, seed=0)
    np.testing.assert_array_equal(roll(task, seed=1), roll(FullGraspTask(MODEL), seed=1))


def up(above: float, gripper: float) -> ArmState:
    """Return an arm whose tool is ``above`` the grasp height [m], in the middle of the area."""
    x, y = ZONE.area_centre
    z = GRASP + above
    pose = tool_pose(x, y, z, ZONE.tilt(x, y, z), CONFIG.start_turn)
    return state_at(MODEL.kinematics.inverse(pose, MODEL.home), gripper)


def test_the_policys_part_is_over_once_closed_jaws_have_risen(task: FullGraspTask) -> None:
    task.reset(up(CONFIG.rising + 0.005, OPEN))
    task.command(STILL, up(CONFIG.rising + 0.005, OPEN))
    assert not task.finished, "the jaws are open"
    for _ in range(CONFIG.close_steps):
        task.command(np.array([0.0, 0.0, 0.0, 0.0, -1.0]), up(0.0, 0.03))
    assert not task.finished, "the tool is low"
    task.command(STILL, up(CONFIG.rising + 0.005, 0.03))
    assert task.finished
    finale = list(task.finale(lambda: pytest.fail("asked for a measurement")))
    rise, hold = CONFIG.rise_steps, CONFIG.hold_steps
    assert [phase for phase, _ in finale] == ["lift"] * rise + ["hold"] * hold


def test_jaws_closed_onto_the_narrowest_block_are_closed_to_the_end_once_it_is_up(
    task: FullGraspTask,
) -> None:
    closing = np.array([0.0, 0.0, 0.0, 0.0, -1.0])
    task.reset(up(0.0, OPEN))
    while task.command(closing, up(0.0, 0.03)).gripper > CONFIG.narrowest_block:
        pass
    assert task.closing * CONFIG.close_steps < CONFIG.travel_steps
    task.command(STILL, up(CONFIG.rising + 0.005, 0.03))
    assert task.finished
    assert {hold.gripper for _, hold in task.finale(lambda: up(0.07, 0.03))} == {task.closed}


def test_what_was_lifted_is_kept_up_though_the_last_action_was_down(task: FullGraspTask) -> None:
    down = np.array([0.0, 0.0, -1.0, 0.0, -1.0])
    high = up(CONFIG.rising + 0.005, 0.03)
    task.reset(high)
    for _ in range(CONFIG.travel_steps):
        task.command(down, high)
    assert task.finished
    *_, last = task.finale(lambda: high)
    assert pose(last[1])[0][2] == pytest.approx(GRASP + CONFIG.risen, abs=1e-6)


def test_without_a_grasp_it_is_over_when_no_steps_are_left(task: FullGraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    for _ in range(CONFIG.steps):
        assert not task.finished
        task.command(STILL, state)
    assert task.finished


def test_what_is_held_is_let_go_of_on_the_table_alone(task: FullGraspTask) -> None:
    held = up(0.07, 0.029)
    task.reset(held)
    for _ in range(CONFIG.close_steps):
        last = task.command(np.array([0.0, 0.0, 0.0, 0.0, -1.0]), held)
    commands = [command for _, command in task.put_down()]
    assert len(commands) == task.put_down_steps
    for command in commands:
        height = pose(command)[0][2]
        assert command.gripper in (last.gripper, OPEN)
        assert command.gripper == OPEN or height <= pose(last)[0][2]
    opened = next(command for command in commands if command.gripper == OPEN)
    assert pose(opened)[0][2] == pytest.approx(GRASP)
    assert pose(commands[-1])[0][2] == pytest.approx(APPROACH)
