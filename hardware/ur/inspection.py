"""What a UR controller says of itself before anything is told to it."""

import re
from dataclasses import dataclass

from hardware.ur.library import Dashboard, new_dashboard
from hardware.ur.modes import RobotMode, SafetyMode, trouble
from robot.errors import ArmError

_PATIENCE_MS = 2000
_OLDEST = {3: 4, 5: 0}
"""By major version the oldest minor one whose RTDE has the registers that are needed."""
_REMOTE_SINCE = (5, 6)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the controller at ``host`` told.

    version: of PolyScope. robot, safety: its modes, by name. remote: whether programs may be sent
    to it. mend: why it cannot be driven now and what to do, None if it can.
    """

    host: str
    version: str
    robot: str
    safety: str
    remote: bool
    mend: str | None


def inspect(host: str) -> Inspection:
    """Ask the dashboard of the controller at ``host``; changes nothing.

    Raises ArmError if nothing answers there, or the client library is not installed.
    """
    dashboard = new_dashboard(host)
    try:
        dashboard.connect(_PATIENCE_MS)
        return _inspected(host, dashboard)
    except RuntimeError as error:
        raise ArmError(
            f"no UR controller answers at {host}, port 29999: check --device and the cable, switch "
            "the robot on, and allow the dashboard server under Settings, Security (PolyScope X "
            "has none and cannot be driven)"
        ) from error
    finally:
        dashboard.disconnect()


def stop_program(host: str) -> None:
    """Stop the program that runs at ``host``; the robot brakes. Raises RuntimeError."""
    dashboard = new_dashboard(host)
    dashboard.connect(_PATIENCE_MS)
    dashboard.stop()
    dashboard.disconnect()


def _inspected(host: str, dashboard: Dashboard) -> Inspection:
    version = dashboard.polyscopeVersion()
    robot = _word(dashboard.robotmode())
    safety = _word(dashboard.safetymode())
    numbers = re.findall(r"\d+", version)
    major, minor = (int(number) for number in [*numbers, "0", "0"][:2])
    remote = (major, minor) < _REMOTE_SINCE or dashboard.isInRemoteControl()
    return Inspection(
        host, version, robot, safety, remote, _mend(major, minor, robot, safety, remote)
    )


def _mend(major: int, minor: int, robot: str, safety: str, remote: bool) -> str | None:
    if minor < _OLDEST.get(major, 1 << 30):
        return (
            f"PolyScope {major}.{minor} cannot be driven: update the robot to 3.4 or newer (CB3) "
            "or to 5.x (e-Series)"
        )
    found = trouble(_number(RobotMode, robot), _number(SafetyMode, safety))
    if found is None and not remote:
        return "the robot is in local control: switch to Remote Control, top right on the pendant"
    return found


def _word(line: str) -> str:
    return line.partition(":")[2].strip()


def _number(modes: type[RobotMode] | type[SafetyMode], name: str) -> int:
    return modes[name] if name in modes.__members__ else -2
