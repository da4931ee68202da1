from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.command import ArmState, JointCommand, Vector
from robot.errors import CommandRefusedError, RobotError
from robot.limits import SafetyLimits
from robot.model import load_arm
from robot.pose import tool_pose
from robot.task import Block, GraspTask, GraspTaskConfig

MODEL = load_arm("dofbot")
ZONE = MODEL.grasp
CONFIG = GraspTaskConfig()
OPEN = MODEL.gripper.max_opening
APPROACH = MODEL.table_height + ZONE.approach_height
GRASP = MODEL.table_height + CONFIG.block_size / 2 + ZONE.grasp_clearance
REACH = np.array(ZONE.area_size) / 2 + CONFIG.margin
LOW, HIGH = np.array(ZONE.area_centre) - REACH, np.array(ZONE.area_centre) + REACH

shares = st.floats(0.0, 1.0)
seeds = st.integers(0, 2**32 - 1)


def wander(seed: int) -> Vector:
    """Return the actions [steps, 2] of an episode that goes one way for a while, then another."""
    turns = np.random.default_rng(seed).uniform(-1.5, 1.5, (CONFIG.steps // 10, 2))
    return np.repeat(np.clip(turns, -1.0, 1.0), 10, axis=0)


def state_at(positions: Vector, gripper: float = OPEN) -> ArmState:
    return ArmState(positions, np.zeros(MODEL.n), gripper, 0.0)


def above(x: float, y: float, z: float = APPROACH) -> ArmState:
    """Return an arm at rest with its tool at (x, y, z) [m], as the task holds it."""
    pose = tool_pose(x, y, z, ZONE.tilt(x, y, z), jaw_yaw=0.0)
    return state_at(MODEL.kinematics.inverse(pose, MODEL.home))


def tool(command: JointCommand) -> Vector:
    return np.array(MODEL.kinematics.tool_position(command.positions))


def within(share_x: float, share_y: float) -> Vector:
    """Return a place [2] in the workspace, margins included [m]."""
    return LOW + (HIGH - LOW) * (share_x, share_y)


@pytest.fixture
def task() -> GraspTask:
    return GraspTask(MODEL)


def assert_admitted(command: JointCommand, state: ArmState) -> None:
    admission = SafetyLimits(MODEL).admit(command, state)
    assert admission.clamped == (), f"at tool {tool(command)}"


def follow(command: JointCommand) -> ArmState:
    """Return the state of an arm that has arrived."""
    return state_at(command.positions, command.gripper)


# The margins' corners are the hardest places: farthest, nearest, and most to the side.
@pytest.mark.parametrize(("x", "y"), [*product(np.linspace(0, 1, 7), np.linspace(0, 1, 11))])
def test_every_commanded_place_is_reached_at_every_height_and_kept_by_the_limits(
    task: GraspTask, x: float, y: float
) -> None:
    place = within(x, y)
    state = above(*place)
    task.reset(state)
    while not task.finished:
        command = task.command(np.zeros(2), state)
        assert_admitted(command, state)
        np.testing.assert_allclose(tool(command)[:2], place, atol=1e-9)
        state = follow(command)
    assert tool(command)[2] == pytest.approx(GRASP)
    for _, command in task.finale(unasked):
        assert_admitted(command, state)
        np.testing.assert_allclose(tool(command)[:2], place, atol=1e-9)
        state = follow(command)
    assert tool(command)[2] == pytest.approx(GRASP + ZONE.lift_height)


@settings(max_examples=30)
@given(seeds)
def test_wherever_a_policy_steers_the_limits_have_nothing_to_clamp(seed: int) -> None:
    task = GraspTask(MODEL)
    state = follow(task.start_command)
    task.reset(state)
    for action in wander(seed):
        command = task.command(action, state)
        assert_admitted(command, state)
        assert (tool(command)[:2] >= LOW - 1e-9).all() and (tool(command)[:2] <= HIGH + 1e-9).all()
        state = follow(command)


@settings(max_examples=50)
@given(shares, shares, st.floats(GRASP, APPROACH), seeds)
def test_the_leash_holds_however_long_the_arm_is_stuck(
    x: float, y: float, z: float, seed: int
) -> None:
    task = GraspTask(MODEL)
    place = within(x, y)
    stuck = above(*place, z)
    task.reset(stuck)
    for action in wander(seed):
        target = tool(task.command(action, stuck))
        assert (np.abs(target[:2] - place) <= CONFIG.leash + 1e-9).all()


@settings(max_examples=50)
@given(shares, seeds)
def test_the_leash_holds_however_slowly_the_arm_follows(share: float, seed: int) -> None:
    task = GraspTask(MODEL)
    state = follow(task.start_command)
    task.reset(state)
    for action in wander(seed):
        measured = np.array(MODEL.kinematics.tool_position(state.positions))
        command = task.command(action, state)
        assert (np.abs(tool(command) - measured)[:2] <= CONFIG.leash + 1e-9).all()
        state = state_at(state.positions + share * (command.positions - state.positions))


def test_the_target_runs_ahead_up_to_the_leash(task: GraspTask) -> None:
    stuck = above(*ZONE.area_centre)
    task.reset(stuck)
    for _ in range(10):
        command = task.command(np.array([1.0, -1.0]), stuck)
    lead = tool(command)[:2] - ZONE.area_centre
    np.testing.assert_allclose(lead, [CONFIG.leash, -CONFIG.leash], atol=1e-9)


@pytest.mark.parametrize("positions", [MODEL.home, MODEL.rest])
def test_an_arm_stuck_far_outside_is_still_called_into_the_workspace(
    task: GraspTask, positions: Vector
) -> None:
    task.reset(state_at(positions))
    for _ in range(CONFIG.steps):
        target = tool(task.command(np.array([-1.0, 1.0]), state_at(positions)))[:2]
        assert (target >= LOW - 1e-9).all() and (target <= HIGH + 1e-9).all()


def test_a_full_action_moves_the_target_by_one_step(task: GraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    command = task.command(np.array([1.0, -0.5]), state)
    moved = tool(command)[:2] - ZONE.area_centre
    np.testing.assert_allclose(moved, [CONFIG.step_size, -0.5 * CONFIG.step_size], atol=1e-9)


@settings(max_examples=20)
@given(seeds)
def test_the_action_towards_each_command_of_an_episode_gives_it_again(seed: int) -> None:
    first, again = GraspTask(MODEL), GraspTask(MODEL)
    state = follow(first.start_command)
    first.reset(state)
    again.reset(state)
    for action in wander(seed):
        command = first.command(action, state)
        repeated = again.command(again.action_towards(command, state), state)
        np.testing.assert_allclose(repeated.positions, command.positions, atol=1e-7)
        state = follow(command)


def test_the_action_towards_a_far_command_is_a_full_step(task: GraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    x, y = ZONE.area_centre
    far = JointCommand(above(x + 0.025, y - 0.04).positions, OPEN)
    np.testing.assert_array_equal(task.action_towards(far, state), [1.0, -1.0])


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_actions_are_clipped(x: float, y: float) -> None:
    state = above(*ZONE.area_centre)
    commands = []
    for action in (np.array([x, y]), np.clip([x, y], -1.0, 1.0)):
        task = GraspTask(MODEL)
        task.reset(state)
        commands.append(task.command(action, state))
    np.testing.assert_array_equal(commands[0].positions, commands[1].positions)


@pytest.mark.parametrize(
    "action", [[np.nan, 0.0], [0.0, np.inf], [0.0], [0.0, 0.0, 0.0], [[0.0, 0.0]]]
)
def test_what_is_not_two_finite_numbers_is_no_action(task: GraspTask, action: list[float]) -> None:
    state = follow(task.start_command)
    task.reset(state)
    with pytest.raises(CommandRefusedError, match="action"):
        task.command(np.array(action), state)
    assert task.step == 0


def unasked() -> ArmState:
    raise AssertionError("the block's size is known: nothing is to be measured")


def roll(task: GraspTask, seed: int) -> list[JointCommand]:
    random = np.random.default_rng(seed)
    state = above(*within(*random.uniform(0, 1, 2)))
    task.reset(state)
    commands = []
    while not task.finished:
        commands.append(task.command(random.uniform(-1, 1, 2), state))
        state = follow(commands[-1])
    return commands + [command for _, command in task.finale(unasked)]


def test_commands_depend_on_nothing_but_this_episode(task: GraspTask) -> None:
    first = roll(task, seed=1)
    roll(task, seed=2)
    again, elsewhere = roll(task, seed=1), roll(GraspTask(MODEL), seed=1)
    for command, other, third in zip(first, again, elsewhere, strict=True):
        np.testing.assert_array_equal(command.positions, other.positions)
        np.testing.assert_array_equal(command.positions, third.positions)
        assert command.gripper == other.gripper == third.gripper


def test_starts_open_above_the_middle_of_the_area(task: GraspTask) -> None:
    start = task.start_command
    np.testing.assert_allclose(tool(start), [*ZONE.area_centre, APPROACH], atol=1e-9)
    assert start.gripper == OPEN


def test_the_tool_goes_down_steadily_and_then_stays_down(task: GraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    heights = []
    while not task.finished:
        command = task.command(np.zeros(2), state)
        heights.append(tool(command)[2])
        assert command.gripper == OPEN
    steps = np.diff([APPROACH, *heights])
    assert len(heights) == CONFIG.steps
    np.testing.assert_allclose(steps[: CONFIG.descent_steps], steps[0], atol=1e-9)
    np.testing.assert_allclose(heights[CONFIG.descent_steps - 1 :], GRASP, atol=1e-9)


def test_the_finale_closes_lifts_and_holds_for_half_a_second(task: GraspTask) -> None:
    state = follow(task.start_command)
    task.reset(state)
    while not task.finished:
        last = task.command(np.zeros(2), state)
    phases, commands = zip(*task.finale(unasked), strict=True)
    close, lift, hold = CONFIG.close_steps, CONFIG.lift_steps, CONFIG.hold_steps
    assert phases == ("close",) * close + ("lift",) * lift + ("hold",) * hold
    assert {command.gripper for command in commands} == {CONFIG.block_size - MODEL.gripper.squeeze}
    for command in commands[:close]:
        np.testing.assert_array_equal(command.positions, last.positions)
    heights = [tool(command)[2] for command in commands]
    assert (np.diff(heights[close - 1 : close + lift]) > 0).all()
    np.testing.assert_allclose(heights[close + lift - 1 :], GRASP + ZONE.lift_height, atol=1e-9)
    assert (hold - 1) * CONFIG.period >= 0.5


def test_jaws_close_onto_the_narrowest_block_then_ease_to_what_they_hold() -> None:
    narrow, held = 0.02, 0.033
    task = GraspTask(MODEL, GraspTaskConfig(narrowest_block=narrow, settle_steps=3))
    state = follow(task.start_command)
    task.reset(state)
    task.command(np.zeros(2), state)
    stalled = state_at(state.positions, held)
    phases, commands = zip(*task.finale(lambda: stalled), strict=True)
    assert len(commands) == task.finale_steps
    assert phases.count("lift") == CONFIG.lift_steps + 3
    for phase, command in zip(phases, commands, strict=True):
        closing = phase == "close"
        assert command.gripper == (narrow - MODEL.gripper.squeeze if closing else held)


def test_jaws_that_hold_nothing_stay_closed() -> None:
    task = GraspTask(MODEL, GraspTaskConfig(narrowest_block=0.02))
    state = follow(task.start_command)
    task.reset(state)
    task.command(np.zeros(2), state)
    empty = state_at(state.positions, 0.01)
    asked = {command.gripper for _, command in task.finale(lambda: empty)}
    assert asked == {0.02 - MODEL.gripper.squeeze}


def test_clearance_raises_the_grasp_alone(task: GraspTask) -> None:
    higher = GraspTask(MODEL, GraspTaskConfig(clearance=0.004))
    assert higher.grasp_height == pytest.approx(task.grasp_height + 0.004)
    np.testing.assert_array_equal(higher.start_command.positions, task.start_command.positions)


@settings(max_examples=30)
@given(shares, shares, st.floats(GRASP, APPROACH))
def test_an_observation_is_its_block_part_and_its_proprioception(
    x: float, y: float, z: float
) -> None:
    task = GraspTask(MODEL)
    state, block = above(*within(x, y), z), Block(np.array([0.2, 0.01, 0.003]))
    task.reset(state)
    parts = [task.block_observation(state, block), task.proprioception(state)]
    np.testing.assert_array_equal(np.concatenate(parts), task.observation(state, block))
    assert [len(part) for part in parts] == [len(task.block_names), len(task.proprioception_names)]


def test_the_jaws_have_time_to_close(task: GraspTask) -> None:
    gripper = MODEL.gripper
    travel = gripper.actuator(CONFIG.block_size - gripper.squeeze) - gripper.actuator(OPEN)
    assert travel / gripper.max_velocity < CONFIG.close_steps * CONFIG.period


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("block_x", 0.4),
        ("block_y", -0.6),
        ("block_z", -0.1),
        ("tool_x", 0.2),
        ("tool_y", 0.4),
        ("tool_z", 0.2),
        ("lead_x", 0.2),
        ("lead_y", -0.1),
        ("opening", 0.5),
        ("time_left", 0.99),
    ],
)
def test_each_observed_number_is_what_its_name_says(
    task: GraspTask, name: str, value: float
) -> None:
    x, y = np.add(ZONE.area_centre, (0.01, 0.02))
    measured = above(x, y, GRASP + 0.01)
    task.reset(measured)
    task.command(np.array([1.0, -0.5]), measured)
    state = state_at(measured.positions, OPEN / 2)
    block = Block(np.array([x + 0.02, y - 0.03, GRASP + 0.005]))
    seen = dict(zip(task.observation_names, task.observation(state, block), strict=True))
    assert seen[name] == pytest.approx(value, abs=1e-6)


@given(
    st.lists(st.floats(-10.0, 10.0), min_size=3, max_size=3),
    st.lists(shares, min_size=MODEL.n, max_size=MODEL.n),
    st.floats(0.0, 0.1),
)
def test_observations_stay_in_their_bounds_whatever_is_measured(
    place: list[float], pose: list[float], opening: float
) -> None:
    task = GraspTask(MODEL)
    positions = MODEL.lower + (MODEL.upper - MODEL.lower) * pose
    state = state_at(positions, opening)
    task.reset(state)
    observation = task.observation(state, Block(np.array(place)))
    assert observation.dtype == np.float32
    assert observation.shape == (len(GraspTask.observation_names),)
    assert (np.abs(observation) <= GraspTask.observation_bound).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_measurement_that_is_not_finite_is_not_shown_to_the_policy(
    task: GraspTask, bad: float
) -> None:
    state = follow(task.start_command)
    task.reset(state)
    with pytest.raises(RobotError, match="not finite"):
        task.observation(state, Block(np.array([0.2, bad, 0.0])))
    with pytest.raises(RobotError, match="not finite"):
        task.observation(state_at(state.positions, bad), Block(np.array([0.2, 0.0, 0.0])))
