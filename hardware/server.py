"""The arm server: sockets in one thread, the arm in a second, the watchdog in a third."""

import logging
import time
from dataclasses import dataclass
from threading import Event
from typing import Self

from hardware import protocol
from hardware.control import Control
from hardware.counters import Counters
from hardware.desk import RequestDesk, Terms
from hardware.driver import ArmDriver
from hardware.endpoint import Endpoint
from hardware.frame_publisher import PERIOD, FramePublisher
from hardware.frames import FrameSource
from hardware.keys import KeyStore
from hardware.lease import LeaseDesk
from hardware.messages import Done, Telemetry
from hardware.motion import Mode, Motion
from hardware.runner import Runner
from hardware.sockets import ServerSockets
from hardware.watchdog import Watchdog
from robot.command import ArmState
from robot.errors import ArmError
from robot.model import ArmModel

log = logging.getLogger(__name__)

_FORGETTING = 0.1  # [s] for which ROUTER may still take messages for a client that has left
_LONGEST_TEXT = 200  # bytes of an explanation in telemetry
_LONGEST_PARKING = 20.0  # [s] three times what the furthest way takes at creeping pace
_MOST_FAULTS = 8  # so that telemetry stays a small message whatever a driver reports
_BOUNDS = {
    "control_hz": (1.0, 1000.0),
    "telemetry_hz": (1.0, 1000.0),
    "watchdog_s": (0.05, 5.0),
    "rest_after_s": (0.1, 86_400.0),
}
"""Beyond these there is no control, no watchdog, or no time that a thread can wait."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast the server runs and how long it waits."""

    control_hz: float | None = None
    """Steps of the driver a second [Hz]; as many as its board is good for if not given."""
    telemetry_hz: float = 100.0
    """Telemetry messages a second [Hz]."""
    watchdog_s: float = 0.3
    """Silence after which a moving arm holds [s]."""
    rest_after_s: float | None = 60.0
    """Silence after which a holding arm folds to its rest pose [s]; None for never."""

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ArmError(f"timing: {name} must be {least:g} to {most:g}, got {value:g}")


class ArmServer:
    """Serves one arm to one controller and any number of observers.

    ``with ArmServer(model, driver) as server: server.serve(until)``. Entering opens the driver,
    listens and starts the control and watchdog threads; leaving holds and closes.
    """

    def __init__(
        self,
        model: ArmModel,
        driver: ArmDriver,
        address: str = "tcp://127.0.0.1:5555",
        *,
        keys: KeyStore | None = None,
        timing: Timing | None = None,
        runner: Runner | None = None,
        frames: FrameSource | None = None,
    ) -> None:
        """Prepare to serve at ``address``; port 0 takes a free one.

        keys: whose ``authorized_clients`` may connect; None lets in any program on this machine.
        runner: runs the policies that clients send; None refuses them.
        frames: pictures to publish; they belong to the caller, before and after.
        Raises ArmError where a server without keys could be reached from another machine.
        """
        self._wanted = Endpoint.parse(address)
        if keys is None and not self._wanted.is_loopback:
            raise ArmError(
                f"refusing to listen at {address} without keys, anyone on the network could move "
                "the arm: run `twinarm pair` first, or listen at tcp://127.0.0.1"
            )
        timing = timing or Timing()
        self._model, self._keys, self._timing, self._runner = model, keys, timing, runner
        self._frames = frames
        self._counters = Counters()
        self._motion = Motion(model.rest)
        self._leases = LeaseDesk(self._is_connected)
        self._control = Control(
            model, driver, self._motion, counters=self._counters, rate_hz=_rate(timing, driver)
        )
        self._watchdog = Watchdog(
            self._motion, self._counters, timing.watchdog_s, timing.rest_after_s
        )
        self._next_telemetry = self._suspicious_until = 0.0

    @property
    def endpoint(self) -> Endpoint:
        """Return where the server listens, once entered."""
        return self._sockets.endpoint

    def __enter__(self) -> Self:
        self._sockets = ServerSockets(
            self._wanted, self._keys, self._counters, pictures=self._frames is not None
        )
        self._publisher = self._frames and FramePublisher(
            self._frames, self._sockets.show, self._counters
        )
        try:
            self._control.start()
        except BaseException:
            self._sockets.close()
            raise
        self._desk = RequestDesk(
            self._model,
            self._motion,
            self._leases,
            self._counters,
            measured=self._measured,
            terms=Terms(
                self._sockets.telemetry_port,
                self._timing.watchdog_s,
                self._frames.name if self._frames else "",
                self._sockets.frames_port,
            ),
            runner=self._runner,
        )
        self._watchdog.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._desk.close()
        self._watchdog.close()
        self._control.close()
        self._sockets.close()

    def serve(self, until: Event) -> None:
        """Answer requests and publish telemetry until ``until`` is set."""
        while not until.is_set():
            self.serve_once()

    def park(self, hurry: Event) -> bool:
        """Fold slowly to the rest pose, still listening; return whether the arm lies there.

        Clients can no longer move the arm, but stop it. It holds where it is if it is stopped,
        if ``hurry`` is set, or if it does not get there in time.
        """
        self._motion.park("shutting down", self._control.snapshot.setpoint.gripper)
        log.info("folding the arm to its rest pose; a second signal leaves it where it is")
        deadline = time.monotonic() + _LONGEST_PARKING
        while not self._control.at_rest:
            order = self._motion.order
            if order.mode is Mode.STOPPED or hurry.is_set() or time.monotonic() > deadline:
                why = order.cause if order.mode is Mode.STOPPED else "interrupted"
                log.warning("not folded (%s): the arm holds where it is", why)
                return False
            self.serve_once()
        return True

    def serve_once(self) -> None:
        """Wait for requests until telemetry is due, answer them, publish."""
        due = self._next_telemetry - time.monotonic()
        somebody_left = self._sockets.wait(min(due, PERIOD) if self._publisher else due)
        for connection, payload in self._sockets.requests():
            self._sockets.send(connection, self._desk.answer(connection, payload))
        now = time.monotonic()
        if somebody_left:
            self._suspicious_until = now + _FORGETTING
        if now < self._suspicious_until:
            self._desk.drop_lost_lease()
        if now >= self._next_telemetry:
            self._next_telemetry = now + 1.0 / self._timing.telemetry_hz
            self._sockets.publish(self._telemetry())
        if self._publisher:
            self._publisher.turn()

    def _telemetry(self) -> Telemetry:
        now = self._control.snapshot
        return Telemetry(
            stamp=now.state.stamp,
            positions=tuple(now.state.positions.tolist()),
            velocities=tuple(now.state.velocities.tolist()),
            gripper=now.state.gripper,
            target_positions=tuple(now.setpoint.positions.tolist()),
            target_gripper=now.setpoint.gripper,
            mode=now.order.mode,
            cause=_short(now.order.cause),
            faults=tuple(_short(fault) for fault in now.state.faults[:_MOST_FAULTS]),
            holder=self._leases.holder,
            counters=self._counters.snapshot(),
        )

    def _measured(self) -> ArmState:
        return self._control.snapshot.state

    def _is_connected(self, connection: bytes) -> bool:
        # ROUTER tells who is gone only when sent to; a client skips what answers no request.
        return self._sockets.send(connection, protocol.encode(Done(0, time.monotonic())))


def _rate(timing: Timing, driver: ArmDriver) -> float:
    """Return the steps a second [Hz]. Raises ArmError for more than the driver is good for."""
    if timing.control_hz is None:
        return driver.rate_hz
    if timing.control_hz > driver.rate_hz:
        raise ArmError(
            f"timing: control_hz {timing.control_hz:g} is more than the {driver.rate_hz:g} Hz at "
            "which these servos can be read and written: ask for less, or leave it out"
        )
    return timing.control_hz


def _short(text: str) -> str:
    return text.encode(errors="replace")[:_LONGEST_TEXT].decode(errors="ignore")
