"""Judges every request and answers it. No sockets here: bytes in, bytes out."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hardware import protocol
from hardware.counters import Counters
from hardware.digest import model_digest
from hardware.errors import ProtocolError
from hardware.lease import LeaseDesk
from hardware.messages import (
    VERSION,
    Abort,
    Accepted,
    Chunk,
    Command,
    Done,
    Hello,
    Launch,
    Rearm,
    Refused,
    Release,
    Reply,
    Request,
    Stop,
    Upload,
    Watch,
    Welcome,
)
from hardware.motion import Motion
from hardware.refusal import Reason, Refusal
from hardware.run_desk import RunDesk
from hardware.runner import Runner
from robot.command import ArmState, JointCommand
from robot.errors import ArmError
from robot.limits import SafetyLimits
from robot.model import ArmModel

log = logging.getLogger(__name__)

FURTHEST_DEADLINE = 1.0
"""How far ahead a command's deadline may lie [s]; one further away would be none."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client is told on connecting."""

    telemetry_port: int
    watchdog_s: float
    camera: str = ""
    camera_port: int = 0


class RequestDesk:
    """Turns requests into changes of ``motion`` and ``leases``, or into counted refusals."""

    def __init__(
        self,
        model: ArmModel,
        motion: Motion,
        leases: LeaseDesk,
        counters: Counters,
        *,
        measured: Callable[[], ArmState],
        terms: Terms,
        runner: Runner | None = None,
    ) -> None:
        """Judge commands from where the arm is ``measured`` to be; ``runner`` runs policies."""
        self._model, self._motion, self._leases = model, motion, leases
        self._counters, self._measured, self._terms = counters, measured, terms
        self._limits = SafetyLimits(model)
        self._digest = model_digest(model)
        self._runs = RunDesk(model, motion, leases, counters, measured=measured, runner=runner)

    def answer(self, connection: bytes, payload: bytes) -> bytes:
        """Return the reply to ``payload`` from ``connection``. Never raises."""
        sequence = 0
        try:
            request = protocol.decode_request(payload)
            sequence = request.sequence
            reply = self._handle(connection, request)
        except ProtocolError as error:
            reply = self._refused(sequence, Reason.MALFORMED, str(error))
        except Refusal as refusal:
            reply = self._refused(sequence, refusal.reason, str(refusal))
        return protocol.encode(reply)

    def drop_lost_lease(self) -> None:
        """Hold and free the lease if its holder is no longer connected."""
        holder = self._leases.holder
        if self._leases.lost():
            self._counters.add("leases_lost")
            self._runs.end(f"lost {holder}, which watched")
            self._motion.hold(f"lost {holder}")
            log.warning("lost %s, which held the lease: holding", holder)

    def close(self) -> None:
        """End what runs here."""
        self._runs.close()

    def _handle(self, connection: bytes, request: Request) -> Reply:
        match request:
            case Command():
                return self._command(connection, request)
            case Hello():
                return self._hello(connection, request)
            case Stop():
                self._stop(connection, request)
            case Rearm():
                self._rearm(connection, request)
            case Release():
                self._release(connection, request)
            case Upload() | Chunk() | Launch() | Abort() | Watch():
                return self._runs.answer(connection, request)
        return Done(request.sequence, time.monotonic())

    def _hello(self, connection: bytes, hello: Hello) -> Welcome:
        if hello.arm not in ("", self._model.name):
            raise Refusal(
                Reason.WRONG_ARM, f"this server moves {self._model.name!r}, not {hello.arm!r}"
            )
        token = ""
        if hello.control:
            token = self._leases.grant(connection, _plain(hello.client)).token
            self._runs.end("another took the lease")
            self._motion.resume()
        log.info("%s connected to %s", _plain(hello.client), "control" if token else "observe")
        return Welcome(
            version=VERSION,
            sequence=hello.sequence,
            stamp=time.monotonic(),
            arm=self._model.name,
            digest=self._digest,
            lease=token,
            telemetry_port=self._terms.telemetry_port,
            watchdog_s=self._terms.watchdog_s,
            camera=self._terms.camera,
            camera_port=self._terms.camera_port,
        )

    def _command(self, connection: bytes, command: Command) -> Accepted:
        now = time.monotonic()
        lease = self._leases.check(connection, command.lease)
        _check_sequence(command.sequence, lease.last_sequence)
        lease.last_sequence = command.sequence
        _check_deadline(command.expires, now)
        if self._runs.running:
            raise Refusal(Reason.BUSY, "a policy moves the arm: wait for its end or abort it")
        try:
            target = JointCommand(np.array(command.positions), command.gripper)
            admission = self._limits.admit(target, self._measured())
        except ArmError as error:
            raise Refusal(Reason.UNSAFE, str(error)) from error
        self._motion.follow(admission.command)
        self._counters.add("clamped" if admission.clamped else "accepted")
        return Accepted(
            sequence=command.sequence,
            stamp=now,
            positions=tuple(admission.command.positions.tolist()),
            gripper=admission.command.gripper,
            clamped=admission.clamped,
        )

    def _stop(self, connection: bytes, stop: Stop) -> None:
        if not (stop.emergency or self._leases.holds(connection)):
            raise Refusal(
                Reason.NO_LEASE, "only the holder can end its own motion: send an emergency stop"
            )
        cause = f"{'emergency stop' if stop.emergency else 'stop'} by {_plain(stop.client)}"
        self._motion.stop(cause, emergency=stop.emergency)
        self._runs.end(cause)
        self._counters.add("emergency_stops" if stop.emergency else "stops")
        log.log(logging.WARNING if stop.emergency else logging.INFO, "%s", cause)

    def _rearm(self, connection: bytes, rearm: Rearm) -> None:
        lease = self._leases.check(connection, rearm.lease)
        self._runs.end(f"re-armed by {lease.client}")
        self._motion.rearm(f"re-armed by {lease.client}")
        self._counters.add("rearms")
        log.warning("re-armed by %s", lease.client)

    def _release(self, connection: bytes, release: Release) -> None:
        lease = self._leases.check(connection, release.lease)
        self._leases.release()
        self._runs.end(f"released by {lease.client}")
        self._motion.hold(f"released by {lease.client}")
        log.info("%s gave the lease back", lease.client)

    def _refused(self, sequence: int, reason: Reason, message: str) -> Refused:
        self._counters.add(f"refused_{reason}")
        log.debug("refused (%s): %s", reason, message)
        return Refused(sequence, time.monotonic(), reason, message[:300])


def _plain(name: str) -> str:
    """Return a client's name for itself, fit for a log line."""
    return " ".join(name.split())[:60] or "unnamed client"


def _check_sequence(sequence: int, last: int) -> None:
    if sequence == last:
        raise Refusal(Reason.REPLAYED, f"command {sequence} was received before")
    if sequence < last:
        raise Refusal(Reason.OUT_OF_ORDER, f"command {sequence} came after command {last}")


def _check_deadline(expires: float, now: float) -> None:
    if expires < now:
        raise Refusal(
            Reason.EXPIRED, f"the command arrived {1e3 * (now - expires):.0f} ms after its deadline"
        )
    if expires > now + FURTHEST_DEADLINE:
        raise Refusal(
            Reason.DEADLINE,
            f"the deadline lies {expires - now:.1f} s ahead, {FURTHEST_DEADLINE:g} s is the most",
        )
