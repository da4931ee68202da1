"""What emulated DS and Feetech servos on a bare bus have in common: instructions and registers."""

from abc import abstractmethod
from typing import ClassVar

from hardware.emulation.serial_board import SerialBoard
from hardware.servos import ff_frames
from hardware.servos.ds_registers import ID, TEMPERATURE, TORQUE
from hardware.servos.ff_frames import BROADCAST, Reply, Request

_REGISTERS = 128
_OVERLOADED = 0x20
_WARM = 35


class FfBoard(SerialBoard):
    """Servos that each read and write their own registers; both kinds agree on these."""

    requests = ff_frames.REQUESTS
    header: ClassVar[bytes]

    def _answer(self, frame: bytes) -> bytes:
        request = Request.decode(frame)
        chunks = ff_frames.sync_written(request)
        if chunks is not None:
            self._write(*chunks)
            return b""
        if request.servo == BROADCAST:
            self._obey(request)
            return b""
        if not self._chain.present(request.servo) or not self._hears(request):
            return b""
        params = self._obey(request)
        status = _OVERLOADED if self._chain.servos.look(request.servo).overloaded else 0
        return Reply(request.servo, status, params).encode(self.header)

    def _hears(self, request: Request) -> bool:
        """Return whether the servo that is asked will answer."""
        return True

    def _obey(self, request: Request) -> bytes:
        """Return what is read, after what is written."""
        params = request.params
        if request.instruction == ff_frames.READ and len(params) == 2:
            return self._registers(request.servo)[params[0] : params[0] + params[1]]
        if request.instruction == ff_frames.WRITE and len(params) >= 2:
            self._write(params[0], dict.fromkeys(self._addressed(request), params[1:]))
        elif request.instruction != ff_frames.PING:
            self._chain.refuse(f"instruction {request.instruction} to servo {request.servo}")
        return b""

    def _addressed(self, request: Request) -> list[int]:
        servos = self._chain.servos.numbers
        return list(servos) if request.servo == BROADCAST else [request.servo]

    def _write(self, address: int, data: dict[int, bytes]) -> None:
        """Write registers of several servos at the same moment."""
        size = len(next(iter(data.values())))
        if address == TORQUE and set(data.values()) <= {b"\0", b"\1"}:
            for value in set(data.values()):
                self._chain.torque(
                    value == b"\1", [s for s, chosen in data.items() if chosen == value]
                )
        elif not self._move(address, data):
            self._chain.refuse(f"{size} bytes written to register {address} of {list(data)}")

    def _registers(self, servo: int) -> bytes:
        look, memory = self._chain.servos.look(servo), bytearray(_REGISTERS)
        memory[ID], memory[TORQUE], memory[TEMPERATURE] = servo, look.torque, _WARM
        self._fill(look.position, memory)
        return bytes(memory)

    @abstractmethod
    def _fill(self, count: int, memory: bytearray) -> None:
        """Enter the position of a servo [counts], and what only this kind knows."""

    @abstractmethod
    def _move(self, address: int, data: dict[int, bytes]) -> bool:
        """Start the moves that were written; False if that is no way to write them."""
