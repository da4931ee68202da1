import numpy as np
import pytest
from hand_clock import HandClock

from robot.arm import Arm
from robot.command import ArmState, JointCommand
from robot.errors import ArmError, RobotError, UnreachableError
from robot.excitation import ExcitationConfig, excitation
from robot.kinematic_arm import KinematicArm
from robot.loop import ControlLoop
from robot.model import load_arm
from robot.pilot import Pilot
from robot.tool_fix import tool_fix
from robot.tour import tour
from robot.verification import Distances, point_errors
from robot.viewpoints import SIDE, table_grid, telling_poses
from robot.way import clear_way, is_clear

MODEL = load_arm("dofbot")


class LateError(ArmError):
    """One command came too late."""


class Watched(KinematicArm):
    """An ideal arm that notes every command, and loses some if asked."""

    def __init__(self, clock: HandClock, lose: int = 0) -> None:
        super().__init__(MODEL, clock=clock)
        self.sent: list[JointCommand] = []
        self.lose = lose

    def command(self, command: JointCommand) -> JointCommand:
        self.sent.append(command)
        if self.lose:
            self.lose -= 1
            raise LateError
        return super().command(command)


def pilot_of(arm: Arm, clock: HandClock) -> Pilot:
    def sleep(seconds: float) -> None:
        clock.now += seconds

    loop = ControlLoop(50.0, clock=clock, sleep=sleep)
    return Pilot(arm, loop, forgive=(LateError,))


class Outside:
    blind, source = False, "a test"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def look(self, visit, measured, hold):
        self.asked.append(visit)
        return tool_fix(MODEL.kinematics, measured)


def depth(pose):
    return max(MODEL.keep_out.depths(MODEL.kinematics.points(pose)))


def test_a_tour_comes_to_every_point_from_both_sides_and_stays_clear() -> None:
    clock, points = HandClock(), telling_poses(MODEL, 6)
    arm, probe = Watched(clock), Outside()
    with arm:
        visits = list(tour(pilot_of(arm, clock), points, probe))
    assert probe.asked == list(range(12))
    assert [visit.point for visit in visits] == [i // 2 for i in range(12)]
    for visit, point in zip(visits, np.repeat(points, 2), strict=True):
        np.testing.assert_allclose(visit.measured, point.pose, atol=2e-3)
    for here, back in zip(visits[::2], visits[1::2], strict=True):
        np.testing.assert_array_equal(here.side, -back.side)
    assert max(depth(command.positions) for command in arm.sent) <= 1e-6


def test_the_last_bit_to_a_point_is_turned_in_one_direction() -> None:
    clock, (point,) = HandClock(), telling_poses(MODEL, 1)
    arm = Watched(clock)
    with arm:
        pilot = pilot_of(arm, clock)
        pilot.go(point.pose - SIDE * point.side)
        arm.sent.clear()
        list(tour(pilot, [point], Outside()))
    there = next(i for i, c in enumerate(arm.sent) if np.allclose(c.positions, point.pose))
    turns = np.diff([command.positions for command in arm.sent[: there + 1]], axis=0)
    assert (point.side * turns >= -1e-12).all()


def test_the_jaws_keep_what_they_hold() -> None:
    clock = HandClock()
    arm = Watched(clock)
    with arm:
        for _ in range(200):
            arm.command(JointCommand(MODEL.home, 0.031))
            clock.now += 0.02
        arm.sent.clear()
        pilot_of(arm, clock).go(MODEL.home + 0.3)
    assert {round(command.gripper, 6) for command in arm.sent} == {0.031}


def test_lost_commands_are_made_up_for_but_not_for_ever() -> None:
    clock = HandClock()
    with Watched(clock, lose=5) as arm:
        pilot = pilot_of(arm, clock)
        pilot.go(MODEL.home + 0.2)
        np.testing.assert_allclose(pilot.rest(0.5), MODEL.home + 0.2, atol=1e-3)
    with Watched(clock, lose=1000) as arm, pytest.raises(LateError):
        pilot_of(arm, clock).go(MODEL.home + 0.2)


class Stuck(Watched):
    def state(self) -> ArmState:
        state = super().state()
        return ArmState(MODEL.home, state.velocities, state.gripper, state.stamp)


def test_an_arm_that_does_not_arrive_is_measured_as_it_is() -> None:
    clock = HandClock()
    with Stuck(clock) as arm:
        pilot = pilot_of(arm, clock)
        pilot.follow(MODEL.home + 0.3)
        began = clock.now
        np.testing.assert_allclose(pilot.rest(0.1), MODEL.home)
    assert 3.0 <= clock.now - began < 4.0


def test_a_way_that_would_dip_into_the_table_is_a_detour() -> None:
    low = table_grid(MODEL, 2, 1, 0.035)
    start, goal = low[0].pose, low[1].pose
    start = start + np.array([-0.8, 0.0, 0.0, 0.0, 0.0])
    way = clear_way(MODEL, start, goal)
    np.testing.assert_array_equal(way[-1], goal)
    here = start
    for pose in way:
        for part in np.linspace(0.0, 1.0, 50):
            assert depth(here + part * (pose - here)) <= 1e-6
        here = pose


def test_from_the_folded_rest_pose_there_is_a_way_out() -> None:
    for point in table_grid(MODEL, 5, 4, 0.04):
        assert clear_way(MODEL, MODEL.rest, point.pose)


def test_no_way_leads_into_the_table() -> None:
    below = table_grid(MODEL, 1, 1, 0.04)[0].pose + np.array([0.0, 0.4, 0.0, 0.0, 0.0])
    assert not is_clear(MODEL, below)
    with pytest.raises(UnreachableError, match="keeps out of table and base"):
        clear_way(MODEL, MODEL.home, below)


def test_the_grid_is_over_the_spawn_area_and_beyond_at_one_height() -> None:
    points = table_grid(MODEL, 5, 4, 0.04)
    tools = np.array([MODEL.kinematics.tool_position(point.pose) for point in points])
    np.testing.assert_allclose(tools[:, 2], MODEL.table_height + 0.04, atol=1e-9)
    (x, y), (depth, width) = MODEL.grasp.area_centre, MODEL.grasp.area_size
    assert tools[:, 0].min() < x - depth / 2 and tools[:, 0].max() > x + depth / 2
    assert tools[:, 1].min() < y - width / 2 and tools[:, 1].max() > y + width / 2
    assert len({tuple(tool) for tool in tools.round(6)}) == 20


def test_a_grid_in_the_table_or_out_of_reach_is_refused() -> None:
    for height in (0.005, 0.5):
        with pytest.raises(RobotError, match="choose another --height"):
            table_grid(MODEL, 5, 4, height)


def test_more_poses_than_there_are_is_refused() -> None:
    with pytest.raises(RobotError, match="there are only"):
        telling_poses(MODEL, 100_000)


def test_the_excitation_begins_and_ends_at_home_within_the_limits() -> None:
    course = list(excitation(MODEL, 0.02))
    positions = np.array([pose for pose, _ in course])
    np.testing.assert_allclose(positions[[0, -1]], [MODEL.home] * 2, atol=0.02)
    speeds = np.abs(np.diff(positions, axis=0)) / 0.02
    slow = np.array([slow for _, slow in course])
    assert speeds.max() <= MODEL.max_velocity.max() + 1e-6
    assert speeds.max() > 0.9 * MODEL.max_velocity.max(), "nothing was fast"
    assert speeds[slow[1:] & slow[:-1]].max() < 0.5
    assert max(depth(pose) for pose in positions[::5]) <= 0.0


def test_an_excitation_beyond_the_limits_is_refused() -> None:
    with pytest.raises(UnreachableError, match="to either side of home is not clear"):
        list(excitation(MODEL, 0.02, ExcitationConfig(reach=2.0)))


def test_errors_are_of_the_axes_that_are_known() -> None:
    clock, (point,) = HandClock(), telling_poses(MODEL, 1)
    with Watched(clock) as arm:
        visits = list(tour(pilot_of(arm, clock), [point], Outside()))
    for visit, shift in zip(visits, (0.003, 0.005), strict=True):
        visit.seen.values[:3] = [*MODEL.kinematics.tool_position(point.pose)]
        visit.seen.values[1] += shift
        visit.seen.values[2] = np.nan
    (error,) = point_errors(MODEL.kinematics, visits)
    np.testing.assert_allclose(error.error[:2], [0.0, 0.004], atol=1e-9)
    assert np.isnan(error.error[2])
    assert error.play == pytest.approx(0.002)
    found = Distances.of(error.errors)
    assert (found.mean, found.greatest) == pytest.approx((0.004, 0.005))
