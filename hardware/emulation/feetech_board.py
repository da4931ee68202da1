"""Emulated Feetech STS servos on a bare bus."""

from math import inf

from hardware.emulation.ff_board import FfBoard
from hardware.emulation.servo import Move
from hardware.emulation.spoil import ReplyLayout
from hardware.servos import feetech_registers, ff_frames
from hardware.servos.boards import BOARDS


class FeetechBoard(FfBoard):
    """Heed the speed of a move and ignore its time; speed 0 is the fastest."""

    replies = ReplyLayout(ff_frames.STS_REPLIES, servo_at=2, position_at=5)
    header = ff_frames.STS

    def _fill(self, count: int, memory: bytearray) -> None:
        place = feetech_registers.POSITION
        memory[place : place + 2] = feetech_registers.pack_position(count)
        memory[feetech_registers.VOLTAGE] = round(10.0 * self._chain.volts)

    def _move(self, address: int, data: dict[int, bytes]) -> bool:
        if address == feetech_registers.ACCELERATION and all(map(len, data.values())):
            address, data = address + 1, {servo: chunk[1:] for servo, chunk in data.items()}
        if address != feetech_registers.TARGET or any(len(chunk) != 6 for chunk in data.values()):
            return not any(data.values())
        self._chain.move({servo: self._to(servo, chunk) for servo, chunk in data.items()})
        return True

    def _to(self, servo: int, chunk: bytes) -> Move:
        target, _, speed = feetech_registers.unpack_target(chunk)
        if speed == 0 or not self._chain.present(servo):
            return Move(target, 0.0, inf)
        needed = abs(target - self._chain.servos.count(servo)) / speed
        return Move(target, max(BOARDS["feetech"].move_s, needed), speed)
