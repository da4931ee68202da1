"""Emulated LX-16A servos on a bare bus."""

import struct

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.serial_board import SerialBoard
from hardware.emulation.servo import Move
from hardware.emulation.spoil import ReplyLayout
from hardware.servos import lx_frames
from hardware.servos.lx_frames import BROADCAST, Frame

_DELIVERED = {
    2: bytes(4),  # last move
    8: bytes(4),  # last move that waits
    19: bytes(1),  # offset
    21: struct.pack("<HH", 0, 1000),  # range [counts]
    23: struct.pack("<HH", 4500, 12_000),  # supply [mV]
    25: bytes((85,)),  # hottest [deg C]
    26: bytes((35,)),  # temperature [deg C]
    30: bytes(4),  # motor mode
    34: bytes(1),  # lamp
    36: bytes((7,)),  # faults that make it blink
}
"""What a servo tells by read commands besides its number, position, torque and supply."""
_READS = frozenset(
    {
        *_DELIVERED,
        lx_frames.READ_ID,
        lx_frames.READ_POSITION,
        lx_frames.READ_VOLTAGE,
        lx_frames.READ_LOAD,
    }
)


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
            params = self._read(request.servo, request.command)
            return Frame(request.servo, request.command, params).encode()
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

    def _read(self, servo: int, command: int) -> bytes:
        look = self._chain.servos.look(servo)
        if command == lx_frames.READ_POSITION:
            return lx_frames.pack_word(look.position)
        if command == lx_frames.READ_VOLTAGE:
            return lx_frames.pack_word(round(1000.0 * self._chain.volts))
        if command == lx_frames.READ_LOAD:
            return bytes((look.torque,))
        return _DELIVERED.get(command, bytes((servo,)))
