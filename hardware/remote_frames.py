"""The camera on the other end of a network: its newest picture over the bridge."""

import logging
import math
import os
import socket
import time
from collections import Counter
from dataclasses import dataclass

import zmq

from hardware import protocol
from hardware.endpoint import Endpoint
from hardware.errors import ProtocolError, ServerGoneError
from hardware.frames import Encoded, EncodedDepth, EncodedFrame
from hardware.keys import KeyStore
from hardware.link import Link
from hardware.messages import VERSION, Depth, Hello, Refused, Shot, Welcome
from robot.errors import ArmError

log = logging.getLogger(__name__)

_GLANCE = 0.1  # [s] between looks at whether the server is still there


@dataclass(slots=True)
class _Session:
    """What holds from opening to closing. last: number and stamp [s, there] of the last picture."""

    link: Link
    stream: zmq.Socket[bytes]
    port: int
    last: tuple[int, float] = (-1, -math.inf)


class RemoteFrames:
    """Looks through the camera of an ``ArmServer``, and moves nothing. For one thread.

    name: of the camera, once open.
    dropped: pictures that were not returned, by cause: ``malformed``, ``out_of_order`` (also
    those that came twice).
    """

    def __init__(
        self,
        url: str = "tcp://127.0.0.1:5555",
        *,
        keys: KeyStore | None = None,
        timeout_s: float = 1.0,
    ) -> None:
        """Prepare to connect to the server at ``url``; see ``RemoteArm``."""
        self._endpoint = Endpoint.parse(url)
        if keys is None and not self._endpoint.is_loopback:
            raise ArmError(f"{url} is on another machine, which needs keys: run `twinarm pair`")
        self._keys, self._timeout_s = keys, timeout_s
        self._session: _Session | None = None
        self.name = ""
        self.dropped: Counter[str] = Counter()

    def open(self) -> None:
        """Connect, and learn the camera's name. Raises ArmError if there is none."""
        self.close()
        link = Link(self._endpoint, self._keys, self._timeout_s)
        try:
            welcome = self._greet(link)
            stream = link.subscriber(welcome.camera_port, protocol.MAX_FRAME_BYTES)
        except BaseException:
            link.close()
            raise
        self.name = welcome.camera
        self._session = _Session(link, stream, welcome.camera_port)

    def read(self, patience_s: float = 1.0) -> Encoded:
        """Return the newest picture not returned before, its stamp on this machine's clock.

        Raises ServerGoneError if none comes for ``patience_s`` [s] or the server is gone.
        """
        session = self._connected()
        deadline = time.monotonic() + patience_s
        while True:
            session.link.check()
            left = max(0.0, deadline - time.monotonic())
            if session.stream.poll(math.ceil(1e3 * min(left, _GLANCE))):
                frame = self._taken(session)
                if frame is not None:
                    return frame
            if left == 0.0:
                raise ServerGoneError(self._silence(session, patience_s))

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            session.link.close()

    def _greet(self, link: Link) -> Welcome:
        client = f"{socket.gethostname()} (camera of process {os.getpid()})"
        reply = link.ask(lambda sequence: Hello(VERSION, sequence, client, "", control=False))
        if isinstance(reply, Refused):
            raise ArmError(reply.message)
        if not isinstance(reply, Welcome):
            raise ServerGoneError(f"the server answered {type(reply).__name__}, not Welcome")
        if not reply.camera_port:
            raise ArmError(
                f"the arm server {self._endpoint} has no camera: start it with one, such as "
                "`twinarm serve --camera 0`"
            )
        return reply

    def _taken(self, session: _Session) -> Encoded | None:
        """Return the picture that has arrived, or None if it is dropped."""
        try:
            frame = protocol.decode_frame(session.stream.recv())
        except ProtocolError as error:
            self._drop("malformed", str(error))
            return None
        clock, now = session.link.clock, time.monotonic()
        clock.observe(frame.sent, now)
        number, stamp = session.last
        if frame.number <= number or frame.stamp <= stamp:
            self._drop("out_of_order", f"picture {frame.number} came after {number}")
            return None
        session.last = frame.number, frame.stamp
        return _here(frame, min(now, clock.local(frame.stamp)))

    def _drop(self, cause: str, detail: str) -> None:
        self.dropped[cause] += 1
        log.debug("dropped a picture from %s: %s", self._endpoint, detail)

    def _silence(self, session: _Session, patience_s: float) -> str:
        dropped = ", ".join(f"{count} {cause}" for cause, count in self.dropped.items())
        return (
            f"no picture from {self.name} at {self._endpoint} for {patience_s:.2g} s, though "
            "connected: the camera stands still or was unplugged (the server's log tells), or TCP "
            f"port {session.port} is blocked" + (f" (dropped: {dropped})" if dropped else "")
        )

    def _connected(self) -> _Session:
        if self._session is None:
            raise ArmError(f"not connected to the camera at {self._endpoint}: call open() first")
        return self._session


def _here(shot: Shot, stamp: float) -> Encoded:
    number, width, height = shot.number, shot.width, shot.height
    if isinstance(shot, Depth):
        return EncodedDepth(shot.png, stamp, number, width, height, shot.unit, shot.fov_degrees)
    return EncodedFrame(shot.jpeg, stamp, number, width, height)
