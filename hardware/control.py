"""The control thread: turns the present order into one small step of the driver a period."""

import logging
import time
from dataclasses import dataclass
from threading import Event, Thread

import numpy as np

from hardware.counters import Counters
from hardware.driver import ArmDriver
from hardware.motion import Mode, Motion, Order
from hardware.soft_start import SoftStart
from robot.command import ArmState, JointCommand
from robot.errors import ArmError
from robot.limits import SafetyLimits
from robot.loop import ControlLoop
from robot.model import ArmModel
from robot.trajectory import MotionLimiter

log = logging.getLogger(__name__)

_LONGEST_STEP = 2  # periods: a thread that was kept waiting must not make up for it in one jump
_PATIENCE = 1.0  # [s] for the last period's work when closing


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest measurement and set-point, and the order they belong to."""

    state: ArmState
    setpoint: JointCommand
    order: Order


class Control:
    """Sole user of the driver. Reads, steps within the motion limits, writes, at a fixed rate."""

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
        self._limits = SafetyLimits(model)
        self._limiter = MotionLimiter(model)
        self._soft_start = SoftStart(model)
        self._held: Order | None = None
        self._done = Event()
        self._thread = Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Open the driver, take the measured pose as set-point, begin. Raises ArmError."""
        self._driver.open()
        try:
            self.snapshot = self._begin_here(self._read(), self._motion.order)
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
            except Exception:
                log.exception("the driver did not close well")

    def _run(self) -> None:
        before = time.monotonic()
        for _ in self._loop.run():
            now = time.monotonic()
            self._tick(min(now - before, _LONGEST_STEP * self._loop.period))
            before = now
            if self._done.is_set():
                break
        log.info("control loop: %s", self._loop.report())

    def _tick(self, dt: float) -> None:
        """Do one period's work. Whatever the driver raises stops the arm and is told."""
        order = self._motion.order
        try:
            self._move(order, self._read(), dt)
        except Exception as error:
            self._fail(order, error)

    def _read(self) -> ArmState:
        state = self._driver.read()
        if not (np.isfinite(state.positions).all() and np.isfinite(state.velocities).all()):
            raise ArmError(f"the driver measured {state.positions} rad, {state.velocities} rad/s")
        return state

    def _move(self, order: Order, state: ArmState, dt: float) -> None:
        if order.mode is Mode.STOPPED:
            if self._held is not order:
                self._driver.hold()
                self._held = order
            self.snapshot = self._begin_here(state, order)
            return
        setpoint = self._step(order, state, dt)
        self._driver.write(setpoint)
        self.snapshot = Snapshot(state, setpoint, order)

    def _step(self, order: Order, state: ArmState, dt: float) -> JointCommand:
        target = order.target
        if target is None:
            return self._limiter.hold(dt)
        if order.mode is Mode.RESTING:
            self._soft_start.reset()
            target = self._limits.admit(target, state).command
        here = self._limiter.command.positions
        return self._limiter.step(self._soft_start.shorten(target, here, dt), dt)

    def _begin_here(self, state: ArmState, order: Order) -> Snapshot:
        self._limiter.reset(state.positions, state.gripper)
        self._soft_start.reset()
        return Snapshot(state, self._limiter.command, order)

    def _fail(self, order: Order, error: Exception) -> None:
        if not order.emergency:
            unforeseen = None if isinstance(error, ArmError) else error
            log.error("driver fault, stopping: %s", error, exc_info=unforeseen)
            self._counters.add("driver_faults")
            self._motion.stop(f"driver fault: {error}", emergency=True)
        last = self.snapshot.state
        faulty = ArmState(last.positions, last.velocities, last.gripper, last.stamp, (str(error),))
        self.snapshot = Snapshot(faulty, self.snapshot.setpoint, self._motion.order)

    def _sleep(self, seconds: float) -> None:
        if self._motion.stopping.wait(seconds):
            self._motion.stopping.clear()
