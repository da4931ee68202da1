"""Servos behind the DOFBOT-SE serial board."""

import time
from collections.abc import Mapping

from hardware.servos import checks, se_frames
from hardware.servos import i2c_registers as registers
from hardware.servos.bus import ServoSilentError
from hardware.servos.serial_bus import SerialBus

SINGLE_S = 0.010
"""The board wants this pause before a move of one servo [s] (vendor's Arm_Lib)."""

_REPLY_SIZE = 8


class SeBus(SerialBus):
    """A ServoBus. Six servos move by one frame, in one time."""

    def ping(self, servo: int) -> None:
        """Return if ``servo`` tells its position: the board tells nothing else of it."""
        self.read(servo)

    def read(self, servo: int) -> int:
        """Return the present position of ``servo`` [counts]."""

        def belongs(frame: bytes) -> bool:
            found = se_frames.position_of(se_frames.Reply.decode(frame))
            return found is not None and found[0] == servo

        request = se_frames.read_position(servo).encode()
        frame = self._line.ask(servo, request, se_frames.REPLIES, _REPLY_SIZE, belongs)
        (count,) = registers.unpack_words(se_frames.Reply.decode(frame).data[:2])
        if count == 0:
            raise ServoSilentError(
                f"servo {servo} does not answer the {self._board.title} on {self._line.device}:"
                " check its plug and its number"
            )
        return checks.position(self._board, servo, count)

    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        """Send each servo to its target [counts] in ``duration_s`` [s]."""
        milliseconds = checks.milliseconds(self._board, targets, duration_s)
        if sorted(targets) == list(range(1, registers.SIX + 1)):
            six = [targets[servo] for servo in sorted(targets)]
            self._line.send(se_frames.move_six(six, milliseconds).encode())
            return
        for servo, target in targets.items():
            time.sleep(SINGLE_S)
            self._line.send(se_frames.move_one(servo, target, milliseconds).encode())

    def torque(self, on: bool) -> None:
        """Let all servos hold, or go limp."""
        self._line.send(se_frames.torque(on).encode())
