"""What both DOFBot boards do when written to; registers of one are commands of the other."""

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.servo import Move
from hardware.servos import i2c_registers as registers

_OF_THE_BOARD = frozenset({0x02, 0x03, 0x04, 0x06})
"""Lamp, button mode, kind of host, buzzer: nothing to do with the servos."""


class DofbotCommands:
    """Forwards to one servo after the other, in one common time."""

    def __init__(self, chain: EmulatedChain) -> None:
        """Act on the servos of ``chain``; the time of a move of six is not yet told."""
        self._chain = chain
        self._six_ms = 0

    def write(self, number: int, data: bytes) -> None:
        """Do what was written; record what no driver may write."""
        servo = number - registers.SERVO
        if servo in range(1, registers.SIX + 1) and len(data) == 4:
            target, milliseconds = registers.unpack_target(data)
            self._move({servo: Move(target, milliseconds / 1000.0)})
        elif number == registers.SIX_TIME and len(data) == 2:
            (self._six_ms,) = registers.unpack_words(data)
        elif number == registers.SIX_TARGETS and len(data) == 12:
            self._move_six(*registers.unpack_words(data), self._six_ms)
        elif number in (registers.SIX_TARGETS, registers.SIX_TIME) and len(data) == 14:
            self._move_six(*registers.unpack_words(data))
        elif number == registers.TORQUE and len(data) == 1:
            self._chain.torque(data != b"\0")
        elif number not in _OF_THE_BOARD:
            self._chain.refuse(f"{data.hex(' ')} written to 0x{number:02X}")

    def position(self, servo: int) -> int:
        """Return what ``servo`` tells the board [counts]; 0 if nothing."""
        return self._chain.servos.count(servo) if self._chain.present(servo) else 0

    def _move_six(self, *words: int) -> None:
        """Move six servos to their targets in the time behind them [ms]."""
        *targets, milliseconds = words
        duration = milliseconds / 1000.0
        self._move({servo: Move(target, duration) for servo, target in enumerate(targets, start=1)})

    def _move(self, moves: dict[int, Move]) -> None:
        self._chain.move(moves, one_by_one=True)
