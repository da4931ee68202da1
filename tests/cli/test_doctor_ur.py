"""What the doctor says of a UR controller; its client library asks an emulated one."""

import pytest

from cli.doctor_ur import ur_findings
from cli.finding import Finding
from hardware.emulation.ur.process import EmulatedUrProcess
from robot.errors import RobotError
from robot.model import load_arm

pytest.importorskip("dashboard_client", reason="pip install 'twinarm[ur]'")

MODEL = load_arm("ur5")


def found(host: str | None) -> list[Finding]:
    return list(ur_findings(MODEL, host))


def test_it_tells_of_the_robot_and_its_gripper_and_changes_nothing() -> None:
    with EmulatedUrProcess() as robot:
        controller, gripper = found(robot.host)
        assert controller.good and "PolyScope 3.15.8" in controller.what
        assert gripper.good is False and "activate it on the pendant" in gripper.mend
        robot.happen("protective_stop")
        controller, _ = found(robot.host)
        assert controller.good is False and "protective stop" in controller.what
        assert "enable the robot on the pendant" in controller.mend
        assert not robot.happen("state")["running"]


def test_nobody_there_and_no_address_are_told() -> None:
    controller, gripper = found("127.0.9.9")
    assert "no UR controller answers at 127.0.9.9" in controller.what
    assert "no gripper answers at 127.0.9.9" in gripper.what
    with pytest.raises(RobotError, match="needs the robot's address"):
        found(None)
