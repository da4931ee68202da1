"""DOFBot servos (DS-SY15A) on a bare bus."""

import time
from collections.abc import Mapping

from hardware.servos import checks, ff_frames
from hardware.servos import ds_registers as registers
from hardware.servos.boards import Board
from hardware.servos.ff_bus import FfBus

REST_S = 0.010
"""A servo asked again sooner does not answer [s] (measured by jimdinunzio/dofbot_ros2)."""


class DsBus(FfBus):
    """A ServoBus. All servos start together; one is asked at most every REST_S."""

    def __init__(self, board: Board, device: str, servos: int = 6) -> None:
        super().__init__(board, device, servos, ff_frames.DS_REPLIES, registers.FAULTS)
        self._asked: dict[int, float] = {}

    def ping(self, servo: int) -> None:
        """Return if ``servo`` answers and is well."""
        self._well(self._ask(ff_frames.ping(servo), 0))

    def read(self, servo: int) -> int:
        """Return the present position of ``servo`` [counts]."""
        reply = self._ask(ff_frames.read(servo, registers.POSITION, 2), 2)
        return checks.position(self._board, servo, registers.unpack_position(self._well(reply)))

    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        """Send each servo to its target [counts] in ``duration_s`` [s]."""
        milliseconds = checks.milliseconds(self._board, targets, duration_s)
        data = {
            servo: registers.pack_target(target, milliseconds) for servo, target in targets.items()
        }
        self._line.send(ff_frames.sync_write(registers.TARGET, data).encode())

    def torque(self, on: bool) -> None:
        """Let all servos hold, or go limp."""
        self._write_all(registers.TORQUE, bytes((on,)))

    def _ask(self, request: ff_frames.Request, count: int) -> ff_frames.Reply:
        wait = self._asked.get(request.servo, 0.0) + REST_S - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        try:
            return super()._ask(request, count)
        finally:
            self._asked[request.servo] = time.monotonic()
