"""An arm on the other end of a network: the ``Arm`` interface over the bridge."""

import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hardware.digest import model_digest
from hardware.endpoint import Endpoint
from hardware.errors import ServerGoneError, StaleCommandError
from hardware.keys import KeyStore
from hardware.link import Link
from hardware.messages import (
    VERSION,
    Accepted,
    Command,
    Done,
    Hello,
    Progress,
    Rearm,
    Refused,
    Release,
    Reply,
    Request,
    Stop,
    Telemetry,
    Welcome,
)
from hardware.refusal import Reason
from robot.arm import Arm
from robot.command import ArmState, JointCommand
from robot.errors import ArmError, CommandRefusedError, ModelError
from robot.limits import SafetyLimits
from robot.model import ArmModel, load_arm

log = logging.getLogger(__name__)

_Reply = TypeVar("_Reply", Accepted, Done, Progress, Welcome)


@dataclass(slots=True)
class _Session:
    """What holds from connecting to disconnecting. lease: "" for an observer."""

    link: Link
    lease: str
    limits: SafetyLimits
    newest: Telemetry


class RemoteArm(Arm):
    """Moves, or only observes, the arm of an ``ArmServer``.

    Commands must keep coming: the server holds the arm when they stop for longer than its
    watchdog time. The lease is kept until ``disconnect``, however long no command is sent.
    """

    def __init__(
        self,
        url: str = "tcp://127.0.0.1:5555",
        *,
        keys: KeyStore | None = None,
        observe: bool = False,
        timeout_s: float = 1.0,
        time_to_live_s: float = 0.2,
    ) -> None:
        """Prepare to connect to the server at ``url``.

        keys: this machine's keys; None only for a server on this machine that uses none.
        timeout_s: how long to wait for any answer before the server counts as gone [s].
        time_to_live_s: age at which a command is dropped instead of followed [s].
        Raises ArmError for an address that is not tcp://host:port or needs keys.
        """
        self._endpoint = Endpoint.parse(url)
        if keys is None and not self._endpoint.is_loopback:
            raise ArmError(f"{url} is on another machine, which needs keys: run `twinarm pair`")
        self._keys, self._observe = keys, observe
        self._timeout_s, self._time_to_live_s = timeout_s, time_to_live_s
        self._client = f"{socket.gethostname()} (process {os.getpid()})"
        self._model: ArmModel | None = None
        self._session: _Session | None = None

    @property
    def model(self) -> ArmModel:
        """Return the arm the server says it moves, asking it if not connected yet.

        Raises ArmError if it cannot be asked, ModelError if it means another arm by that name.
        """
        if self._model is None:
            link = self._open_link()
            try:
                self._model = _model_of(self._greet(link, control=False))
            finally:
                link.close()
        return self._model

    def connect(self) -> None:
        """Take the lease, unless only observing, and wait for the first measurement.

        The arm does not move. After an own ``stop`` it obeys again; an emergency stop stays
        until ``rearm``. Raises ArmError.
        """
        self.disconnect()
        link = self._open_link()
        try:
            welcome = self._greet(link, control=not self._observe)
            self._model = _model_of(welcome)
            newest = self._first_telemetry(link, welcome.telemetry_port)
        except BaseException:
            link.close()
            raise
        self._session = _Session(link, welcome.lease, SafetyLimits(self._model), newest)

    def state(self) -> ArmState:
        """Return the newest measurement published. Raises ArmError if the server is gone."""
        newest = self.telemetry()
        return ArmState(
            np.array(newest.positions),
            np.array(newest.velocities),
            newest.gripper,
            newest.stamp,
            newest.faults,
        )

    def telemetry(self) -> Telemetry:
        """Return all that was last published: measurement, set-point, mode, counters.

        Raises ArmError if the server is gone or its arm no longer measured.
        """
        session = self._connected()
        session.link.check()
        session.newest = session.link.telemetry() or session.newest
        age = session.link.clock.at(time.monotonic()) - session.newest.stamp
        if age > self._timeout_s:
            raise ServerGoneError(f"no measurement from {self._endpoint} for {age:.1f} s")
        return session.newest

    def command(self, command: JointCommand) -> JointCommand:
        """Send ``command``, within the safety limits, and return it as the server applied it.

        Raises CommandRefusedError for a command that cannot be followed, StaleCommandError for
        one that came too late, ArmError if the arm is stopped, leased to another, or gone.
        """
        session = self._controlled()
        wanted = session.limits.admit(command, self.state()).command
        reply = session.link.ask(
            lambda sequence: Command(
                sequence=sequence,
                lease=session.lease,
                expires=session.link.clock.at(time.monotonic()) + self._time_to_live_s,
                positions=tuple(wanted.positions.tolist()),
                gripper=wanted.gripper,
            )
        )
        accepted = _expect(Accepted, reply)
        return JointCommand(np.array(accepted.positions), accepted.gripper)

    def stop(self) -> None:
        """End the motion and hold; commands raise until connected anew. Nothing if not in control.

        Raises ArmError if the server does not answer; its watchdog then holds the arm.
        """
        if self._session is not None and self._session.lease:
            self._stop(self._session.link, emergency=False)

    def emergency_stop(self) -> None:
        """Hold at once, also where another moves the arm, until someone calls ``rearm``."""
        self._stop(self._connected().link, emergency=True)

    def rearm(self) -> None:
        """Undo any stop, once it is safe to move. Raises ArmError if not in control."""
        self.ask(Done, Rearm)

    def ask(self, kind: type[_Reply], request: Callable[[int, str], Request]) -> _Reply:
        """Send ``request(sequence, lease)`` and return its answer, which has to be of ``kind``.

        Raises ArmError if not in control, if the server refuses, or if it is gone.
        """
        session = self._controlled()
        return _expect(kind, session.link.ask(lambda sequence: request(sequence, session.lease)))

    def disconnect(self) -> None:
        """Give the lease back, which makes the arm hold, and hang up. Safe to call twice."""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            if session.lease:
                session.link.ask(lambda sequence: Release(sequence, session.lease))
        except ArmError:
            log.info("%s was gone before the lease was given back", self._endpoint)
        finally:
            session.link.close()

    def _open_link(self) -> Link:
        return Link(self._endpoint, self._keys, self._timeout_s)

    def _greet(self, link: Link, *, control: bool) -> Welcome:
        arm = self._model.name if self._model else ""
        reply = link.ask(lambda sequence: Hello(VERSION, sequence, self._client, arm, control))
        return _expect(Welcome, reply)

    def _first_telemetry(self, link: Link, port: int) -> Telemetry:
        link.subscribe(port)
        newest = link.telemetry(self._timeout_s)
        if newest is None:
            raise ServerGoneError(
                f"{self._endpoint} answers but sends no telemetry: let TCP port {port} through, too"
            )
        return newest

    def _stop(self, link: Link, *, emergency: bool) -> None:
        _expect(Done, link.ask(lambda sequence: Stop(sequence, self._client, emergency)))

    def _connected(self) -> _Session:
        if self._session is None:
            raise ArmError(f"not connected to {self._endpoint}: call connect() first")
        return self._session

    def _controlled(self) -> _Session:
        session = self._connected()
        if not session.lease:
            raise ArmError(f"only observing {self._endpoint}: connect without observe to move it")
        return session


def _model_of(welcome: Welcome) -> ArmModel:
    model = load_arm(welcome.arm)
    if model_digest(model) != welcome.digest:
        raise ModelError(
            f"the server's {welcome.arm!r} is not described as it is here: install the same "
            "twinarm on both machines"
        )
    return model


def _expect(kind: type[_Reply], reply: Reply) -> _Reply:
    """Return ``reply`` if it is of ``kind``; raise what a refusal means."""
    if isinstance(reply, kind):
        return reply
    if not isinstance(reply, Refused):
        raise ServerGoneError(f"the server answered {type(reply).__name__}, not {kind.__name__}")
    if reply.reason in (Reason.UNSAFE, Reason.MALFORMED):
        raise CommandRefusedError(reply.message)
    if reply.reason == Reason.EXPIRED:
        raise StaleCommandError(reply.message)
    raise ArmError(reply.message)
