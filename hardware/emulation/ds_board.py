"""Emulated DS-SY15A servos on a bare bus."""

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.ff_board import FfBoard
from hardware.emulation.servo import Move
from hardware.emulation.spoil import ReplyLayout
from hardware.servos import ds_registers, ff_frames
from hardware.servos.ff_frames import Request

_RECOVERY_S = 0.008
"""A servo asked again sooner than this stays silent; 8 to 10 ms were measured."""


class DsBoard(FfBoard):
    """Start together and each in its own time; deaf for a while after an answer."""

    replies = ReplyLayout(ff_frames.DS_REPLIES, servo_at=2, position_at=5)
    header = ff_frames.DS

    def __init__(self, chain: EmulatedChain, recovery_s: float = _RECOVERY_S) -> None:
        """Speak for the servos of ``chain``, each silent for ``recovery_s`` [s] once asked."""
        super().__init__(chain)
        self._recovery_s = recovery_s
        self._hears_at: dict[int, float] = {}

    def _hears(self, request: Request) -> bool:
        now = self._chain.now
        if now < self._hears_at.get(request.servo, now):
            return False
        self._hears_at[request.servo] = now + self._recovery_s
        return True

    def _fill(self, count: int, memory: bytearray) -> None:
        place = ds_registers.POSITION
        memory[place : place + 2] = ds_registers.pack_position(count)

    def _move(self, address: int, data: dict[int, bytes]) -> bool:
        if address != ds_registers.TARGET or any(len(chunk) != 4 for chunk in data.values()):
            return False
        moves = {}
        for servo, chunk in data.items():
            target, milliseconds = ds_registers.unpack_target(chunk)
            moves[servo] = Move(target, milliseconds / 1000.0)
        self._chain.move(moves)
        return True
