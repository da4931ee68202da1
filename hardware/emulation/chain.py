"""The servos on one board's wire: their power, their faults, and a monitor of every write."""

import time
from collections.abc import Callable, Iterable, Mapping

from hardware.emulation.faults import BusFaults
from hardware.emulation.monitor import BusMonitor
from hardware.emulation.servo import Move
from hardware.emulation.servos import EmulatedServoSet


class EmulatedChain:
    """What an emulated board does with decoded requests.

    volts: supply at the servos [V].
    """

    def __init__(
        self,
        servos: EmulatedServoSet,
        faults: BusFaults,
        monitor: BusMonitor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Join what was made for one arm."""
        self.servos, self.faults, self.monitor = servos, faults, monitor
        self.volts = 7.4
        self._clock = clock
        self._silent_until = clock()

    @property
    def alive(self) -> bool:
        """Return whether anything at all hears and answers."""
        return not self.faults.stuck and self._clock() >= self._silent_until

    @property
    def now(self) -> float:
        """Return the time [s]."""
        return self._clock()

    def brown_out(self, silent_s: float) -> None:
        """Reset everything: nothing is heard for a while, servos go limp and forget."""
        self._silent_until = self._clock() + silent_s
        self.servos.power_up()
        self.monitor.powered_up()

    def present(self, servo: int) -> bool:
        """Return whether there is such a servo."""
        return servo in self.servos.numbers and servo not in self.faults.missing

    def move(self, moves: Mapping[int, Move], *, one_by_one: bool = False) -> None:
        """Send servos on their way."""
        moves = {servo: move for servo, move in moves.items() if self.present(servo)}
        self.monitor.moved(moves, self.servos.measured())
        self.servos.move(moves, one_by_one=one_by_one)

    def torque(self, on: bool, servos: Iterable[int] | None = None) -> None:
        """Let ``servos`` (all) hold, or go limp."""
        chosen = filter(self.present, self.servos.numbers if servos is None else servos)
        numbers = tuple(chosen)
        self.monitor.torqued(on, numbers, self.servos.measured())
        self.servos.set_torque(on, numbers)

    def refuse(self, what: str) -> None:
        """Record a write that no driver may send, and do nothing."""
        self.monitor.refused(what)
