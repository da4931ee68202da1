"""Round trip of a joint command over TCP with CURVE keys, to an emulated arm and back."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import numpy as np

from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm
from robot.command import JointCommand
from robot.errors import ArmError
from robot.loop import ControlLoop

NAME = "bridge"

RATE = 100.0
"""Commands a second [Hz]; an answer that takes longer than a period is late."""


def run(seconds: float = 20.0) -> dict[str, float | int | str | None]:
    """Command the arm along a slow wave and time each ``command`` from call to return.

    lost: commands that were refused or not answered; late: answered after the period's end.
    """
    loop = ControlLoop(RATE)
    trips: list[float] = []
    sent = 0
    with _remote_arm() as arm:
        for tick in loop.run(round(seconds * RATE)):
            command = _wave(arm, tick / RATE)
            sent += 1
            start = time.perf_counter()
            try:
                arm.command(command)
            except ArmError:
                continue
            trips.append(1e3 * (time.perf_counter() - start))
    p50, p99 = np.percentile(trips, (50.0, 99.0)) if trips else (math.nan, math.nan)
    return {
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "max_ms": max(trips, default=math.nan),
        "lost": sent - len(trips),
        "late": sum(trip > 1e3 / RATE for trip in trips),
        "sent": sent,
        "rate_hz": loop.report().rate,
    }


@contextmanager
def _remote_arm() -> Iterator[RemoteArm]:
    with TemporaryDirectory() as folder:
        keys = KeyStore(folder)
        pair_local(keys)
        with EmulatedServerProcess(keys=keys) as server, RemoteArm(server.url, keys=keys) as arm:
            yield arm


def _wave(arm: RemoteArm, t: float) -> JointCommand:
    """Return a command at ``t`` [s] of a 0.2 rad wave every 4 s on all joints."""
    swing = 0.2 * math.sin(2.0 * math.pi * t / 4.0)
    return JointCommand(arm.model.home + swing, 0.03)
