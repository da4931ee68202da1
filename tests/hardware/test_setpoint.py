import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from rig import MODEL, RunningServer, eventually

from hardware.emulation.ideal_joints import IdealJoints
from hardware.keys import KeyStore
from hardware.motion import Mode, Order
from hardware.remote_arm import RemoteArm
from hardware.setpoint import BLOCKED, SetPoint
from robot.command import ArmState, JointCommand, Vector
from robot.keep_out_path import ALLOWANCE

Serve = Callable[..., RunningServer]
DT = 0.01
ABOVE = np.array([0.0, 0.3585, 1.3816, 1.5493, 0.0])
BEYOND = np.array([0.0, 0.6168, 1.1489, 0.9854, 0.0])
"""Free poses between which the straight joint line dips 4.7 mm into the table's keep-out."""
FAR = JointCommand(MODEL.home + 0.5, 0.02)


def at(positions: Vector, velocity: float = 0.0, gripper: float = 0.03) -> ArmState:
    return ArmState(positions, np.full(MODEL.n, velocity), gripper, 0.0)


def following(controller: int = 0) -> Order:
    return Order(Mode.FOLLOWING, "commanded", FAR, controller=controller)


def holding(controller: int = 0) -> Order:
    return Order(Mode.HOLDING, "watchdog", controller=controller)


@pytest.fixture
def setpoint() -> SetPoint:
    setpoint = SetPoint(MODEL)
    setpoint.begin(at(MODEL.home))
    return setpoint


def run(setpoint: SetPoint, order: Order, state: ArmState | None, ticks: int) -> list[float]:
    """Return the greatest speed of every tick [rad/s]; without ``state``, of an ideal arm."""
    speeds = []
    for _ in range(ticks):
        before = setpoint.command.positions
        now = setpoint.step(order, state or at(before), DT)
        speeds.append(float(np.abs(now.positions - before).max()) / DT)
    return speeds


CREEP = 0.2 * MODEL.max_velocity.max() + 1e-6


def test_a_new_controller_begins_softly_and_the_same_one_goes_on(setpoint: SetPoint) -> None:
    run(setpoint, following(), None, 300)
    home = replace(following(), target=JointCommand(MODEL.home, 0.02))
    run(setpoint, holding(), None, 50)
    assert max(run(setpoint, home, None, 100)) > 2 * CREEP
    run(setpoint, holding(), None, 50)
    assert max(run(setpoint, following(controller=1), None, 50)) <= CREEP


def test_a_new_controller_begins_where_the_arm_is(setpoint: SetPoint) -> None:
    run(setpoint, holding(), None, 10)
    pushed = at(MODEL.home + 0.3)
    setpoint.step(following(controller=1), pushed, DT)
    np.testing.assert_allclose(setpoint.command.positions, pushed.positions, atol=0.01)


def test_an_arm_that_was_kept_back_is_held_where_it_is_and_keeps_its_grip(
    setpoint: SetPoint,
) -> None:
    run(setpoint, following(), None, 100)
    kept_back = at(MODEL.home + 0.2, gripper=0.04)
    run(setpoint, holding(), kept_back, 100)
    np.testing.assert_array_equal(setpoint.command.positions, kept_back.positions)
    assert setpoint.command.gripper == FAR.gripper


def test_an_arm_that_sags_or_still_moves_is_not_followed(setpoint: SetPoint) -> None:
    run(setpoint, following(), None, 300)
    order = holding()
    run(setpoint, order, at(FAR.positions - 0.2, velocity=0.5), 20)
    np.testing.assert_allclose(setpoint.command.positions, FAR.positions, atol=1e-6)
    run(setpoint, order, at(FAR.positions - 0.04), 20)
    np.testing.assert_allclose(setpoint.command.positions, FAR.positions, atol=1e-6)


def test_the_server_keeps_the_way_out_of_the_table_and_says_so(
    serve: Serve, store: KeyStore
) -> None:
    deepest = 0.0

    class Watched(IdealJoints):
        def write(self, command: JointCommand) -> JointCommand:
            nonlocal deepest
            points = MODEL.kinematics.points(command.positions)
            deepest = max(deepest, *MODEL.keep_out.depths(points))
            return super().write(command)

    server = serve(driver=Watched(replace(MODEL, home=ABOVE)))
    with RemoteArm(server.url, keys=store) as arm:

        def blocked() -> bool:
            applied = arm.command(JointCommand(BEYOND, 0.03))
            np.testing.assert_allclose(applied.positions, BEYOND, atol=1e-9)
            time.sleep(0.02)
            return BLOCKED in arm.state().faults

        assert eventually(blocked)
        for _ in range(20):
            blocked()
        assert arm.telemetry().counters["keep_out_holds"] >= 1
        back = JointCommand(ABOVE, 0.03)
        assert eventually(lambda: bool(arm.command(back)) and arm.state().faults == ())
    assert 0.0 < deepest <= ALLOWANCE + 2e-4


ASIDE = np.array([-0.726, 1.404, 0.488, 0.267, 1.064])
ROUND = JointCommand(np.array([-1.129, 1.57, 0.661, -0.313, 0.667]), 0.03)
"""A way on which joints that go as fast as they may dip, but the straight joint line does not."""


def test_a_target_that_only_the_straight_line_leads_to_is_reached_on_it() -> None:
    setpoint = SetPoint(MODEL)
    setpoint.begin(at(ASIDE))
    deepest = 0.0
    for i in range(400):
        if i % 2 == 0:  # as commands do come
            order = Order(Mode.FOLLOWING, "commanded", ROUND)
        here = setpoint.command.positions
        points = MODEL.kinematics.points(setpoint.step(order, at(here), DT).positions)
        deepest = max(deepest, *MODEL.keep_out.depths(points))
    np.testing.assert_allclose(setpoint.command.positions, ROUND.positions, atol=1e-6)
    assert 0.0 < deepest <= ALLOWANCE + 1e-6


LOW = np.array([-0.0652, 0.7780, 1.0905, 0.7190, -0.0785])
"""With the jaws just above the table; from here joint 4 would dip them before joint 2 lifts."""
LIFTED = JointCommand(np.array([-0.10, 0.09, 1.23, 1.13, -0.13]), 0.02)


def test_an_arm_low_over_the_table_gets_away_upwards_within_its_limits() -> None:
    setpoint = SetPoint(MODEL)
    setpoint.begin(at(LOW))
    stay = Order(Mode.FOLLOWING, "commanded", JointCommand(LOW, 0.02))
    run(setpoint, stay, None, 300)  # until it is no longer softly started
    lift = Order(Mode.FOLLOWING, "commanded", LIFTED)
    velocity, depths = np.zeros(MODEL.n), []
    for _ in range(300):
        before = setpoint.command.positions
        after = setpoint.step(lift, at(before), DT).positions
        # Mean speeds of two periods differ by what one period allows.
        faster = (after - before) / DT
        assert (np.abs(faster - velocity) <= MODEL.max_acceleration * DT + 1e-9).all()
        velocity = faster
        depths.append(MODEL.keep_out.depths(MODEL.kinematics.points(after))[0])
    np.testing.assert_allclose(setpoint.command.positions, LIFTED.positions, atol=1e-6)
    assert max(depths) <= ALLOWANCE + 1e-6
