"""The control thread: turns the present order into one small step of the driver a period."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event, Thread

import numpy as np

from hardware.counters import Counters
from hardware.driver import ArmDriver, never
from hardware.motion import Mode, Motion, Order
from hardware.setpoint import BLOCKED, SetPoint
from robot.command import ArmState, JointCommand
from robot.errors import ArmError
from robot.loop import ControlLoop
from robot.model import ArmModel

log = logging.getLogger(__name__)

_LONGEST_STEP = 2  # periods: a thread that was kept waiting must not make up for it in one jump
_ARRIVED = 0.1  # [rad] a folded arm leans on itself
_STILL = 0.1  # [rad/s]
_PATIENCE = 1.0  # [s] for the last period's work when closing


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest measurement and set-point, and the order they belong to."""

    state: ArmState
    setpoint: JointCommand
    order: Order


class Control:
    """Sole user of the driver. Reads, takes a step, writes, at a fixed rate.

    An order that ends a motion interrupts both the wait for the next period and a measurement
    that is under way, and is acted on with the last measurement.
    """

    snapshot: Snapshot

    def __init__(
        self,
        model: ArmModel,
        driver: ArmDriver,
        motion: Motion,
        *,
        counters: Counters,
        rate_hz: float,
    ) -> None:
        """Prepare a thread that drives ``driver`` at ``rate_hz`` as ``motion`` orders."""
        self._driver, self._motion, self._counters = driver, motion, counters
        self._loop = ControlLoop(rate_hz, sleep=self._sleep)
        self._setpoint = SetPoint(model)
        self._held: tuple[Order, JointCommand] | None = None
        self._ticked = 0.0
        self._done = Event()
        self._thread = Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Open the driver, take the measured pose as set-point, begin. Raises ArmError."""
        self._driver.open()
        try:
            self.snapshot = self._begin_here(self._measured(), self._motion.order)
        except BaseException:
            self._driver.close()
            raise
        self._thread.start()

    def close(self) -> None:
        """End the thread, hold and let go of the driver. For a control that was started."""
        self._done.set()
        self._motion.stop("the server is shutting down", emergency=True)
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            log.error("the driver hangs and cannot be closed; the arm keeps its last target")
            return
        for close in (self._driver.hold, self._driver.close):
            try:
                close()
            except Exception as error:
                log.error("the driver did not close well: %s", error, exc_info=_unforeseen(error))

    @property
    def at_rest(self) -> bool:
        """Return whether the arm stands still at the end of its way to the rest pose."""
        state, order = self.snapshot.state, self.snapshot.order
        if order.mode is not Mode.RESTING or order.target is None:
            return False
        way = np.abs(order.target.positions - [self.snapshot.setpoint.positions, state.positions])
        return bool(way.max() < _ARRIVED and np.abs(state.velocities).max() < _STILL)

    def _run(self) -> None:
        self._ticked = time.monotonic()
        for _ in self._loop.run():
            self._tick()
            if self._done.is_set():
                break
        log.info("control loop: %s", self._loop.report())

    def _sleep(self, seconds: float) -> None:
        """Wait for the next period; act at once on what is urgent until then."""
        until = time.monotonic() + seconds
        while not self._done.is_set() and self._motion.urgent.wait(until - time.monotonic()):
            self._tick()

    def _tick(self) -> None:
        """Measure and take a step. Whatever the driver raises stops the arm and is told."""
        now = time.monotonic()
        dt = min(now - self._ticked, _LONGEST_STEP * self._loop.period)
        self._ticked = now
        try:
            state = self._read(self._motion.urgent.is_set) or self.snapshot.state
            self._move(self._newest_order(), state, dt)
        except Exception as error:
            self._fail(error)

    def _newest_order(self) -> Order:
        self._motion.urgent.clear()  # first, so that none that comes meanwhile is missed
        return self._motion.order

    def _measured(self) -> ArmState:
        state = self._read(never)
        if state is None:
            raise ArmError("the driver gave up a measurement unasked")
        return state

    def _read(self, give_up: Callable[[], bool]) -> ArmState | None:
        state = self._driver.read(give_up)
        if state is None:
            return None
        values = (*state.positions, *state.velocities, state.gripper, state.stamp)
        if not np.isfinite(values).all():
            raise ArmError(
                f"the driver measured {state.positions} rad, {state.velocities} rad/s, "
                f"{state.gripper} m at {state.stamp} s"
            )
        return state

    def _move(self, order: Order, state: ArmState, dt: float) -> None:
        held = self._hold_driver(order) if order.target is None else None
        if order.mode is Mode.STOPPED:
            self.snapshot = self._begin_here(state, order, held)
            return
        applied = self._driver.write(self._setpoint.step(order, state, dt))
        self._setpoint.grip(applied.gripper)
        if self._setpoint.blocked is order:
            state = replace(state, faults=(*state.faults, BLOCKED))
            if BLOCKED not in self.snapshot.state.faults:
                self._counters.add("keep_out_holds")
        self.snapshot = Snapshot(state, applied, order)

    def _begin_here(
        self, state: ArmState, order: Order, held: JointCommand | None = None
    ) -> Snapshot:
        self._setpoint.begin(state, held)
        return Snapshot(state, self._setpoint.command, order)

    def _hold_driver(self, order: Order) -> JointCommand:
        """Tell the driver to hold, once an order; again if it could not be told."""
        if self._held is None or self._held[0] is not order:
            self._held = order, self._driver.hold()
            self._setpoint.stand(self._held[1])
        return self._held[1]

    def _fail(self, error: Exception) -> None:
        if not self._motion.order.emergency:
            log.error("driver fault, stopping: %s", error, exc_info=_unforeseen(error))
            self._counters.add("driver_faults")
            self._motion.stop(f"driver fault: {error}", emergency=True)
        order = self._newest_order()
        with suppress(Exception):  # servos that cannot be read may still obey
            self._hold_driver(order)
        faulty = replace(self.snapshot.state, faults=(str(error),))
        self.snapshot = Snapshot(faulty, self.snapshot.setpoint, order)


def _unforeseen(error: Exception) -> Exception | None:
    """Return ``error`` if its traceback tells more than its message, which names the mend."""
    return None if isinstance(error, ArmError) else error
