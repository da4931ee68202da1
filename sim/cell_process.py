"""The process of an emulated cell: physics in real time, and pictures as fast as it is asked."""

import json
import signal
import struct
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

import cv2
import numpy as np

from robot.model import load_arm
from sim.cell_depth import CellDepth
from sim.cell_scene import CellScene
from sim.cell_things import Props, Stage, check_stage
from sim.cell_truth import CellCamera, draw_cell
from sim.cell_view import CellView
from sim.shared_arrays import SharedArrays

FAILED, READY, FRAME, ANSWER = b"!", b"+", b"f", b"a"
"""First byte of what the cell sends: why it failed, readiness, a picture, an answer to a call."""

FRAME_HEAD = struct.Struct("<dQ")
"""Before a picture: when it was taken [s] and its number."""

_TICK_S = 1.0 / 60.0
_CATCH_UP_S = 0.25  # [s] of physics at most in one go, so that a starved cell does not race
_SILENT_S = 0.25  # [s] without news of the servos, after which nobody presses


@dataclass(frozen=True, slots=True)
class CellSetup:
    """Which cell, seen by which camera, at which pace."""

    arm: str
    seed: int
    camera: CellCamera
    frames_hz: float
    props: Props


def shared_fields(joints: int) -> SharedArrays:
    """Return what the server and the cell tell each other all the time.

    angles: true ones of the joints and the crank [rad]. press: how far past what stops the jaws
    their servo wants to turn the crank [rad]. told: when these were written [s]. stopped: where
    the crank is kept from closing [rad]; nan if it is not.
    """
    return SharedArrays(
        {
            "angles": ((joints + 1,), np.float64),
            "press": ((1,), np.float64),
            "told": ((1,), np.float64),
            "stopped": ((1,), np.float64),
        }
    )


def run_cell(pipe: Connection, shared: SharedArrays, setup: CellSetup) -> None:
    """Be the cell until the other end of ``pipe`` is gone."""
    # These reach the whole process group; the server alone decides what they mean.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    cv2.setNumThreads(1)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            _Cell(pipe, shared, setup).run()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception:
            pipe.send_bytes(FAILED + traceback.format_exc().encode())


class _Cell:
    def __init__(self, pipe: Connection, shared: SharedArrays, setup: CellSetup) -> None:
        self._pipe, self._setup = pipe, setup
        self._shared = shared.views()
        self._truth = draw_cell(setup.seed)
        self._scene = CellScene(load_arm(setup.arm), self._truth)
        self._view = _view(self._scene, setup)
        self._number = 0
        self._calls: dict[str, Callable[..., Any]] = {
            "place_block": self._scene.place_block,
            "set_stage": self._set_stage,
            "score": self._score,
            "truth": self._tell_truth,
        }

    def run(self) -> None:
        """Keep up with the clock for as long as anybody listens."""
        self._pipe.send_bytes(READY)
        then = next_frame = time.monotonic()
        while True:
            now = time.monotonic()
            self._follow(min(now - then, _CATCH_UP_S))
            then = now
            if now >= next_frame:
                next_frame = max(next_frame + 1.0 / self._setup.frames_hz, now)
                self._show(now)
            self._listen(max(0.0, then + _TICK_S - time.monotonic()))

    def _follow(self, seconds: float) -> None:
        shared = self._shared
        angles = shared["angles"].tolist()
        if not shared["told"][0]:
            return  # nobody has said yet where the servos are
        fresh = time.monotonic() - shared["told"][0] < _SILENT_S
        self._scene.follow(angles, seconds, float(shared["press"][0]) if fresh else 0.0)
        stopped = self._scene.stopped_crank()
        shared["stopped"][0] = np.nan if stopped is None else stopped

    def _show(self, now: float) -> None:
        self._number += 1
        self._pipe.send_bytes(FRAME + FRAME_HEAD.pack(now, self._number) + self._view.encoded())

    def _listen(self, seconds: float) -> None:
        """Answer calls for ``seconds``. Raises EOFError once the other end is gone."""
        deadline = time.monotonic() + seconds
        while self._pipe.poll(max(0.0, deadline - time.monotonic())):
            call, arguments = json.loads(self._pipe.recv_bytes())
            answer = self._calls[call](**arguments)
            self._pipe.send_bytes(ANSWER + json.dumps(answer).encode())

    def _set_stage(self, stage: str) -> None:
        self._view.stage = check_stage(stage)

    def _score(self) -> dict[str, Any]:
        position, turn = self._scene.block_pose()
        return {
            "block_position": list(position),
            "block_turn": list(turn),
            "height": self._scene.height(),
            "lifted_s": self._scene.lifted_s(),
            "angles": self._scene.true_angles().tolist(),
        }

    def _tell_truth(self) -> dict[str, Any]:
        return {
            "values": self._truth.to_info(),
            "T_base_table": self._scene.T_base_table.tolist(),
            **self._view.truth(),
        }


class _View(Protocol):
    """Whatever takes the pictures of a cell."""

    stage: Stage
    """What there is to see."""

    def encoded(self) -> bytes:
        """Return what the camera sees now, as a file."""

    def truth(self) -> dict[str, Any]:
        """Return what is hidden of the camera; see ``EmulatedCell.truth``."""


def _view(scene: CellScene, setup: CellSetup) -> _View:
    if setup.camera == "depth":
        return CellDepth(scene)
    return CellView(scene, setup.camera, setup.props)
