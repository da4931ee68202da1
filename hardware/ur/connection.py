"""The connection to one controller: its newest state, and targets for its control program."""

import logging
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from hardware.ur.inspection import inspect, stop_program
from hardware.ur.link import FAILED, START
from hardware.ur.robot_state import RobotState
from robot.command import Vector
from robot.errors import ArmError

log = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[2]
_STALE = 0.8  # [s] without a new state; the robot has stopped by itself before
_CONNECT = 8.0  # [s] for the link process to tell its first state
_AGAIN = 2.0  # [s] for one of the tries to connect again
_START = 6.0  # [s] for the program to run
_POLL = 0.002
_LOST = (
    "the connection to the UR controller at {} was lost, so the robot has stopped by itself: check "
    "cable and controller, then re-arm"
)
_NO_PROGRAM = (
    "the UR controller at {} does not run the program sent to it: switch it to Remote Control, "
    "close what is open on the pendant, then re-arm or start the server again"
)


class UrConnection:
    """To the controller at ``host``, for one thread. Only ``open`` and ``start`` wait for it."""

    def __init__(self, host: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare to connect."""
        self.host = host
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None
        self._newest: RobotState | None = None
        self._dialled_at = -_AGAIN

    @property
    def lost(self) -> bool:
        """Return whether nothing is heard of the robot."""
        return self._newest is None

    def check(self) -> None:
        """Raise ArmError naming what keeps the robot from being driven, and the mend."""
        mend = inspect(self.host).mend
        if mend is not None:
            raise ArmError(f"the UR controller at {self.host}: {mend}")

    def open(self) -> None:
        """Connect to listen. Raises ArmError."""
        self._dial()
        self._await(lambda state: True, _CONNECT)

    def reopen(self) -> None:
        """Try to connect to listen again, a little at each call; never waits."""
        if self._clock() > self._dialled_at + _AGAIN:
            self._hang_up()
            self._dial()
        with suppress(ArmError):
            self._take()

    def state(self) -> RobotState:
        """Return what came last. Raises ArmError if the connection is lost."""
        self._take()
        newest = self._newest
        fresh = newest is not None and self._clock() - newest.stamp < _STALE
        if self._line is None or newest is None or not newest.connected or not fresh:
            self._hang_up()
            raise ArmError(_LOST.format(self.host))
        return newest

    def servo(self, positions: Vector) -> None:
        """Send the robot to ``positions`` [6] [rad]; ``state`` tells whether it took them."""
        if self._line is not None:
            with suppress(OSError):  # the process is gone, which state() tells
                self._line.send_bytes(struct.pack("6d", *positions))

    def start(self) -> None:
        """Start the control program (again), waiting for it. Raises ArmError if it does not."""
        self.state()
        assert self._line is not None
        self._line.send_bytes(START)
        self._await(lambda state: state.running, _START)

    def close(self) -> None:
        """End the control program, as far as it can be told, and let go. Safe to call twice."""
        if self._newest is not None and self._newest.running:
            with suppress(RuntimeError):  # of a dashboard that is gone; its watchdog ends it then
                stop_program(self.host)
        self._hang_up()

    def _dial(self) -> None:
        """Start a link process."""
        self._dialled_at = self._clock()
        self._line, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hardware.ur.link", self.host, str(theirs.fileno())],
            cwd=_ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # or Ctrl-C would end it before the server stops the arm
        )
        theirs.close()

    def _await(self, wanted: Callable[[RobotState], bool], seconds: float) -> None:
        deadline = self._clock() + seconds
        while self._newest is None or not wanted(self._newest):
            self._take()
            if self._line is None or self._clock() > deadline:
                self._hang_up()
                raise ArmError(_NO_PROGRAM.format(self.host))
            time.sleep(_POLL)

    def _take(self) -> None:
        """Take what the link process has told. Raises ArmError if that is why it ended."""
        try:
            while self._line is not None and self._line.poll():
                message = self._line.recv_bytes()
                if message.startswith(FAILED):
                    self._hang_up()
                    raise ArmError(_refused(self.host, message[1:].decode()))
                self._newest = RobotState.unpack(message)
        except (EOFError, OSError):
            self._hang_up()

    def _hang_up(self) -> None:
        """End the link process at once: the library would connect anew behind our back."""
        self._newest = None
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _refused(host: str, said: str) -> str:
    if "in use" in said:
        return (
            f"the UR controller at {host} is driven by another program, or by a fieldbus: end "
            "that, and switch EtherNet/IP, PROFINET and MODBUS off in its installation"
        )
    return _NO_PROGRAM.format(host) if "timeout" in said else f"the UR controller at {host}: {said}"
