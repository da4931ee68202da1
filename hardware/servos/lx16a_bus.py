"""LX-16A servos on a bare bus."""

from collections.abc import Mapping

from hardware.servos import checks, lx_frames
from hardware.servos.bus import ServoFaultError
from hardware.servos.serial_bus import SerialBus

HOT_C = 85
"""Where a servo unloads itself as it is delivered [deg C]."""


class Lx16aBus(SerialBus):
    """A ServoBus. Every servo is told its move, then one frame starts all."""

    def ping(self, servo: int) -> None:
        """Return if ``servo`` answers and is not too hot: all that it tells of itself."""
        (celsius,) = self._ask(servo, lx_frames.READ_TEMPERATURE, 1)
        if celsius >= HOT_C:
            raise ServoFaultError(f"servo {servo} is too hot ({celsius} °C): let it cool")

    def read(self, servo: int) -> int:
        """Return the present position of ``servo`` [counts]."""
        count = lx_frames.unpack_word(self._ask(servo, lx_frames.READ_POSITION, 2))
        return checks.position(self._board, servo, count)

    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        """Send each servo to its target [counts] in ``duration_s`` [s]."""
        milliseconds = checks.milliseconds(self._board, targets, duration_s)
        frames = [lx_frames.move_waiting(servo, to, milliseconds) for servo, to in targets.items()]
        self._send(*frames, lx_frames.start())

    def torque(self, on: bool) -> None:
        """Let all servos hold, or go limp."""
        self._send(lx_frames.load(lx_frames.BROADCAST, on))

    def voltage(self) -> float | None:
        """Return the supply at the first servo [V]."""
        return lx_frames.unpack_word(self._ask(1, lx_frames.READ_VOLTAGE, 2)) / 1000

    def _send(self, *frames: lx_frames.Frame) -> None:
        self._line.send(b"".join(frame.encode() for frame in frames))

    def _ask(self, servo: int, command: int, count: int) -> bytes:
        """Return the ``count`` parameters with which ``servo`` answers a read command."""
        size = count + lx_frames.FRAMES.shortest

        def belongs(frame: bytes) -> bool:
            reply = lx_frames.Frame.decode(frame)
            return (reply.servo, reply.command, len(frame)) == (servo, command, size)

        request = lx_frames.Frame(servo, command).encode()
        frame = self._line.ask(servo, request, lx_frames.FRAMES, size, belongs)
        return lx_frames.Frame.decode(frame).params
