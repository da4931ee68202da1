"""An arm server with a camera whose pictures a test takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Self

from camera_contract import SIZE, jpeg

from hardware.frames import EncodedFrame, FrameSource
from hardware.server import ArmServer
from hardware.servo_port import servo_port
from hardware.servos.calibration import nominal
from hardware.servos.servo_driver import ServoDriver
from robot.model import load_arm


class TestCamera:
    """Takes pictures at 30 Hz that show their numbers; of ``size``, spoilt if ``spoilt``."""

    __test__ = False
    name = "bench"

    def __init__(self) -> None:
        self.size, self.announced, self.spoilt = SIZE, True, False
        self.frame: EncodedFrame | None = None
        self.going, self._over = Event(), Event()
        self.going.set()
        self._thread = Thread(target=self._run, daemon=True)

    def latest(self) -> EncodedFrame | None:
        return self.frame

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self.going.set()
        self._thread.join()

    def _picture(self, number: int) -> bytes:
        return jpeg(number, self.size)

    def _run(self) -> None:
        number = 0
        while not self._over.wait(1 / 30):
            self.going.wait()
            number += 1
            data = self._picture(number)
            said = self.size if self.announced else SIZE
            whole = data[: len(data) // 2] if self.spoilt else data
            self.frame = EncodedFrame(whole, time.monotonic(), number, *said)


@contextmanager
def camera_server(frames: FrameSource) -> Iterator[str]:
    """Yield the address of a server without keys that publishes ``frames``."""
    model = load_arm("dofbot")
    with servo_port(model, "emulated", "ds", None) as port:
        driver = ServoDriver(model, port.bus, nominal(model, port.board))
        until = Event()
        with ArmServer(model, driver, "tcp://127.0.0.1:0", frames=frames) as server:
            thread = Thread(target=server.serve, args=(until,))
            thread.start()
            try:
                yield str(server.endpoint)
            finally:
                until.set()
                thread.join()
