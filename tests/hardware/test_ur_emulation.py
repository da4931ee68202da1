"""The emulated UR controller alone: what it answers, obeys, and refuses, without any socket."""

import struct
from typing import Any

import numpy as np
import pytest

from hardware.emulation.ur.control_program import READY, SERVO_STOP, SERVOJ
from hardware.emulation.ur.controller import PATIENCE_S, Controller
from hardware.emulation.ur.dashboard import answer
from hardware.emulation.ur.joints import Joints
from hardware.emulation.ur.robotiq import CLOSED, OPEN, RobotiqGripper
from hardware.emulation.ur.rtde_frames import Kind, frame, take_frame
from hardware.emulation.ur.rtde_session import RtdeSession
from hardware.ur.modes import RobotMode, SafetyMode, trouble

PROGRAM = (
    "def rtde_control():\n"
    "servoj(q, t=dt, lookahead_time=lh_time, gain=g)\nstopl(deceleration_rate)\nend\n"
)
DT = 1.0 / 125.0


def running() -> Controller:
    controller = Controller(Joints(np.zeros(6)))
    controller.run(PROGRAM)
    return controller


def servoj(controller: Controller, position: float) -> None:
    doubles = [position] * 6 + [0.0, 0.0, DT, 0.1, 300.0]
    registers = {f"input_double_register_{i}": value for i, value in enumerate(doubles)}
    controller.write({"input_int_register_0": SERVOJ, **registers})


def run(controller: Controller, seconds: float) -> None:
    for _ in range(round(seconds / DT)):
        controller.tick(DT)


def asked(session: RtdeSession, kind: Kind, payload: bytes = b"") -> bytes:
    replies = bytearray(session.feed(frame(kind, payload)))
    reply = take_frame(replies)
    assert reply is not None and reply[0] is kind and not replies
    return reply[1]


def test_a_servo_target_is_reached_with_a_lag_and_within_the_speed_of_the_joints() -> None:
    controller = running()
    fastest = lags = 0.0
    for step in range(100):
        servoj(controller, min(1.0, 0.03 * step))
        controller.tick(DT)
        fastest = max(fastest, float(controller.joints.velocities.max()))
        assert controller.joints.positions[0] < controller.target[0] + 0.01
        lags = max(lags, float(controller.target[0] - controller.joints.positions[0]))
    assert controller.joints.positions[0] == pytest.approx(1.0, abs=0.05) and lags > 0.2
    assert fastest <= np.pi


def test_a_servo_target_that_no_drive_could_follow_is_a_protective_stop() -> None:
    controller = running()
    servoj(controller, 1.5)
    run(controller, 0.1)
    assert controller.safety_mode is SafetyMode.PROTECTIVE_STOP and controller.program is None


def test_the_last_target_is_held_until_a_watchdog_ends_the_program() -> None:
    controller = running()
    servoj(controller, 0.2)
    run(controller, 2.0)
    assert controller.program is not None
    assert controller.joints.positions[0] == pytest.approx(0.2, abs=1e-3)
    controller.program.min_frequency = 5.0
    servoj(controller, 0.2)
    run(controller, 0.2)
    assert controller.program is not None
    run(controller, 0.1 + PATIENCE_S)
    assert controller.program is None and controller.outputs["runtime_state"] == 1


def test_a_program_that_starts_finds_the_registers_as_they_were_left() -> None:
    controller = running()
    servoj(controller, 0.3)
    controller.stop_program()
    controller.run(PROGRAM)
    run(controller, 1.0)
    assert controller.joints.positions[0] > 0.2


def test_servo_stop_answers_once_the_robot_stands() -> None:
    controller = running()
    for step in range(40):
        servoj(controller, 0.02 * step)
        controller.tick(DT)
    controller.write({"input_int_register_0": SERVO_STOP, "input_double_register_0": 10.0})
    controller.tick(DT)
    assert controller.outputs["output_int_register_0"] == READY
    run(controller, 0.5)
    assert controller.outputs["output_int_register_0"] == 2 and controller.joints.at_rest


@pytest.mark.parametrize(
    "state",
    [
        {"safety_mode": SafetyMode.SAFEGUARD_STOP},
        {"robot_mode": RobotMode.POWER_OFF},
        {"version": (5, 11, 0, 1), "remote": False},
    ],
)
def test_no_program_starts_on_a_robot_that_is_stopped_off_or_in_local_control(
    state: dict[str, Any],
) -> None:
    controller = Controller(Joints(np.zeros(6)), **state)
    controller.run(PROGRAM)
    assert controller.program is None


def test_a_script_that_it_does_not_know_does_not_run() -> None:
    controller = Controller(Joints(np.zeros(6)))
    controller.run("def move():\n  movej([0,0,0,0,0,0])\nend\n")
    assert controller.program is None


def test_only_one_client_may_write_a_register() -> None:
    controller, owners = running(), {}
    first, second = (RtdeSession(controller, owners) for _ in range(2))
    assert asked(first, Kind.PROTOCOL_VERSION, b"\x00\x02") == b"\x01"
    name = b"input_int_register_0,"
    assert asked(first, Kind.SETUP_INPUTS, name) == b"\x01INT32"
    assert asked(first, Kind.SETUP_INPUTS, name) == b"\x02INT32", "another recipe of the same one"
    assert asked(second, Kind.SETUP_INPUTS, name) == b"\x00IN_USE"
    first.close()
    assert asked(second, Kind.SETUP_INPUTS, name) == b"\x01INT32"


def test_a_variable_that_is_not_there_is_told() -> None:
    session = RtdeSession(running(), {})
    wanted = struct.pack(">d", 125.0) + b"actual_q,weather"
    assert asked(session, Kind.SETUP_OUTPUTS, wanted) == b"\x01VECTOR6D,NOT_FOUND"
    assert asked(session, Kind.START) == b"\x00" and session.data() == b""


def test_data_comes_at_the_rate_that_was_asked_for() -> None:
    controller = Controller(Joints(np.full(6, 0.5)), version=(5, 11, 0, 1))
    session = RtdeSession(controller, {})
    asked(session, Kind.SETUP_OUTPUTS, struct.pack(">d", 125.0) + b"actual_q")
    assert asked(session, Kind.START) == b"\x01"
    sent = [session.data() for _ in range(8)]
    assert [len(data) for data in sent] == [0, 0, 0, 52, 0, 0, 0, 52], "of 500 Hz"
    assert sent[3] == frame(Kind.DATA, b"\x01" + struct.pack(">6d", *[0.5] * 6))


def test_the_dashboard_tells_the_modes() -> None:
    controller = running()
    assert answer(controller, "PolyscopeVersion").startswith("URSoftware 3.15.8")
    assert answer(controller, "robotmode") == "Robotmode: RUNNING"
    assert "could not understand" in answer(controller, "is in remote control"), "CB3 has none"
    controller.trip(SafetyMode.PROTECTIVE_STOP)
    assert answer(controller, "safetymode") == "Safetymode: PROTECTIVE_STOP"
    assert answer(controller, "unlock protective stop") == "Protective stop releasing"
    assert answer(controller, "safetymode") == "Safetymode: NORMAL"
    controller.version, controller.remote = (5, 11, 0, 1), False
    assert answer(controller, "is in remote control") == "false"


@pytest.mark.parametrize("mode", [mode for mode in SafetyMode if mode > SafetyMode.REDUCED])
def test_every_mode_in_which_a_robot_stands_has_a_name_and_a_mend(mode: SafetyMode) -> None:
    said = trouble(RobotMode.RUNNING, mode)
    assert said is not None and mode.name.lower().replace("_", " ") in said and ": " in said


def test_a_robot_that_runs_normally_has_no_trouble() -> None:
    assert trouble(RobotMode.RUNNING, SafetyMode.NORMAL) is None
    assert "power off, not running" in str(trouble(RobotMode.POWER_OFF, SafetyMode.NORMAL))
    assert "unknown mode 99" in str(trouble(RobotMode.RUNNING, 99))


def test_the_gripper_closes_on_what_is_between_its_jaws_and_says_so() -> None:
    gripper = RobotiqGripper(active=True)
    gripper.block = 120
    assert gripper.answer("SET GTO 1 SPE 255 FOR 50 POS 255") == "ack"
    gripper.tick(0.1)
    assert gripper.answer("GET OBJ") == "OBJ 0"
    for _ in range(100):
        gripper.tick(0.01)
    assert gripper.answer("GET OBJ") == "OBJ 2" and gripper.answer("GET POS") == "POS 120"
    gripper.block = None
    for _ in range(100):
        gripper.tick(0.01)
    assert gripper.answer("GET POS") == f"POS {CLOSED}" and gripper.answer("GET OBJ") == "OBJ 3"


def test_a_gripper_that_was_not_activated_does_not_move() -> None:
    gripper = RobotiqGripper()
    assert gripper.answer("GET STA") == "STA 0"
    gripper.answer("SET GTO 1 SPE 255 POS 200")
    gripper.tick(1.0)
    assert gripper.answer("GET POS") == f"POS {OPEN}"
    gripper.answer("SET ACT 1")
    assert gripper.answer("GET STA") == "STA 1"
    gripper.tick(1.0)
    assert gripper.answer("GET STA") == "STA 3"


@pytest.mark.parametrize("line", ["", "GET", "GET X", "SET POS", "SET POS 256", "SET POS -1", "X"])
def test_what_the_gripper_does_not_understand_is_a_question_mark(line: str) -> None:
    assert RobotiqGripper(active=True).answer(line) == "?"
