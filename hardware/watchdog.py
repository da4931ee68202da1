"""Holds the arm when commands stop coming, whatever else hangs."""

import logging
from threading import Event, Thread

from hardware.counters import Counters
from hardware.motion import Motion

log = logging.getLogger(__name__)


class Watchdog:
    """A thread that lets the order of ``motion`` lapse.

    It shares no socket, driver or long-held lock with the other threads. Should the control
    thread itself hang, the arm holds too: a driver is only ever told the next period's step.
    """

    def __init__(
        self, motion: Motion, counters: Counters, timeout_s: float, rest_after_s: float | None
    ) -> None:
        """Hold after ``timeout_s`` without a command; fold to rest after ``rest_after_s``."""
        self._motion, self._counters = motion, counters
        self._timeout_s, self._rest_after_s = timeout_s, rest_after_s
        self._done = Event()
        self._thread = Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        terms = self._timeout_s, self._rest_after_s
        while not self._done.wait(self._motion.lapses_in(*terms)):
            entered = self._motion.expire(*terms)
            if entered is not None:
                self._counters.add(f"watchdog_{entered}")
                log.warning("watchdog: %s (%s)", entered, self._motion.order.cause)
