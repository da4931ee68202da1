"""The connection to one controller: its newest state, and targets for its control program."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

import numpy as np

from hardware.ur.inspection import inspect, stop_program
from hardware.ur.library import Control, Receiver, new_control, new_receiver
from hardware.ur.modes import RuntimeState, trouble
from robot.command import Vector
from robot.errors import ArmError

log = logging.getLogger(__name__)

RATE_HZ = 125.0
"""Cycles of a CB3 controller a second; an e-Series takes every fourth of its own."""
WATCHDOG_HZ = 3.0
"""Rate of targets below which the program ends itself: after 0.33 s, like the server's watchdog."""

_STALE = 0.4  # [s] without a new state
_START = 2.0  # [s] for the program to start
_POLL = 0.004
_LOOKAHEAD = 0.1  # [s] by which servoj smooths, and lags: 0.03 to 0.2
_GAIN = 300.0  # of servoj, its default: 100 to 2000
_LOST = (
    "the connection to the UR controller at {} was lost: the robot has stopped by itself; check "
    "the cable, then restart the server"
)


@dataclass(frozen=True, slots=True)
class RobotState:
    """What the controller told last. positions [6] [rad], velocities [6] [rad/s].

    stamp: when it came [s]. trouble: why it does not move and the mend, or None. running: whether
    the control program runs. speed: share of full speed that the pendant's slider allows.
    """

    positions: Vector
    velocities: Vector
    stamp: float
    trouble: str | None
    running: bool
    speed: float


class UrConnection:
    """To the controller at ``host``, for one thread. Only ``open`` and ``start`` wait for it."""

    def __init__(self, host: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare to connect."""
        self.host = host
        self._clock = clock
        self._receiver: Receiver | None = None
        self._control: Control | None = None
        self._done_with: list[Control | Receiver] = []
        self._leaving: list[Thread] = []
        self._timestamp, self._fresh_at = -1.0, 0.0

    def check(self) -> None:
        """Raise ArmError naming what keeps the robot from being driven, and the mend."""
        mend = inspect(self.host).mend
        if mend is not None:
            raise ArmError(f"the UR controller at {self.host}: {mend}")

    def open(self) -> None:
        """Connect and start the control program, which moves nothing. Raises ArmError."""
        try:
            self._receiver = new_receiver(self.host, RATE_HZ)
            self._control = new_control(self.host, RATE_HZ)
        except (RuntimeError, ValueError) as error:
            self.close()
            raise ArmError(_refused(self.host, str(error))) from error
        self._fresh_at = self._clock()
        self._await_program(self._control)

    def state(self) -> RobotState:
        """Return what came last. Raises ArmError once the connection is lost; it stays so."""
        receiver, control = self._receiver, self._control
        if receiver is None or control is None:
            raise ArmError(_LOST.format(self.host))
        timestamp, now = receiver.getTimestamp(), self._clock()
        if timestamp != self._timestamp:
            self._timestamp, self._fresh_at = timestamp, now
        connected = receiver.isConnected() and control.isConnected()
        if not connected or now - self._fresh_at > _STALE:
            self._give_up()
            raise ArmError(_LOST.format(self.host))
        return RobotState(
            np.array(receiver.getActualQ()),
            np.array(receiver.getActualQd()),
            self._fresh_at,
            trouble(receiver.getRobotMode(), receiver.getSafetyMode()),
            receiver.getRuntimeState() == RuntimeState.PLAYING,
            receiver.getSpeedScaling(),
        )

    def servo(self, positions: Vector) -> bool:
        """Send the robot to ``positions`` [6] [rad]; return whether its program took them.

        Raises ArmError if the connection is lost while they are sent.
        """
        control = self._control
        if control is None or not control.isConnected():  # it would connect anew and send again
            return False
        try:
            return control.servoJ(positions.tolist(), 0.0, 0.0, 1.0 / RATE_HZ, _LOOKAHEAD, _GAIN)
        except RuntimeError as error:
            self._give_up()
            raise ArmError(_LOST.format(self.host)) from error

    def start(self) -> None:
        """Start the control program again, waiting for it. Raises ArmError if it does not."""
        control = self._control
        if control is None:
            raise ArmError(_LOST.format(self.host))
        control.kickWatchdog()  # or the program would begin with the last target before it ended
        time.sleep(_POLL * 10)
        control.reuploadScript()
        self._await_program(control)

    def close(self) -> None:
        """End the control program, as far as it can be told, and let go, in about two seconds.

        Safe to call twice.
        """
        control = self._control
        if control is not None and control.isConnected() and control.isProgramRunning():
            with suppress(RuntimeError):  # of a dashboard that is gone; its watchdog ends it then
                stop_program(self.host)
        self._give_up()
        for thread in self._leaving:
            thread.join()
        self._leaving.clear()
        self._done_with.clear()

    def _await_program(self, control: Control) -> None:
        """Wait until both clients know that the program runs, and set its watchdog."""
        deadline = self._clock() + _START
        while self._clock() < deadline:
            running = self.state().running and control.isProgramRunning()
            if running and control.setWatchdog(WATCHDOG_HZ):
                return
            time.sleep(_POLL)
        raise ArmError(
            f"the UR controller at {self.host} does not run the program sent to it: switch it to "
            "Remote Control, close what is open on the pendant, then re-arm or restart the server"
        )

    def _give_up(self) -> None:
        """Disconnect, so that the library does not connect anew behind our back.

        Each client takes half a second for that. It takes as long again when it is forgotten, with
        every thread of Python waiting, so that is left for ``close``. The threads are no daemons:
        Python would end them inside the library, which then aborts the process.
        """
        clients = [client for client in (self._control, self._receiver) if client is not None]
        self._control = self._receiver = None
        self._done_with += clients
        for client in clients:
            self._leaving.append(Thread(target=_disconnect, args=(client,)))
            self._leaving[-1].start()


def _disconnect(client: Control | Receiver) -> None:
    with suppress(RuntimeError):
        client.disconnect()


def _refused(host: str, said: str) -> str:
    if "in use" in said:
        return (
            f"the UR controller at {host} is driven by another program, or by a fieldbus: end "
            "that, and switch EtherNet/IP, PROFINET and MODBUS off in its installation"
        )
    if "timeout" in said:
        return (
            f"the UR controller at {host} does not start programs sent to it: close what is open "
            "on the pendant and try again"
        )
    return f"the UR controller at {host}: {said}"
