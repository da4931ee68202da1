"""What is used of ur_rtde, the client library of the controller, and importing it when needed."""

import importlib
from typing import Any, Protocol

from robot.errors import ArmError


class Dashboard(Protocol):
    """The methods of ``dashboard_client.DashboardClient`` used here; they raise RuntimeError."""

    def connect(self, timeout_ms: int) -> None:
        """Connect to port 29999."""

    def polyscopeVersion(self) -> str:  # noqa: N802
        """Return the version of the robot's software, like 3.15.8.106339."""

    def robotmode(self) -> str:
        """Return a line like "Robotmode: RUNNING"."""

    def safetymode(self) -> str:
        """Return a line like "Safetymode: NORMAL"."""

    def stop(self) -> None:
        """Stop the program that runs."""

    def isInRemoteControl(self) -> bool:  # noqa: N802
        """Return whether others than the pendant may start programs; PolyScope 5.6 or newer."""

    def disconnect(self) -> None:
        """Close the connection."""


class Receiver(Protocol):
    """The methods of ``rtde_receive.RTDEReceiveInterface`` used here; they return at once."""

    def isConnected(self) -> bool:  # noqa: N802
        """Return whether data may still come."""

    def getTimestamp(self) -> float:  # noqa: N802
        """Return the controller's clock as last received [s]."""

    def getActualQ(self) -> list[float]:  # noqa: N802
        """Return the measured joint positions [rad]."""

    def getActualQd(self) -> list[float]:  # noqa: N802
        """Return the measured joint velocities [rad/s]."""

    def getRobotMode(self) -> int:  # noqa: N802
        """Return the robot mode."""

    def getSafetyMode(self) -> int:  # noqa: N802
        """Return the safety mode."""

    def getRuntimeState(self) -> int:  # noqa: N802
        """Return what the program does."""

    def getSpeedScaling(self) -> float:  # noqa: N802
        """Return the share of its speed at which the robot moves."""


class Control(Protocol):
    """The methods of ``rtde_control.RTDEControlInterface`` used here."""

    def isConnected(self) -> bool:  # noqa: N802
        """Return whether commands reach the controller."""

    def isProgramRunning(self) -> bool:  # noqa: N802
        """Return whether the control program runs."""

    def servoJ(  # noqa: N802
        self,
        q: list[float],
        speed: float,
        acceleration: float,
        time: float,
        lookahead_time: float,
        gain: float,
    ) -> bool:
        """Send a joint target [rad]; return whether it was sent."""

    def setWatchdog(self, min_frequency: float) -> bool:  # noqa: N802
        """Let the program stop once commands come more seldom than this [Hz]."""

    def kickWatchdog(self) -> bool:  # noqa: N802
        """Send no command; where no program runs, clear the command register."""

    def reuploadScript(self) -> bool:  # noqa: N802
        """Send the control program to the controller, which starts it."""


def new_dashboard(host: str) -> Dashboard:
    """Return a client of ``host``'s dashboard, not connected. Raises ArmError."""
    dashboard: Dashboard = _module("dashboard_client").DashboardClient(host)
    return dashboard


def new_receiver(host: str, rate_hz: float) -> Receiver:
    """Return what receives ``VARIABLES`` at ``rate_hz``. Raises ArmError, RuntimeError."""
    module = _module("rtde_receive")
    receiver: Receiver = module.RTDEReceiveInterface(host, rate_hz, list(VARIABLES))
    return receiver


def new_control(host: str, rate_hz: float) -> Control:
    """Send the control program and return what commands it. Raises ArmError, RuntimeError."""
    control: Control = _module("rtde_control").RTDEControlInterface(host, rate_hz)
    return control


VARIABLES = (
    "timestamp",
    "actual_q",
    "actual_qd",
    "robot_mode",
    "safety_mode",
    "runtime_state",
    "speed_scaling",
)
"""What the controller shall send."""


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ArmError("a UR controller needs ur_rtde: pip install 'twinarm[ur]'") from error
