"""From an emergency, a killed client or a cut cable to "hold" written on the servo bus."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.cable import Cable
from benchmarks.served_board import ServedBoard, served_board
from hardware.endpoint import Endpoint
from hardware.errors import StaleCommandError
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm
from hardware.server import Timing
from robot.command import JointCommand
from robot.errors import ArmError
from robot.loop import ControlLoop

NAME = "stop"

FAR_SIDE = "127.0.0.2"
"""Where the cable's near end listens: this machine, but not where the server does."""

_SWING = 0.7  # [rad] from home, to either side
_UNDER_WAY = (0.3, 0.9, 2.4)  # [s] of motion before an event: creeping, and at full speed
_AFTERMATH = 0.5  # [s] in which braking ends, whatever the speed
_SAME = 1  # [counts] by which two targets may differ and be one
_PATIENCE = 5.0  # [s] for a lost client's lease to lapse
_RATE = 100.0  # [Hz]


def run(repeats: int = 100) -> dict[str, float | int | str | None]:
    """Measure each ``repeats`` times on an arm in motion, a real server and an emulated DS board.

    A hold is the write whose targets no later write changes. worst: of all repeats [ms]; missed:
    events with none. A cut cable shows only by its silence, after watchdog_ms; a killed client
    by its connections, which its machine closes. breaches: writes that broke a safety rule.
    """
    with TemporaryDirectory() as folder:
        keys = KeyStore(folder)
        pair_local(keys)
        keys.trust(FAR_SIDE, keys.own("server").public)
        with served_board(keys) as served:
            delays = {
                name: [cause(served, keys, turn) for turn in range(repeats)]
                for name, cause in CAUSES.items()
            }
            breaches = served.board.monitor.breaches_seen
    figures: dict[str, float | int | str | None] = {}
    for name, found in delays.items():
        written = [1e3 * delay for delay in found if delay is not None]
        figures[f"{name}_worst_ms"] = max(written, default=None)
        figures[f"{name}_median_ms"] = float(np.median(written)) if written else None
        figures[f"{name}_missed"] = len(found) - len(written)
    watchdog = {"watchdog_ms": 1e3 * Timing().watchdog_s}
    return figures | watchdog | {"repeats": repeats, "breaches": breaches}


def _emergency(served: ServedBoard, keys: KeyStore, turn: int) -> float | None:
    with RemoteArm(served.url, keys=keys) as arm:
        _move(arm, turn, _under_way(turn))
        happened = time.monotonic()
        arm.emergency_stop()
        time.sleep(_AFTERMATH)
        arm.rearm()
    return _held_after(served, happened)


def _kill(served: ServedBoard, keys: KeyStore, turn: int) -> float | None:
    spawn = multiprocessing.get_context("spawn")
    mover = spawn.Process(target=_move_on, args=(served.url, keys.folder, turn), daemon=True)
    begun = time.monotonic()
    mover.start()
    while not _in_motion(served, begun):
        if not mover.is_alive():
            raise ArmError("the client that should be killed ended by itself")
        time.sleep(0.01)
    time.sleep(_under_way(turn))
    happened = time.monotonic()
    mover.kill()
    time.sleep(Timing().watchdog_s + _AFTERMATH)
    mover.join()
    return _held_after(served, happened)


def _cut(served: ServedBoard, keys: KeyStore, turn: int) -> float | None:
    port = Endpoint.parse(served.url).port
    with Cable(FAR_SIDE, "127.0.0.1", (port, port + 1)) as cable:
        arm = _connected(f"tcp://{FAR_SIDE}:{port}", keys)
        _move(arm, turn, _under_way(turn))
        happened = time.monotonic()
        cable.cut()
        time.sleep(Timing().watchdog_s + _AFTERMATH)
        arm.disconnect()
    return _held_after(served, happened)


CAUSES: dict[str, Callable[[ServedBoard, KeyStore, int], float | None]] = {
    "estop": _emergency,
    "killed": _kill,
    "cut": _cut,
}


def _held_after(served: ServedBoard, happened: float) -> float | None:
    """Return how long after ``happened`` [s] the last target was first written [s]."""
    writes = served.board.monitor.writes(happened)
    if not writes:
        return None
    last, held = writes[-1].targets, writes[-1].time
    for write in reversed(writes):
        if any(abs(write.targets.get(servo, at) - at) > _SAME for servo, at in last.items()):
            break
        held = write.time
    return held - happened


def _in_motion(served: ServedBoard, since: float) -> bool:
    targets = {tuple(write.targets.items()) for write in served.board.monitor.writes(since)}
    return len(targets) > 3


def _under_way(turn: int) -> float:
    return _UNDER_WAY[turn % len(_UNDER_WAY)]


def _move(arm: RemoteArm, turn: int, seconds: float) -> None:
    """Swing to the side that is this turn's for so long [s]."""
    target = JointCommand(arm.model.home + (_SWING if turn % 2 else -_SWING), 0.03)
    for _ in ControlLoop(_RATE).run(round(seconds * _RATE)):
        with suppress(StaleCommandError):  # a busy machine may delay one; the next follows
            arm.command(target)


def _move_on(url: str, keys: Path, turn: int) -> None:
    """Move until killed."""
    arm = _connected(url, KeyStore(keys))
    while True:
        _move(arm, turn, 1.0)


def _connected(url: str, keys: KeyStore) -> RemoteArm:
    """Return a connected arm, once the client before has lost its lease. Raises ArmError."""
    arm = RemoteArm(url, keys=keys)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            arm.connect()
        except ArmError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return arm
