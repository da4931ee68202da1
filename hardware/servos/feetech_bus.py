"""Feetech STS servos (STS3215 and its kin) on a bare bus."""

from collections.abc import Mapping

from hardware.servos import checks, ff_frames
from hardware.servos import feetech_registers as registers
from hardware.servos.boards import Board
from hardware.servos.ff_bus import FfBus

HOLD, HOLD_SPEED = 16, 200
"""A servo sent less than this far [counts] may be braking past it, and comes back at this speed."""


class FeetechBus(FfBus):
    """A ServoBus. All servos start together.

    An STS servo heeds speeds, not times, so a move's speed is its distance from where the servo
    was last read, or else sent, over its duration; a servo never read is read first.
    """

    def __init__(self, board: Board, device: str, servos: int = 6) -> None:
        super().__init__(board, device, servos, ff_frames.STS_REPLIES, registers.FAULTS)
        self._last: dict[int, int] = {}

    def ping(self, servo: int) -> None:
        """Return if ``servo`` answers and is well.

        Reads its number: the answer to a ping with a voltage fault is the echo of the ping.
        """
        self._well(self._ask(ff_frames.read(servo, registers.ID, 1), 1))

    def read(self, servo: int) -> int:
        """Return the present position of ``servo`` [counts]."""
        reply = self._ask(ff_frames.read(servo, registers.POSITION, 2), 2)
        position = registers.unpack_position(self._well(reply))
        self._last[servo] = checks.position(self._board, servo, position)
        return position

    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        """Send each servo to its target [counts] in ``duration_s`` [s]."""
        milliseconds = checks.milliseconds(self._board, targets, duration_s)
        data = {}
        for servo, target in targets.items():
            start = self._last[servo] if servo in self._last else self.read(servo)
            speed = _speed(abs(target - start), duration_s)
            data[servo] = registers.pack_target(target, milliseconds, speed)
        self._line.send(ff_frames.sync_write(registers.TARGET, data).encode())
        self._last.update(targets)

    def torque(self, on: bool) -> None:
        """Let all servos hold, or go limp."""
        self._write_all(registers.TORQUE, bytes((on,)))

    def voltage(self) -> float | None:
        """Return the supply at the first servo [V], be it well or not."""
        reply = self._ask(ff_frames.read(1, registers.VOLTAGE, 1), 1)
        return reply.params[0] / 10 if reply.params else None

    def close(self) -> None:
        """Let go of the port; the servos keep their last target. Safe to call twice."""
        super().close()
        self._last.clear()


def _speed(distance: int, duration_s: float) -> int:
    """Return the speed for ``distance`` [counts] in a time [s]; never 0, which is the fastest."""
    if duration_s == 0:
        return registers.FASTEST
    least = HOLD_SPEED if distance < HOLD else 1
    return min(registers.FASTEST, max(least, round(distance / duration_s)))
