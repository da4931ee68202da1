"""The UR driver over real sockets: the real client library, an emulated controller.

One robot serves most tests in turn: the library takes half a second to let go of each.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from rig import eventually
from ur_rig import MODEL, PERIOD, START, Driven, driven, furthest, needs_library, robot

from hardware.emulation.ur.process import EmulatedUrProcess
from hardware.ur.inspection import inspect
from hardware.ur.jaws_port import JawsPort
from hardware.ur.ur_driver import UrDriver
from robot.command import JointCommand
from robot.errors import ArmError
from robot.model import load_arm

needs_library()


def stands(truth: dict[str, Any]) -> bool:
    return not truth["running"] and float(np.abs(truth["velocities"]).max()) < 1e-3


@pytest.fixture(scope="module")
def shared() -> Iterator[Driven]:
    with driven() as arm:
        yield arm


@pytest.fixture
def arm(shared: Driven) -> Driven:
    """The shared robot, standing, its control program running."""
    shared.robot.happen("recover")
    shared.robot.happen("block")
    shared.hear()
    shared.driver.write(shared.driver.hold())
    shared.stay(0.2)
    return shared


@pytest.fixture
def own() -> Iterator[Driven]:
    """A robot of a test's own, which no other one has to do with once it is cut off."""
    with driven() as arm:
        yield arm


def test_opening_moves_neither_the_robot_nor_the_gripper(shared: Driven) -> None:
    state = shared.stay(0.3)
    assert furthest(state.positions, START) < 1e-6 and state.faults == ()
    assert shared.truth()["running"] and shared.truth()["jaws"] == 3
    assert state.gripper == pytest.approx(MODEL.gripper.max_opening, abs=1e-3)


def test_the_robot_follows_and_the_jaws_too(arm: Driven) -> None:
    before = arm.driver.read().positions
    state = arm.sweep(1.0, speed=0.5, grip=0.04)
    assert state.positions[0] - before[0] == pytest.approx(0.40, abs=0.06)
    assert state.velocities[0] == pytest.approx(0.5, abs=0.1)
    assert state.gripper == pytest.approx(0.04, abs=0.002)
    assert furthest(state.positions[1:], before[1:]) < 1e-3


def test_holding_brakes_where_it_says_and_goes_on_holding_there(arm: Driven) -> None:
    moving = arm.sweep(0.6, speed=1.0)
    held = arm.driver.hold()
    brakes_for = 1.0 / (2.0 * MODEL.max_acceleration[0])
    assert 0.0 < held.positions[0] - moving.positions[0] < 0.15 + brakes_for
    stands = arm.stay(0.8)
    assert furthest(stands.positions, held.positions) < 0.01
    assert np.abs(stands.velocities).max() < 0.01
    assert arm.truth()["running"], "its watchdog was satisfied"


def test_holding_brakes_steadily_rather_than_with_a_jerk(arm: Driven) -> None:
    arm.sweep(0.6, speed=1.0)
    before = arm.truth()["target"][0]
    held = arm.driver.hold().positions[0]
    arm.driver.read()
    time.sleep(2 * PERIOD)
    now = arm.truth()["target"][0]
    assert before - 1e-6 <= now < before + 0.04 < held


def test_jaws_that_hold_something_go_on_squeezing_under_a_hold(arm: Driven) -> None:
    arm.robot.happen("block 150")
    arm.sweep(1.0, speed=0.0, grip=0.0)
    held = arm.driver.hold()
    arm.stay(0.2)
    assert arm.truth()["jaws"] == 150
    assert held.gripper < MODEL.gripper.opening(0.8 * 147 / 227) - 0.002


def test_a_gripper_that_fell_silent_is_a_fault_until_rearmed(arm: Driven) -> None:
    arm.driver.write(arm.driver.hold())
    arm.robot.happen("drop_gripper")
    with pytest.raises(ArmError, match=r"the gripper at .* does not answer [GS]ET"):
        for _ in range(50):
            arm.driver.read()
            time.sleep(PERIOD)
    assert "does not answer" in arm.stay(0.5).faults[0]
    assert arm.truth()["running"], "the robot goes on holding"
    arm.driver.write(arm.driver.hold())
    assert arm.stay(0.2).faults == ()


def test_jaws_in_motion_stop_under_a_hold(arm: Driven) -> None:
    arm.sweep(1.0, speed=0.0, grip=MODEL.gripper.max_opening)
    arm.sweep(0.25, speed=0.0, grip=0.0)
    arm.stay(0.6)
    assert 20 < arm.truth()["jaws"] < 220


@pytest.mark.parametrize(
    ("happens", "named"),
    [
        ("protective_stop", "protective stop: look what it ran into"),
        ("emergency_stop", "robot emergency stop: release the red button"),
        ("safeguard_stop", "safeguard stop: close the safeguard"),
        ("power_off", "power off, not running: press"),
    ],
)
def test_what_stops_the_robot_is_a_fault_until_it_is_mended_and_then_it_starts_where_it_is(
    arm: Driven, happens: str, named: str
) -> None:
    arm.sweep(0.35, speed=1.0)
    arm.robot.happen(happens)
    with pytest.raises(ArmError, match=named):
        arm.sweep(0.3)
    assert named in arm.stay(0.15).faults[0]
    with pytest.raises(ArmError, match=named):
        arm.driver.write(arm.driver.hold())
    where = arm.robot.happen("recover")["positions"]
    assert eventually(lambda: "has ended" in arm.driver.read().faults[0])
    assert not arm.truth()["running"]
    arm.driver.write(arm.driver.hold())
    assert arm.stay(0.25).faults == () and arm.truth()["running"]
    assert furthest(arm.truth()["positions"], where) < 1e-3, "not to the target of before"


@pytest.mark.parametrize(("slip", "refused"), [(0.05, False), (0.3, True)])
def test_a_robot_that_slipped_while_stopped_is_brought_back_gently_or_left(
    arm: Driven, slip: float, refused: bool
) -> None:
    held = arm.stay(0.1).positions
    where = " ".join(str(angle) for angle in held - slip)
    arm.robot.happen(f"place {where}")
    with pytest.raises(ArmError, match="has ended"):
        arm.stay(0.5)
    if refused:
        with pytest.raises(ArmError, match="refusing to move"):
            arm.driver.write(JointCommand(held, 0.05))
        assert furthest(arm.stay(0.3).positions, held) > slip - 0.01
        return
    fastest = 0.0
    for _ in range(100):
        arm.driver.write(JointCommand(held, 0.05))
        time.sleep(PERIOD)
        fastest = max(fastest, np.abs(arm.driver.read().velocities).max())
    assert fastest < 0.3 and furthest(arm.truth()["positions"], held) < 0.01


def test_a_program_ended_on_the_pendant_is_a_fault_and_stays_ended(arm: Driven) -> None:
    arm.sweep(0.3)
    arm.robot.happen("stop_program")
    with pytest.raises(ArmError, match=r"has ended \(Stop on the pendant"):
        arm.sweep(0.3)
    arm.stay(0.3)
    assert not arm.truth()["running"], "a person stopped it"


def test_the_robot_stops_by_itself_where_no_target_comes(arm: Driven) -> None:
    arm.sweep(0.5, speed=1.0)
    last = arm.truth()
    assert eventually(lambda: stands(arm.truth()))
    now = arm.truth()
    assert now["positions"][0] - last["positions"][0] < 0.25


def test_a_leap_is_refused(arm: Driven) -> None:
    held = arm.driver.hold()
    with pytest.raises(ArmError, match=rf"refusing to move {MODEL.joints[2]} by 0\.50 rad"):
        arm.driver.write(JointCommand(held.positions + 0.5 * np.eye(6)[2], 0.05))
    assert furthest(arm.stay(0.3).positions, held.positions) < 1e-3


@pytest.mark.parametrize(("happens", "mends"), [("cut", "heal"), ("pull", "plug"), ("drop", "")])
def test_a_lost_connection_is_a_fault_until_there_is_one_again(
    own: Driven, happens: str, mends: str
) -> None:
    own.sweep(0.4, speed=1.0)
    own.robot.happen(happens)
    with pytest.raises(ArmError, match=r"was lost|the gripper .* does not answer"):
        own.sweep(2.0)
    with suppress(ArmError):  # if the gripper was missed first
        own.stay(1.2)
    said = "lost, so the robot has stopped by itself: check cable and controller, then re-arm"
    assert any(said in fault for fault in own.stay(0.2).faults)
    assert eventually(lambda: stands(own.truth()))
    truth = own.truth()
    time.sleep(0.2)
    assert truth["programs"] == own.truth()["programs"], "nobody connects behind our back"
    if happens != "drop":
        with pytest.raises(ArmError, match="was lost"):
            own.driver.write(own.driver.hold())
    own.robot.happen(mends or "state")
    own.hear()
    assert not own.truth()["running"], "listening only"
    own.driver.write(own.driver.hold())
    assert own.stay(0.3).faults == () and own.truth()["running"]
    assert furthest(own.truth()["positions"], truth["positions"]) < 1e-3


def test_a_link_process_that_ends_is_a_lost_connection(own: Driven) -> None:
    own.sweep(0.3)
    process = own.driver._robot._process
    assert process is not None
    process.kill()
    with pytest.raises(ArmError, match="was lost"):
        own.sweep(1.0)


def test_a_robot_that_cannot_be_driven_is_refused_with_the_mend() -> None:
    with robot("--version", "5", "11", "0") as emulated:
        for order, mend in {
            "local": "local control: switch to Remote Control",
            "protective_stop": "protective stop: look what it ran into",
            "power_off": "protective stop",
        }.items():
            emulated.happen(order)
            with pytest.raises(ArmError, match=mend):
                UrDriver(MODEL, emulated.host).open()
            assert inspect(emulated.host).mend is not None
    with robot("--version", "3", "2", "0") as emulated, pytest.raises(ArmError, match="update"):
        UrDriver(MODEL, emulated.host).open()


def test_an_e_series_in_remote_control_is_driven_and_closing_ends_the_program_on_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with driven("--version", "5", "11", "0") as arm:
        before = arm.driver.read().positions[0]
        assert arm.sweep(0.6).positions[0] > before + 0.05
        assert arm.truth()["running"]
        arm.driver.close()
        assert not arm.truth()["running"]
        assert "watchdog" not in capfd.readouterr().err, "it was told to end"


def test_a_robot_that_another_program_drives_is_refused(arm: Driven) -> None:
    with pytest.raises(ArmError, match="is driven by another program, or by a fieldbus"):
        UrDriver(MODEL, arm.robot.host).open()


def test_a_gripper_that_would_have_to_move_to_be_used_is_refused() -> None:
    with (
        EmulatedUrProcess() as emulated,
        pytest.raises(ArmError, match="not activated: activate it on the pendant"),
    ):
        UrDriver(MODEL, emulated.host).open()


def test_a_joint_beyond_its_range_is_refused() -> None:
    with robot(pose=np.array([0.0, -1.5, 4.0, -1.5, -1.5, 0.0])) as emulated:
        with pytest.raises(ArmError, match="elbow_joint is at 229 deg, beyond the range"):
            UrDriver(MODEL, emulated.host).open()
        assert not emulated.happen("state")["running"]


def test_nobody_at_the_address_is_told() -> None:
    with pytest.raises(ArmError, match=r"no UR controller answers at 127\.0\.9\.9, port 29999"):
        UrDriver(MODEL, "127.0.9.9").open()
    with pytest.raises(ArmError, match=r"no gripper answers at 127\.0\.9\.9, port 63352: install"):
        JawsPort("127.0.9.9")


def test_a_missing_library_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dashboard_client", None)
    with pytest.raises(ArmError, match=r"needs ur_rtde: pip install 'twinarm\[ur\]'"):
        UrDriver(MODEL, "127.0.9.9").open()


def test_an_arm_that_is_no_ur_is_refused() -> None:
    with pytest.raises(ArmError, match="moves 6 joints, the Yahboom DOFBot has 5: serve --arm ur5"):
        UrDriver(load_arm("dofbot"), "127.0.0.1")
