"""The process that holds the client library: ``python -m hardware.ur.link HOST LINE``.

The library connects anew by itself, for ever, sending its program to the robot each time; some of
its calls wait for minutes, with every thread of Python waiting too; and it may crash meanwhile.
A process of its own can be ended at any moment, and the robot then stops.
"""

import os
import sys
import time
from multiprocessing.connection import Connection

import numpy as np

from hardware.ur.library import Control, new_control, new_receiver
from hardware.ur.modes import RuntimeState
from hardware.ur.robot_state import RobotState
from robot.errors import ArmError

RATE_HZ = 125.0
"""Cycles of a CB3 controller a second; an e-Series takes every fourth of its own."""
WATCHDOG_HZ = 3.0
"""Rate of targets below which the program ends itself: after 0.33 s, as the server holds."""
START = b"start"
"""Message that has the control program sent (again); any other is a target: six doubles."""
FAILED = b"!"
"""How the last message begins, before the reason, where no connection comes about."""

_START_S = 2.0  # [s] for the program to start
_POLL = 0.004
_LOOKAHEAD = 0.1  # [s] by which servoj smooths, and lags: 0.03 to 0.2
_GAIN = 300.0  # of servoj, its default: 100 to 2000


class Link:
    """Tells the state each period and, once it has started the program, hands targets on."""

    def __init__(self, host: str, line: Connection) -> None:
        """Connect to ``host`` to listen. Raises ArmError, RuntimeError."""
        self._host, self._line = host, line
        self._receiver = new_receiver(host, RATE_HZ)
        self._control: Control | None = None
        self._timestamp, self._stamp = -1.0, time.monotonic()
        self._guarded = False
        self._took = True

    def run(self) -> None:
        """Serve the line until its other end is gone, which raises EOFError or OSError."""
        due = time.monotonic()
        while True:
            self._report()
            due = max(due + 1.0 / RATE_HZ, time.monotonic())
            while self._line.poll(max(0.0, due - time.monotonic())):
                self._obey(self._newest())
                if time.monotonic() >= due:
                    break

    def _newest(self) -> bytes:
        """Return the last message that waits; an earlier one to start is not passed over."""
        message = self._line.recv_bytes()
        while message != START and self._line.poll(0.0):
            message = self._line.recv_bytes()
        return message

    def _obey(self, message: bytes) -> None:
        if message == START:
            self._start()
            return
        control, target = self._control, np.frombuffer(message).tolist()
        self._took = (
            control is not None
            and self._receiver.isConnected()  # or it would connect anew, and send it again
            and control.isConnected()
            and control.servoJ(target, 0.0, 0.0, 1.0 / RATE_HZ, _LOOKAHEAD, _GAIN)
        )

    def _start(self) -> None:
        if self._control is None:
            self._control = new_control(self._host, RATE_HZ)
        else:
            self._control.kickWatchdog()  # or the program would go to the last target of before
            time.sleep(10 * _POLL)
            self._control.reuploadScript()
        self._await_program(self._control)

    def _await_program(self, control: Control) -> None:
        """Wait until both clients know that the program runs, and set its watchdog."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._playing and control.isProgramRunning():
                self._guarded = self._took = control.setWatchdog(WATCHDOG_HZ)
                if self._guarded:
                    return
            self._report()
            time.sleep(_POLL)

    @property
    def _playing(self) -> bool:
        return self._receiver.getRuntimeState() == RuntimeState.PLAYING

    def _report(self) -> None:
        receiver = self._receiver
        timestamp = receiver.getTimestamp()
        if timestamp != self._timestamp:
            self._timestamp, self._stamp = timestamp, time.monotonic()
        self._guarded = self._guarded and self._playing
        state = RobotState(
            self._stamp,
            np.array(receiver.getActualQ()),
            np.array(receiver.getActualQd()),
            receiver.getSpeedScaling(),
            receiver.getRobotMode(),
            receiver.getSafetyMode(),
            receiver.isConnected() and (self._control is None or self._control.isConnected()),
            self._guarded,
            self._took,
        )
        self._line.send_bytes(state.pack())


def main() -> None:
    """Serve until the line or the robot is gone; the process ends without any farewell."""
    host, number = sys.argv[1:]
    line = Connection(int(number))
    try:
        Link(host, line).run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    except (ArmError, RuntimeError, ValueError) as error:
        line.send_bytes(FAILED + str(error).encode())
    os._exit(0)  # what the library would do now takes a second, or for ever


if __name__ == "__main__":
    main()
