from collections.abc import Iterator

import numpy as np
import pytest
from hand_clock import HandClock
from hypothesis import given
from hypothesis import strategies as st

from robot.command import JointCommand, Vector
from robot.errors import RobotError
from robot.model import load_arm
from sim.servos import ServoFaults, Servos
from sim.sim_arm import SimArm
from sim.world import TIMESTEP, World

MODEL = load_arm("dofbot")
WIDE = MODEL.gripper.max_opening
OFFSETS = (0.02, -0.03, 0.01, 0.035, -0.015)
GAINS = (1.02, 0.97, 1.01, 0.99, 1.03)

angles = st.lists(st.floats(-1.5, 1.5), min_size=6, max_size=6)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        world.add_table(MODEL.table_height)
        yield world


def arm_with(world: World, servos: Servos) -> SimArm:
    arm = SimArm(world, MODEL, servos)
    arm.connect()
    return arm


def go(arm: SimArm, positions: Vector, seconds: float = 1.5) -> None:
    for _ in range(round(seconds / 0.05)):
        arm.command(JointCommand(positions, WIDE))
        arm.step(12)


@pytest.mark.parametrize("lag", [0.0, 0.04, 0.127, 0.26])
def test_a_command_takes_effect_after_the_lag_to_one_physics_step(world: World, lag: float) -> None:
    arm = arm_with(world, Servos(lag=lag))
    arm.command(JointCommand(MODEL.home + 0.3, MODEL.gripper.min_opening))
    delay = round(lag / TIMESTEP)
    for step in range(delay + 2):
        still = abs(arm.state().velocities[0]) < 1e-3 and arm.state().gripper > WIDE - 1e-5
        assert still == (step <= delay), f"after step {step} of {delay}"
        arm.step()


def test_several_commands_are_under_way_and_each_has_its_time(world: World) -> None:
    arm = arm_with(world, Servos(lag=0.2))
    ways: list[float] = []
    for target in (0.2, -0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0):
        arm.command(JointCommand(MODEL.home + target, WIDE))
        arm.step(12)
        ways.append(float(arm.state().velocities[0]))
    assert max(map(abs, ways[:4])) < 1e-3
    assert ways[4] > 0.5 and ways[5] < -0.5, "one at 0.20 s, the other at 0.25 s"
    assert abs(arm.state().positions[0]) < 0.1


def test_of_commands_at_one_moment_the_latest_wins(world: World) -> None:
    arm = arm_with(world, Servos(lag=0.05))
    for target in (0.4, -0.3):
        arm.command(JointCommand(MODEL.home + target, WIDE))
    arm.step(240)
    np.testing.assert_allclose(arm.state().positions, MODEL.home - 0.3, atol=0.01)


def test_the_same_steps_in_other_portions_are_the_same_motion() -> None:
    def end(portions: list[int]) -> Vector:
        with World() as world:
            arm = arm_with(world, Servos(lag=0.06))
            arm.command(JointCommand(MODEL.home + 0.3, 0.02))
            for portion in portions:
                arm.step(portion)
            assert world.steps == 48
            return arm.state().positions

    np.testing.assert_array_equal(end([48]), end([1] * 48))
    np.testing.assert_array_equal(end([48]), end([14, 1, 33]))


def test_a_lagging_arm_on_a_clock_obeys_in_time(world: World) -> None:
    clock = HandClock()
    arm = SimArm(world, MODEL, Servos(lag=0.1), clock=clock)
    arm.connect()
    arm.command(JointCommand(MODEL.home + 0.3, WIDE))
    clock.now += 0.09
    assert abs(arm.state().positions[0]) < 1e-3
    clock.now += 0.2
    assert arm.state().positions[0] > 0.1


@pytest.mark.parametrize("end", [SimArm.stop, SimArm.disconnect])
def test_what_was_under_way_dies_with_the_connection(world: World, end: object) -> None:
    arm = arm_with(world, Servos(lag=0.2))
    arm.command(JointCommand(MODEL.home + 0.3, WIDE))
    assert callable(end)
    end(arm)
    arm.connect()
    arm.step(120)
    np.testing.assert_allclose(arm.state().positions, MODEL.home, atol=0.008)


def test_readings_hide_offset_and_gain_but_the_joints_have_them(world: World) -> None:
    arm = arm_with(world, Servos(zero_offset=OFFSETS, joint_gain=GAINS))
    target = MODEL.home + 0.4
    go(arm, target)
    np.testing.assert_allclose(arm.state().positions, target, atol=0.008)
    np.testing.assert_allclose(arm.true_positions(), OFFSETS + GAINS * target, atol=0.008)


def test_backlash_leaves_the_joint_short_on_the_side_it_came_from(world: World) -> None:
    arm = arm_with(world, Servos(backlash=0.04))
    go(arm, MODEL.home + 0.3)
    below = arm.true_positions()
    go(arm, MODEL.home + 0.5)
    go(arm, MODEL.home + 0.3)
    np.testing.assert_allclose(arm.true_positions() - below, 0.04, atol=0.004)


def test_commands_and_readings_come_in_whole_quanta(world: World) -> None:
    quantum = 0.02
    arm = arm_with(world, Servos(quantum=quantum))
    go(arm, MODEL.home + 0.309)
    np.testing.assert_allclose(arm.true_positions(), 0.30, atol=0.008)
    counts = arm.state().positions / quantum
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-9)


def test_a_teleported_arm_reads_where_it_was_put_and_stays(world: World) -> None:
    arm = arm_with(world, Servos(0.9, 0.15, 0.1, 0.03, OFFSETS, GAINS))
    arm.command(JointCommand(MODEL.home + 0.4, WIDE))
    arm.teleport(MODEL.home + 0.1, 0.03)
    np.testing.assert_allclose(arm.state().positions, MODEL.home + 0.1, atol=1e-9)
    assert arm.state().gripper == pytest.approx(0.03)
    arm.step(120)
    np.testing.assert_allclose(arm.state().positions, MODEL.home + 0.1, atol=0.008)


def test_changed_servos_hold_the_pose_and_then_follow_in_their_way(world: World) -> None:
    arm = arm_with(world, Servos())
    go(arm, MODEL.home + 0.3)
    before = arm.true_positions()
    arm.set_servos(Servos(zero_offset=OFFSETS))
    arm.step(60)
    np.testing.assert_allclose(arm.true_positions(), before, atol=0.008)
    go(arm, MODEL.home + 0.3)
    np.testing.assert_allclose(arm.true_positions() - before, OFFSETS, atol=0.008)


@given(angles, st.floats(0.0, 0.1))
def test_play_moves_a_joint_only_as_far_as_it_must(way: list[float], backlash: float) -> None:
    faults = ServoFaults(Servos(backlash=backlash), 1)
    place = faults.rest([0.0, 0.0])[0]
    for target in way:
        after = faults.follow([target, target])[0]
        assert abs(after - target) <= backlash / 2 + 1e-12
        assert after == place or abs(after - target) == pytest.approx(backlash / 2, abs=1e-12)
        place = after


@given(angles)
def test_a_reading_undoes_offset_and_gain(nominal: list[float]) -> None:
    faults = ServoFaults(Servos(zero_offset=OFFSETS, joint_gain=GAINS), 5)
    np.testing.assert_allclose(faults.reading(faults.true(nominal)), nominal, atol=1e-12)


@given(angles)
def test_servos_without_faults_change_no_bit(nominal: list[float]) -> None:
    faults = ServoFaults(Servos(), 5)
    assert faults.follow(nominal) == faults.reading(nominal) == faults.rest(nominal) == nominal


@pytest.mark.parametrize(
    "fault",
    [
        {"speed": 0.0},
        {"lag": -0.1},
        {"backlash": float("nan")},
        {"quantum": float("inf")},
        {"zero_offset": (float("nan"),) * 5},
        {"joint_gain": (0.0,) * 5},
    ],
)
def test_impossible_servos_are_refused_by_name(fault: dict[str, float]) -> None:
    with pytest.raises(RobotError, match="servos"):
        Servos(**fault)  # type: ignore[arg-type]


def test_offsets_for_another_arm_are_refused() -> None:
    with pytest.raises(RobotError, match="2 offsets for 5 joints"):
        ServoFaults(Servos(zero_offset=(0.0, 0.1)), 5)
