"""Emulated LX-16A servos on a bare bus."""

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.serial_board import SerialBoard
from hardware.emulation.servo import Move
from hardware.emulation.spoil import ReplyLayout
from hardware.servos import lx_frames
from hardware.servos.lx_frames import BROADCAST, Frame

_READS = frozenset({2, 8, 14, 16, 19, 21, 23, 25, 26, 27, 28, 30, 32, 34, 36})
"""Commands that change nothing."""


class Lx16aBoard(SerialBoard):
    """Moves that begin at once, or wait for a common start; only reading is answered."""

    requests = lx_frames.FRAMES
    replies = ReplyLayout(lx_frames.FRAMES, servo_at=2, position_at=5)

    def __init__(self, chain: EmulatedChain) -> None:
        """Speak for the servos of ``chain``."""
        super().__init__(chain)
        self._waiting: dict[int, Move] = {}

    def _answer(self, frame: bytes) -> bytes:
        request = Frame.decode(frame)
        if request.command in (lx_frames.MOVE, lx_frames.MOVE_WAIT) and len(request.params) == 4:
            self._move(request)
        elif request.command == lx_frames.START:
            self._start(request)
        elif request.command == lx_frames.LOAD and request.params in (b"\0", b"\1"):
            self._chain.torque(request.params == b"\1", self._addressed(request))
        elif request.command not in _READS:
            self._chain.refuse(f"command {request.command} to servo {request.servo}")
        elif self._chain.present(request.servo):
            return self._read(request)
        return b""

    def _addressed(self, request: Frame) -> list[int]:
        servos = self._chain.servos.numbers
        return list(servos) if request.servo == BROADCAST else [request.servo]

    def _move(self, request: Frame) -> None:
        target, milliseconds = lx_frames.unpack_target(request.params)
        moves = dict.fromkeys(self._addressed(request), Move(target, milliseconds / 1000.0))
        if request.command == lx_frames.MOVE:
            self._chain.move(moves)
        else:
            self._waiting |= moves

    def _start(self, request: Frame) -> None:
        chosen = self._addressed(request)
        moves = {servo: self._waiting.pop(servo) for servo in chosen if servo in self._waiting}
        self._chain.move(moves)

    def _read(self, request: Frame) -> bytes:
        """Return the reply to a request for a value; empty for one that these do not keep."""
        servo, look = request.servo, self._chain.servos.look(request.servo)
        if request.command == lx_frames.READ_POSITION:
            params = lx_frames.pack_word(look.position)
        elif request.command == lx_frames.READ_VOLTAGE:
            params = lx_frames.pack_word(round(1000.0 * self._chain.volts))
        elif request.command == lx_frames.READ_TEMPERATURE:
            params = bytes((35,))
        elif request.command == lx_frames.READ_LOAD:
            params = bytes((look.torque,))
        elif request.command == lx_frames.READ_ID:
            params = bytes((servo,))
        else:
            return b""
        return Frame(servo, request.command, params).encode()
