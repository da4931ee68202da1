"""What a UR controller and its gripper say of themselves; they are only asked, so nothing moves."""

from collections.abc import Iterator

from cli.finding import Finding
from hardware.ur.inspection import inspect
from hardware.ur.jaws_port import JawsPort
from robot.errors import ArmError, RobotError
from robot.model import ArmModel

_ACTIVATED = 3


def ur_findings(model: ArmModel, host: str | None) -> Iterator[Finding]:
    """Yield whether the robot at ``host`` can be driven, and its gripper if ``model`` has jaws.

    Raises RobotError where no address is given.
    """
    if host is None:
        raise RobotError("--driver ur needs the robot's address: --device 192.168.0.10")
    yield _controller(host)
    if model.gripper.joint is not None:
        yield _gripper(host)


def _controller(host: str) -> Finding:
    try:
        told = inspect(host)
    except ArmError as error:
        return Finding(False, f"UR controller: {error}")
    what = (
        f"UR controller at {host}: PolyScope {told.version}, robot {told.robot.lower()}, safety "
        f"{told.safety.lower().replace('_', ' ')}"
    )
    return Finding(told.mend is None, what, told.mend or "")


def _gripper(host: str) -> Finding:
    try:
        port = JawsPort(host)
        try:
            activated = port.get("STA") == _ACTIVATED
            position = port.get("POS")
        finally:
            port.close()
    except ArmError as error:
        return Finding(False, f"gripper: {error}")
    what = f"gripper at {host}: at {position} of 255"
    return Finding(activated, what, "" if activated else "activate it on the pendant")
