"""A server, a rude client and a stopwatch for the bridge's tests."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, Self

import numpy as np
import zmq

from hardware import protocol
from hardware.curve import secure_client
from hardware.driver import ArmDriver
from hardware.emulation.ideal_joints import IdealJoints
from hardware.endpoint import Endpoint
from hardware.frames import Encoded, EncodedDepth, EncodedFrame, FrameSource
from hardware.keys import KeyStore
from hardware.messages import VERSION, Command, Done, Hello, Reply, Request, Welcome
from hardware.runner import Runner
from hardware.server import ArmServer, Timing
from robot.command import JointCommand
from robot.model import load_arm

MODEL = load_arm("dofbot")


class RunningServer:
    """A real server on a thread of this process, so that a test can look at its driver."""

    def __init__(
        self,
        driver: ArmDriver,
        keys: KeyStore | None,
        timing: Timing,
        runner: Runner | None = None,
        frames: FrameSource | None = None,
    ) -> None:
        self._driver = driver
        self._server = ArmServer(
            MODEL,
            driver,
            "tcp://127.0.0.1:0",
            keys=keys,
            timing=timing,
            runner=runner,
            frames=frames,
        )
        self._until = Event()
        self._thread = Thread(target=self._server.serve, args=(self._until,), daemon=True)

    def __enter__(self) -> Self:
        self._server.__enter__()
        self.url = str(self._server.endpoint)
        self._thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.hang_network()
        self._server.__exit__(None, None, None)

    @property
    def driver(self) -> IdealJoints:
        assert isinstance(self._driver, IdealJoints)
        return self._driver

    def hang_network(self) -> None:
        """Let the network thread never look at its sockets again."""
        self._until.set()
        self._thread.join()


class HandCamera:
    """A camera whose pictures a test takes by hand."""

    name = "hand"

    def __init__(self) -> None:
        self.frame: Encoded | None = None

    def latest(self) -> Encoded | None:
        return self.frame

    def take(self, number: int, jpeg: bytes = b"a picture", stamp: float | None = None) -> None:
        when = time.monotonic() if stamp is None else stamp
        self.frame = EncodedFrame(jpeg, when, number, 64, 48)

    def measure(self, number: int, png: bytes, unit: float = 1e-4, fov: float = 82.0) -> None:
        self.frame = EncodedDepth(png, time.monotonic(), number, 64, 48, unit, fov)


class RawClient:
    """A client with valid keys and no manners: sends any bytes, at any time."""

    def __init__(self, url: str, keys: KeyStore | None) -> None:
        endpoint = Endpoint.parse(url)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        if keys:
            server = keys.known_server(endpoint.host, endpoint.port)
            secure_client(self.socket, keys.own("client"), server)
        self.socket.connect(url)
        self.lease = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._context.destroy(linger=0)

    def ask_bytes(self, payload: bytes) -> Reply:
        self.socket.send(payload)
        while self.socket.poll(20_000):
            reply = protocol.decode_reply(self.socket.recv())
            if not (isinstance(reply, Done) and reply.sequence == 0):
                return reply
        raise AssertionError("no answer")

    def ask(self, request: Request) -> Reply:
        return self.ask_bytes(protocol.encode(request))

    def take_lease(self, client: str = "raw") -> Welcome:
        welcome = self.ask(Hello(VERSION, 1, client, "", control=True))
        assert isinstance(welcome, Welcome)
        self.lease = welcome.lease
        return welcome

    def move(self, sequence: int, positions: Any = None, **changes: Any) -> Command:
        """Return a good command, but for ``changes``."""
        where = MODEL.home + 0.3 if positions is None else positions
        fields: dict[str, Any] = {
            "sequence": sequence,
            "lease": self.lease,
            "expires": time.monotonic() + 0.2,
            "positions": tuple(float(position) for position in where),
            "gripper": 0.03,
        }
        return Command(**(fields | changes))


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait for ``condition``; return whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def still(driver: IdealJoints, seconds: float = 0.15) -> bool:
    """Whether the arm does not move for a while."""
    before = driver.true_positions
    time.sleep(seconds)
    return bool(np.abs(driver.true_positions - before).max() < 1e-3)


def away_from_home(driver: IdealJoints) -> float:
    """How far the furthest joint is from where every test begins, by its own scale [rad]."""
    return float(np.abs(driver.true_positions - MODEL.home).max())


def forward(step: float = 0.4) -> JointCommand:
    return JointCommand(MODEL.home + step, 0.03)
