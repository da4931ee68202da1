"""An emulated UR controller in a process of its own, the driver of it, and a server over both."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from hardware.emulation.ur.process import EmulatedUrProcess
from hardware.server import ArmServer, Timing
from hardware.ur.ur_driver import UrDriver
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.model import load_arm

MODEL = load_arm("ur5")
START = MODEL.home
PERIOD = 1.0 / 125.0


def needs_library() -> None:
    """Skip the module where the client library is not installed."""
    pytest.importorskip("rtde_control", reason="pip install 'twinarm[ur]'")


@contextmanager
def robot(*options: str, pose: Vector = START) -> Iterator[EmulatedUrProcess]:
    """Yield a robot that stands in ``pose``, its gripper activated."""
    angles = [str(angle) for angle in pose.tolist()]
    with EmulatedUrProcess("--gripper-active", "--pose", *angles, *options) as emulated:
        yield emulated


@dataclass
class Driven:
    """A robot and its open driver, moved by hand: what a server does, step by step."""

    robot: EmulatedUrProcess
    driver: UrDriver

    def sweep(self, seconds: float, speed: float = 0.3, grip: float = 0.05) -> ArmState:
        """Move the first joint at ``speed`` [rad/s], reached within 0.2 s."""
        command = self.driver.hold()
        positions = command.positions.copy()
        began = before = time.monotonic()
        while (now := time.monotonic()) - began < seconds:
            state = self.driver.read()
            positions[0] += speed * min(now - before, 0.05) * min(1.0, (now - began) / 0.2)
            before = now
            self.driver.write(JointCommand(positions, grip))
            time.sleep(PERIOD)
        return state

    def stay(self, seconds: float) -> ArmState:
        """Hold, as under a stop: measure and write nothing."""
        self.driver.hold()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.driver.read()
            time.sleep(PERIOD)
        return state

    def hear(self) -> None:
        """Measure until something is heard of the robot, whatever was wrong before."""
        began, stamp = time.monotonic(), 0.0
        while stamp < began:
            assert time.monotonic() < began + 10.0, "not connected again"
            with suppress(ArmError):
                stamp = self.driver.read().stamp
            time.sleep(PERIOD)

    def truth(self) -> dict[str, Any]:
        return self.robot.happen("state")


@contextmanager
def driven(*options: str) -> Iterator[Driven]:
    with robot(*options) as emulated:
        driver = UrDriver(MODEL, emulated.host)
        driver.open()
        try:
            yield Driven(emulated, driver)
        finally:
            driver.close()


@contextmanager
def served(emulated: EmulatedUrProcess, **timing: Any) -> Iterator[str]:
    """Yield the address of a server, without keys, over the ``emulated`` robot."""
    until = Event()
    server = ArmServer(
        MODEL, UrDriver(MODEL, emulated.host), "tcp://127.0.0.1:0", timing=Timing(**timing)
    )
    with server:
        thread = Thread(target=server.serve, args=(until,), daemon=True)
        thread.start()
        try:
            yield str(server.endpoint)
        finally:
            until.set()
            thread.join()


def furthest(one: Any, other: Any) -> float:
    """Return the greatest difference of two poses [rad]."""
    return float(np.abs(np.asarray(one) - np.asarray(other)).max())
