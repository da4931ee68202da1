"""Serve an emulated UR controller as a process: ``python -m hardware.emulation.ur.serve --help``.

Lines on standard input are what happens to it: see ``ORDERS``. Each is answered by its state.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import pi

import numpy as np
import tyro

from hardware.emulation.ur.controller import Controller
from hardware.emulation.ur.joints import Joints
from hardware.emulation.ur.ports import GRIPPER, Ports
from hardware.emulation.ur.robotiq import RobotiqGripper
from hardware.ur.modes import SafetyMode

_BUILD = 106339
_ADDRESSES = [f"127.0.0.{last}" for last in (*range(2, 250), 1)]
"""Those of this machine; where only 127.0.0.1 is one, as on macOS, that is taken."""
_LATE = 0.1  # [s] of cycles at most that are caught up with


@dataclass(frozen=True, slots=True)
class Options:
    """What to emulate, and where."""

    host: str | None = None
    """Address to listen at; one of this machine, 127.0.0.x, if not given. Its ports are fixed."""
    version: tuple[int, int, int] = (3, 15, 8)
    """Of PolyScope: 3.x is CB3 at 125 Hz, 5.x the e-Series at 500 Hz."""
    pose: tuple[float, float, float, float, float, float] = (0.0, -pi / 2, 0.0, -pi / 2, 0.0, 0.0)
    """Where it stands at first [rad]; the maker's home, straight up, if not given."""
    gripper_active: bool = False
    """Begin with the gripper activated."""


class EmulatedUr:
    """A controller, its gripper and its ports, on one event loop."""

    def __init__(self, options: Options) -> None:
        """Build what ``options`` describe."""
        joints = Joints(np.array(options.pose))
        self.controller = Controller(joints, version=(*options.version, _BUILD))
        self.gripper = RobotiqGripper(active=options.gripper_active)
        self.ports = Ports(options.host or "", self.controller, self.gripper)

    async def open(self) -> str:
        """Listen, and return where. Raises OSError if the address, or every one, is taken."""
        if self.ports.host:
            await self.ports.open()
            return self.ports.host
        for self.ports.host in _ADDRESSES:
            with suppress(OSError):
                await self.ports.open()
                return self.ports.host
        raise OSError(f"ports of a UR controller are taken at {_ADDRESSES[0]} and all others")

    async def run(self) -> None:
        """Advance in real time for ever."""
        dt = 1.0 / self.controller.rate_hz
        due = time.monotonic()
        while True:
            due = max(due + dt, time.monotonic() - _LATE)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.controller.tick(dt)
            self.gripper.tick(dt)
            self.ports.send()

    def state(self) -> str:
        """Return the truth as one line of JSON."""
        controller = self.controller
        told = {
            "time": time.monotonic(),
            "positions": controller.joints.positions.tolist(),
            "velocities": controller.joints.velocities.tolist(),
            "target": controller.target.tolist(),
            "running": controller.program is not None,
            "programs": controller.programs_started,
            "jaws": self.gripper.position,
        }
        return json.dumps(told)

    async def obey(self, line: str) -> None:
        """Let happen what ``line`` says."""
        word, _, value = line.strip().partition(" ")
        if word == "heal":
            self.ports.silent = False
            await self.ports.open()
        elif word == "block":
            self.gripper.block = int(value) if value else None
        elif word == "place":
            self.controller.place(np.array([float(angle) for angle in value.split()]))
        elif word in ORDERS:
            ORDERS[word](self)


def _set(name: str, value: bool) -> Callable[[EmulatedUr], None]:
    return lambda ur: setattr(ur.controller if name == "remote" else ur.ports, name, value)


ORDERS: dict[str, Callable[[EmulatedUr], None]] = {
    "protective_stop": lambda ur: ur.controller.trip(SafetyMode.PROTECTIVE_STOP),
    "emergency_stop": lambda ur: ur.controller.trip(SafetyMode.ROBOT_EMERGENCY_STOP),
    "safeguard_stop": lambda ur: ur.controller.trip(SafetyMode.SAFEGUARD_STOP),
    "recover": lambda ur: ur.controller.recover(),
    "power_off": lambda ur: ur.controller.power_off(),
    "stop_program": lambda ur: ur.controller.stop_program(),
    "local": _set("remote", False),
    "remote": _set("remote", True),
    "cut": lambda ur: ur.ports.cut(),
    "drop": lambda ur: ur.ports.drop(),
    "drop_gripper": lambda ur: ur.ports.drop(GRIPPER),
    "pull": _set("silent", True),
    "plug": _set("silent", False),
    "state": lambda ur: None,
}
"""What can be made to happen by a line of this word.

Also ``heal`` after a cut; ``block COUNT`` between the jaws, or nothing; ``place Q1 .. Q6``.
"""


async def _serve(options: Options) -> None:
    ur = EmulatedUr(options)
    host = await ur.open()
    running = asyncio.create_task(ur.run())
    _say(f"ready at {host}")
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    obeying = asyncio.create_task(_obey(ur, orders))
    done, _ = await asyncio.wait({running, obeying}, return_when=asyncio.FIRST_COMPLETED)
    ur.ports.cut()
    done.pop().result()


async def _obey(ur: EmulatedUr, orders: asyncio.StreamReader) -> None:
    while line := await orders.readline():
        await ur.obey(line.decode())
        _say(ur.state())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Serve until standard input closes; return the exit status."""
    logging.basicConfig(level=logging.WARNING, format="emulated UR: %(message)s")
    try:
        asyncio.run(_serve(tyro.cli(Options, description=__doc__)))
    except OSError as error:
        sys.stderr.write(f"the emulated UR cannot be served: {error}\n")
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
