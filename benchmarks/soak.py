"""An hour in minutes: a client, a server and a bus that garbles some of its answers."""

from __future__ import annotations

import math
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.served_board import ServedBoard, served_board
from hardware.emulation.faults import BusFaults
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm
from robot.command import JointCommand
from robot.errors import ArmError
from robot.loop import ControlLoop

NAME = "soak"

RATE = 50.0
"""Commands a second [Hz]."""
FAULTY = 0.01
"""Share of the bus's answers with a random fault."""

_SETTLED = 30.0  # [s] after which memory should not grow any more
_SAMPLE = 1.0  # [s] between looks at the server's memory


def run(seconds: float = 600.0) -> dict[str, float | int | str]:
    """Swing the arm for ``seconds``, reconnecting and re-arming where the server stopped it.

    unsafe_writes: that broke a rule of the bus monitor. stops: that a person would have had to
    re-arm. faults: answers that were spoilt. memory_growth_mb: of the server's resident memory,
    from half a minute after the start to the end, by a straight line through it.
    """
    faults = BusFaults(FAULTY)
    with TemporaryDirectory() as folder:
        keys = KeyStore(folder)
        pair_local(keys)
        with served_board(keys, faults=faults) as served:
            course = _Course(served, keys)
            course.run(seconds)
            alive = served.server.process.poll() is None
            monitor = served.board.monitor
            return {
                "seconds": seconds,
                "crashes": int(not alive),
                "unsafe_writes": monitor.breaches_seen,
                "first_unsafe": "; ".join(monitor.breaches[:3]) or "none",
                "writes": monitor.writes_seen,
                "faults": sum(faults.drawn.values()),
                "commands": course.accepted,
                "refused": course.refused,
                "stops": course.stops,
                "memory_mb": course.memory[-1][1],
                "memory_growth_mb": _growth(course.memory),
            }


class _Course:
    """What a patient client does all that time, and what it counts."""

    def __init__(self, served: ServedBoard, keys: KeyStore) -> None:
        self._served, self._keys = served, keys
        self.accepted = self.refused = self.stops = 0
        self.memory: list[tuple[float, float]] = []

    def run(self, seconds: float) -> None:
        """Command for so long [s]."""
        with RemoteArm(self._served.url, keys=self._keys) as arm:
            begun = time.monotonic()
            looked = -_SAMPLE
            for _ in ControlLoop(RATE).run(round(seconds * RATE)):
                t = time.monotonic() - begun
                self._command(arm, t)
                if t - looked > _SAMPLE:
                    looked = t
                    self.memory.append((t, _resident_mb(self._served)))

    def _command(self, arm: RemoteArm, t: float) -> None:
        try:
            arm.command(_wave(arm, t))
            self.accepted += 1
        except ArmError:
            self.refused += 1
            if arm.telemetry().mode == "stopped":
                self.stops += 1
                arm.rearm()


def _wave(arm: RemoteArm, t: float) -> JointCommand:
    """Return a command at ``t`` [s] that swings all joints and the jaws, each at its own pace."""
    swing = [0.5 * math.sin(2.0 * math.pi * t / (5.0 + joint)) for joint in range(arm.model.n)]
    return JointCommand(arm.model.home + np.array(swing), 0.03 + 0.02 * math.sin(t))


def _resident_mb(served: ServedBoard) -> float:
    status = Path(f"/proc/{served.server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024.0


def _growth(memory: list[tuple[float, float]]) -> float:
    """Return by how much the fitted line rises from half a minute on [MB]; 0 if that is short."""
    settled = np.array([entry for entry in memory if entry[0] > _SETTLED])
    if len(settled) < 10:
        return 0.0
    slope = np.polyfit(settled[:, 0], settled[:, 1], 1)[0]
    return float(slope * (settled[-1, 0] - settled[0, 0]))
