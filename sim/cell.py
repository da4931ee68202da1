"""An emulated cell: a table, an arm, a block and a camera in a process of their own.

It is the stand-in for reality. What moves its arm are the emulated servos of a server; what it
gives back are pictures, and the resistance of what is between the jaws. Its truth is for judges.
"""

import json
import time
from dataclasses import dataclass
from multiprocessing import get_context
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, Protocol, Self

import numpy as np

from robot.command import Vector
from robot.errors import RobotError
from robot.model import load_arm
from sim import cell_depth
from sim.cell_process import (
    ANSWER,
    FAILED,
    FRAME,
    FRAME_HEAD,
    CellSetup,
    run_cell,
    shared_fields,
)
from sim.cell_things import Props, check_stage
from sim.cell_truth import SIZE, CellCamera, draw_cell

_TICK_S = 0.01  # between two looks at the servos
_START_S = 30.0  # [s] for a process to begin on a busy machine
_ANSWER_S = 5.0
_LOOK_S = 0.1
_END_S = 3.0
_COLOUR_HZ, _DEPTH_HZ = 12.0, 30.0


class TrueServos(Protocol):
    """Servos that have joints on them: where these truly are, and what the jaws meet."""

    @property
    def true_positions(self) -> Vector:
        """Return where the joints really are [n] [rad]."""

    @property
    def true_crank(self) -> float:
        """Return where the gripper's crank really is [rad]."""

    @property
    def crank_strain(self) -> float:
        """Return how far past what stops the jaws their servo wants to turn the crank [rad]."""

    def stop_jaws(self, crank: float | None) -> None:
        """Let the jaws close until their crank truly is at ``crank`` [rad]; None: freely."""


@dataclass(frozen=True, slots=True)
class CellFrame:
    """One picture, taken at stamp [s], monotonic clock, as a file.

    data: a JPEG, or of a depth camera a grey PNG of 16 bits in units of ``cell_depth.UNIT``.
    """

    data: bytes
    stamp: float
    number: int


class EmulatedCell:
    """The cell of one seed. ``with EmulatedCell(7, props=props) as cell: cell.follow(servos)``.

    Its process ends with this one, however that ends. drawn: what is hidden in it; for whoever
    builds the servos of its arm, and for judges.
    """

    def __init__(
        self,
        seed: int,
        *,
        arm: str = "dofbot",
        camera: CellCamera = "wrist",
        frames_hz: float | None = None,
        props: Props | None = None,
    ) -> None:
        """Prepare the cell of ``seed``; ``props`` carry the pictures of markers.

        frames_hz: pictures a second; if None 12 in colour, 30 of depth, which cost far less.
        Raises RobotError for a negative seed, UnknownNameError for another arm, ModelError for one
        without grasps or that camera.
        """
        self.drawn = draw_cell(seed)
        self.camera, self.model = camera, load_arm(arm)
        _ = self.model.grasp, self.model.depth_camera if camera == "depth" else self.model.camera
        rate = frames_hz or (_DEPTH_HZ if camera == "depth" else _COLOUR_HZ)
        self._setup = CellSetup(arm, seed, camera, rate, props or Props())
        self._newest: CellFrame | None = None
        self._cause: str | None = None
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        self._over, self._calling = Event(), Lock()
        self._follower: Thread | None = None

    @property
    def name(self) -> str:
        """Return what calibrations of this camera are filed under."""
        return f"cell-{self._setup.seed}-{self.camera}"

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of the pictures [px]."""
        return cell_depth.SIZE if self.camera == "depth" else SIZE

    def __enter__(self) -> Self:
        """Start the process and wait until it lives. Raises RobotError if it does not."""
        context = get_context("spawn")
        self._shared = shared_fields(self.model.n)
        self._views = self._shared.views()
        self._views["stopped"][0] = np.nan
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=run_cell, args=(theirs, self._shared, self._setup), daemon=True
        )
        self.process.start()
        theirs.close()
        self._wait_until_ready()
        self._reader = Thread(target=self._read, name="cell", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self._follower is not None:
            self._follower.join()
        self.process.terminate()
        self.process.join(_END_S)
        self._reader.join(_END_S)
        self._pipe.close()

    def follow(self, servos: TrueServos) -> None:
        """Let the cell's arm go where ``servos`` truly are, until the end, in a thread."""
        self._tell(servos)
        self._follower = Thread(target=self._keep_telling, args=(servos,), daemon=True)
        self._follower.start()

    def latest(self) -> CellFrame | None:
        """Return the newest picture; None before the first. RobotError once the cell has ended."""
        self._check()
        return self._newest

    def place_block(self, x: float, y: float, yaw: float = 0.0) -> None:
        """Put the block on the table at (x, y) [m], turned by ``yaw`` [rad]."""
        self._call("place_block", x=x, y=y, yaw=yaw)

    def set_stage(self, stage: str) -> None:
        """Show the ``block``, or the ``board`` on the table, in the arm's ``hand``, or ``waved``.

        Raises UnknownNameError for another, RobotError for a board before a depth camera.
        """
        if check_stage(stage) != "block" and self.camera == "depth":
            raise RobotError(f"a depth camera sees no print, so no board: {stage}")
        self._call("set_stage", stage=stage)

    def score(self) -> dict[str, Any]:
        """Return where the block truly is, and for how long it has been lifted; see the process.

        block_position [m], block_turn (x, y, z, w), height above the table [m], lifted_s [s],
        angles of joints and crank [rad].
        """
        answer: dict[str, Any] = self._call("score")
        return answer

    def truth(self) -> dict[str, Any]:
        """Return everything that is hidden.

        values: as drawn. T_base_camera, T_base_table [4, 4]. Of a colour camera: matrix,
        distortion of the lens, T_parent_camera (in the link it is mounted on, or the base),
        T_base_board [4, 4]. Of a depth camera: fov_degrees.
        """
        answer: dict[str, Any] = self._call("truth")
        return answer

    def _wait_until_ready(self) -> None:
        try:
            if not self._pipe.poll(_START_S):
                raise RobotError(f"the cell did not start within {_START_S:.0f} s")
            said = self._pipe.recv_bytes()
        except EOFError:
            said = FAILED + b"its process ended"
        if said[:1] == FAILED:
            self.process.terminate()
            raise RobotError(f"the cell could not start: {said[1:].decode()}")

    def _read(self) -> None:
        try:
            while True:
                said = self._pipe.recv_bytes()
                if said[:1] == FRAME:
                    self._newest = _frame(said[1:])
                elif said[:1] == ANSWER:
                    self._answers.put(said[1:])
                else:
                    self._cause = said[1:].decode()
        except (EOFError, OSError):
            self.process.join(_END_S)
            self._cause = self._cause or f"its process ended (exit {self.process.exitcode})"

    def _keep_telling(self, servos: TrueServos) -> None:
        stopped: float | None = None
        while not self._over.wait(_TICK_S) and self._cause is None:
            self._tell(servos)
            crank = float(self._views["stopped"][0])
            now_stopped = None if np.isnan(crank) else crank
            if now_stopped != stopped:
                servos.stop_jaws(now_stopped)
                stopped = now_stopped

    def _tell(self, servos: TrueServos) -> None:
        self._views["angles"][:-1] = servos.true_positions
        self._views["angles"][-1] = servos.true_crank
        self._views["press"][0] = servos.crank_strain
        self._views["told"][0] = time.monotonic()

    def _call(self, call: str, **arguments: object) -> Any:
        """Let the cell do something and return its answer. Raises RobotError if it has ended."""
        with self._calling:
            self._check()
            self._pipe.send_bytes(json.dumps([call, arguments]).encode())
            deadline = time.monotonic() + _ANSWER_S
            while time.monotonic() < deadline:
                try:
                    return json.loads(self._answers.get(timeout=_LOOK_S))
                except Empty:
                    self._check()
            raise RobotError(f"the emulated cell did not answer within {_ANSWER_S:.0f} s")

    def _check(self) -> None:
        if self._cause is not None:
            raise RobotError(f"the emulated cell has ended: {self._cause}")


def _frame(said: bytes) -> CellFrame:
    stamp, number = FRAME_HEAD.unpack_from(said)
    return CellFrame(said[FRAME_HEAD.size :], stamp, number)
