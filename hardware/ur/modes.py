"""What a UR controller says of itself by number, in words, and what mends it."""

from enum import IntEnum


class RobotMode(IntEnum):
    """RTDE ``robot_mode``. Source: Real-Time Data Exchange (RTDE) Guide."""

    NO_CONTROLLER = -1
    DISCONNECTED = 0
    CONFIRM_SAFETY = 1
    BOOTING = 2
    POWER_OFF = 3
    POWER_ON = 4
    IDLE = 5
    BACKDRIVE = 6
    RUNNING = 7
    UPDATING_FIRMWARE = 8


class SafetyMode(IntEnum):
    """RTDE ``safety_mode``. Source: Real-Time Data Exchange (RTDE) Guide."""

    NORMAL = 1
    REDUCED = 2
    PROTECTIVE_STOP = 3
    RECOVERY = 4
    SAFEGUARD_STOP = 5
    SYSTEM_EMERGENCY_STOP = 6
    ROBOT_EMERGENCY_STOP = 7
    VIOLATION = 8
    FAULT = 9
    VALIDATE_JOINT_ID = 10
    UNDEFINED = 11
    AUTOMATIC_MODE_SAFEGUARD_STOP = 12
    SYSTEM_THREE_POSITION_ENABLING_STOP = 13


class RuntimeState(IntEnum):
    """RTDE ``runtime_state``: what the program on the controller does."""

    STOPPING = 0
    STOPPED = 1
    PLAYING = 2
    PAUSING = 3
    PAUSED = 4
    RESUMING = 5


_MOVABLE = (SafetyMode.NORMAL, SafetyMode.REDUCED)
_SAFETY_MENDS: dict[int, str] = {
    SafetyMode.PROTECTIVE_STOP: "look what it ran into, then enable the robot on the pendant",
    SafetyMode.RECOVERY: "move it back inside its limits with the pendant",
    SafetyMode.SAFEGUARD_STOP: "close the safeguard and reset it",
    SafetyMode.SYSTEM_EMERGENCY_STOP: "release the cell's emergency stop, then power the robot on",
    SafetyMode.ROBOT_EMERGENCY_STOP: "release the red button, then power the robot on",
    SafetyMode.AUTOMATIC_MODE_SAFEGUARD_STOP: "close the safeguard and reset it",
    SafetyMode.SYSTEM_THREE_POSITION_ENABLING_STOP: "press the enabling device half way",
}
_RESTART_SAFETY = "restart its safety system on the pendant"
_POWER_UP = "press the red or green dot on the pendant, then ON and START"


def trouble(robot: int, safety: int) -> str | None:
    """Return why a robot in these modes does not move, and the mend; None if it does."""
    if safety not in _MOVABLE:
        mend = _SAFETY_MENDS.get(safety, _RESTART_SAFETY)
        return f"the robot is in {_words(SafetyMode, safety)}: {mend}"
    if robot != RobotMode.RUNNING:
        return f"the robot's mode is {_words(RobotMode, robot)}, not running: {_POWER_UP}"
    return None


def _words(modes: type[IntEnum], number: int) -> str:
    known = number in list(modes)
    return modes(number).name.lower().replace("_", " ") if known else f"unknown mode {number}"
