from collections.abc import Callable, Iterator

import numpy as np
import pytest
from arm_contract import ArmContract
from hand_clock import HandClock

from robot.arm import Arm
from robot.command import JointCommand, Vector
from robot.errors import ArmError
from robot.model import load_arm
from robot.soft_start import SoftStart
from robot.trajectory import MotionLimiter
from sim.bullet import pybullet
from sim.servos import Servos
from sim.sim_arm import SimArm
from sim.world import FINE, GRIP, TIMESTEP, Pace, World

MODEL = load_arm("dofbot")
JAWS = ("right_crank_joint", "right_finger_joint", "left_crank_joint", "left_finger_joint")
WIDE = MODEL.gripper.max_opening


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        world.add_table(MODEL.table_height)
        yield world


@pytest.fixture
def arm(world: World) -> Iterator[SimArm]:
    with SimArm(world, MODEL) as arm:
        yield arm


class TestSimArmStepped(ArmContract):
    """Its world is stepped by whoever owns it."""

    velocity_slack = 1.001

    @pytest.fixture
    def arm(self, world: World) -> Arm:
        return SimArm(world, MODEL)

    def settle(self, arm: Arm, seconds: float) -> None:
        assert isinstance(arm, SimArm)
        arm.world.step(round(seconds / TIMESTEP))


class TestSimArmOnAClock(ArmContract):
    """Its world catches up with a clock."""

    velocity_slack = 1.001

    @pytest.fixture
    def arm(self, world: World) -> Arm:
        self.clock = HandClock()
        return SimArm(world, MODEL, clock=self.clock)

    def settle(self, arm: Arm, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.clock.now += 0.05
            arm.state()


def follow(arm: SimArm, command: JointCommand, seconds: float, each: Callable[[], None]) -> None:
    """Repeat ``command`` every 50 ms and call ``each`` after every physics step."""
    for _ in range(round(seconds / 0.05)):
        arm.command(command)
        for _ in range(12):
            arm.world.step()
            each()


def top_speeds(arm: SimArm, command: JointCommand, seconds: float = 0.6) -> Vector:
    """Return the greatest speed of each joint on the way, as a share of its limit."""
    speeds: list[Vector] = []
    follow(arm, command, seconds, lambda: speeds.append(np.abs(arm.state().velocities)))
    shares: Vector = np.max(speeds, axis=0) / MODEL.max_velocity
    return shares


@pytest.mark.parametrize("joint", range(MODEL.n))
@pytest.mark.parametrize("way", [0.6, -0.6])
def test_a_joint_moves_at_its_speed_limit_and_never_faster(
    arm: SimArm, joint: int, way: float
) -> None:
    target = np.array(MODEL.home)
    target[joint] += way
    shares = top_speeds(arm, JointCommand(target, WIDE))
    assert shares[joint] > 0.95
    assert shares.max() < 1.001


def test_full_reversals_break_neither_speed_nor_torque_limits(arm: SimArm) -> None:
    random = np.random.default_rng(0)
    joints = [arm.index[name] for name in MODEL.joints]
    speeds: list[list[float]] = []
    torques: list[list[float]] = []

    def measure() -> None:
        states = pybullet.getJointStates(arm.body, joints, arm.world.client)
        speeds.append([abs(state[1]) for state in states])
        torques.append([abs(state[3]) for state in states])

    for _ in range(40):
        target = JointCommand(random.uniform(MODEL.lower, MODEL.upper), WIDE)
        follow(arm, target, 0.4, measure)
    assert (np.max(speeds, axis=0) <= 1.001 * MODEL.max_velocity).all()
    assert (np.max(torques, axis=0) <= 1.001 * MODEL.effort).all()
    assert (np.max(torques, axis=0) > 0.9 * MODEL.effort).any(), "nothing was asked of the servos"


def test_slower_servos_are_slower(world: World) -> None:
    with SimArm(world, MODEL, Servos(speed=0.5)) as arm:
        shares = top_speeds(arm, JointCommand(MODEL.home + 0.5, WIDE))
    assert 0.45 < shares.max() < 0.501


def test_holds_its_pose_against_gravity(arm: SimArm) -> None:
    stretched = np.array([0.0, 1.2, 0.0, 0.0, 0.0])
    arm.teleport(stretched, WIDE)
    arm.world.step(480)
    np.testing.assert_allclose(arm.state().positions, stretched, atol=0.01)


def jaw_angles(arm: SimArm) -> list[float]:
    """Return right crank, right finger, left crank, left finger [rad]."""
    states = pybullet.getJointStates(arm.body, [arm.index[name] for name in JAWS], arm.world.client)
    return [state[0] for state in states]


def assert_jaws_together(angles: list[float], tolerance: float) -> None:
    right, right_finger, left, left_finger = angles
    assert abs(right + right_finger) < tolerance, "the right finger is not parallel"
    assert abs(left + left_finger) < tolerance, "the left finger is not parallel"
    assert abs(right - left) < tolerance, "the jaws open to one side"


def test_jaws_stay_parallel_and_symmetrical_while_they_close_and_open(arm: SimArm) -> None:
    angles: list[list[float]] = []
    for opening in (MODEL.gripper.min_opening, WIDE, 0.03):
        follow(arm, JointCommand(MODEL.home, opening), 1.0, lambda: angles.append(jaw_angles(arm)))
        assert arm.state().gripper == pytest.approx(opening, abs=0.001)
    for moment in angles:
        assert_jaws_together(moment, 0.01)


def test_the_crank_keeps_its_speed_limit(arm: SimArm) -> None:
    cranks: list[float] = []
    shut = JointCommand(MODEL.home, MODEL.gripper.min_opening)
    follow(arm, shut, 1.0, lambda: cranks.append(jaw_angles(arm)[0]))
    fastest = np.abs(np.diff(cranks)).max() / TIMESTEP
    assert 1.0 < fastest <= 1.001 * MODEL.gripper.max_velocity


def test_jaws_stay_together_with_a_block_between_them(world: World, arm: SimArm) -> None:
    block = world.add_block(0.03, 0.02)
    x, y, z = MODEL.kinematics.tool_position(MODEL.home)
    angles: list[list[float]] = []

    def measure() -> None:
        if arm.state().gripper > 0.0302:
            world.place(block, (x, y, z), 0.0)
        else:
            angles.append(jaw_angles(arm))

    asked = 0.03 - MODEL.gripper.squeeze
    follow(arm, JointCommand(MODEL.home, asked), 1.0, measure)
    for moment in angles:
        assert_jaws_together(moment, 0.05)
    assert arm.state().gripper > asked + 0.0005, "nothing kept the jaws open"
    assert np.linalg.norm(np.subtract(world.position(block), (x, y, z))) < 0.005, "lost the block"


@pytest.mark.parametrize("finger", ["left_finger_joint", "right_finger_joint"])
@pytest.mark.parametrize("force", [(0.0, 2.0, 0.0), (0.0, -2.0, 0.0), (0.0, 0.0, 2.0)])
def test_a_pull_at_one_finger_does_not_part_the_jaws(
    arm: SimArm, finger: str, force: tuple[float, float, float]
) -> None:
    angles: list[list[float]] = []

    def pull() -> None:
        pybullet.applyExternalForce(
            arm.body,
            arm.index[finger],
            force,
            (0.0, 0.0, 0.0),
            pybullet.LINK_FRAME,
            physicsClientId=arm.world.client,
        )
        angles.append(jaw_angles(arm))

    follow(arm, JointCommand(MODEL.home, 0.03), 1.0, pull)
    for moment in angles:
        assert_jaws_together(moment, 0.05)


def wander(arm: SimArm, seed: int) -> Vector:
    """Return the joint positions [steps, n] on a random way."""
    random = np.random.default_rng(seed)
    way: list[Vector] = []
    with arm:
        for _ in range(6):
            target = JointCommand(MODEL.home + random.uniform(-0.5, 0.5, MODEL.n), 0.03)
            follow(arm, target, 0.2, lambda: way.append(arm.state().positions))
    return np.array(way)


def test_two_worlds_do_not_disturb_each_other() -> None:
    with World() as alone:
        expected = wander(SimArm(alone, MODEL), seed=1)
    with World() as first, World() as second:
        ours, other = SimArm(first, MODEL), SimArm(second, MODEL)
        wander(other, seed=2)
        np.testing.assert_array_equal(wander(ours, seed=1), expected)
        assert second.time == pytest.approx(1.2)


def test_an_arm_of_a_closed_world_cannot_drive_the_next_world() -> None:
    with World() as closed:
        orphan = SimArm(closed, MODEL)
        orphan.connect()
    with World() as world, SimArm(world, MODEL) as arm:
        with pytest.raises(pybullet.error):
            orphan.command(JointCommand(MODEL.home + 0.3, WIDE))
        world.step(120)
        np.testing.assert_allclose(arm.state().positions, MODEL.home, atol=0.01)


def test_letting_go_in_motion_leaves_the_arm_where_it_is(arm: SimArm) -> None:
    follow(arm, JointCommand(MODEL.home + 0.5, WIDE), 0.1, lambda: None)
    arm.disconnect()
    arm.world.step(240)
    arm.connect()
    moved = arm.state().positions - MODEL.home
    assert (moved > 0.02).all() and (moved < 0.4).all()


def test_a_stopped_arm_says_how_to_go_on(arm: SimArm) -> None:
    arm.stop()
    with pytest.raises(ArmError, match="connect"):
        arm.command(JointCommand(MODEL.home, WIDE))


@pytest.mark.parametrize("pace", [FINE, GRIP])
def test_the_world_keeps_pace_with_the_clock(world: World, pace: Pace) -> None:
    clock = HandClock()
    world.set_pace(pace)
    with SimArm(world, MODEL, clock=clock) as arm:
        for _ in range(1000):
            clock.now += 0.0017
            arm.state()
            assert 0 <= clock.now - world.time < (pace.stride + 1) * TIMESTEP


def test_after_a_pause_the_simulation_does_not_race(world: World) -> None:
    clock = HandClock()
    with SimArm(world, MODEL, clock=clock) as arm:
        clock.now += 60.0
        arm.state()
        assert world.time <= 0.25
        caught_up = world.time
        arm.state()
        assert world.time == caught_up
        clock.now += 0.1
        arm.state()
        assert world.time - caught_up == pytest.approx(0.1, abs=2 * TIMESTEP)


def test_limited_motion_is_that_of_a_server_softly_begun() -> None:
    with World() as world:
        arm = SimArm(world, MODEL)
        arm.limit_motion()
        motion, soft = MotionLimiter(MODEL), SoftStart(MODEL)
        with arm:
            target = JointCommand(MODEL.home + 0.5, MODEL.gripper.max_opening)
            arm.command(target)
            for _ in range(150):
                arm.step(2)
                here, dt = motion.command.positions, 2 * TIMESTEP
                where = motion.step(soft.shorten(target, here, dt), dt).positions
                late = motion.velocity * TIMESTEP / 0.15
                np.testing.assert_allclose(arm.state().positions, where - late, atol=0.02)
            np.testing.assert_allclose(arm.state().positions, target.positions, atol=0.02)
            arm.stop()
            held = arm.state().positions
            arm.step(120)
            np.testing.assert_allclose(arm.state().positions, held, atol=0.01)
