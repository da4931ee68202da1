"""The emulated cell behind a server: its markers, its servos' errors, and who may judge in it."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

import numpy as np

from hardware.frames import Encoded, EncodedDepth, EncodedFrame
from hardware.serve_config import ServeConfig
from hardware.servo_port import EMULATED, ServoPort
from perception.board import named_board
from perception.cube import CubeTarget
from perception.dictionaries import marker_dictionary
from robot.errors import RobotError
from sim.cell import EmulatedCell
from sim.cell_depth import UNIT
from sim.cell_things import Props
from sim.cell_truth import CellCamera, CellTruth
from sim.quads import Quad

JUDGED = ("place_block", "set_stage", "score", "truth")
"""What a judge may ask of a cell."""

_PIXELS = 24  # of a picture a cell of a marker: more than any camera sees of it
_QUIET = 1  # cells of white around a marker


@dataclass(frozen=True, slots=True)
class CellOptions:
    """Which cell is served, and what is in it."""

    seed: int
    camera: CellCamera
    shows: str
    board: str
    judge: int | None


@contextmanager
def served_cell(options: CellOptions, config: ServeConfig) -> Iterator[EmulatedCell]:
    """Yield the running cell for the server of ``config``; it has to be ``wired`` to its servos.

    Raises RobotError for a real driver, UnknownNameError for another board or thing to show.
    """
    if config.driver != EMULATED:
        raise RobotError(
            f"--cell: a cell has emulated servos, so leave out --driver {config.driver}"
        )
    props = cell_props(options.board)
    with EmulatedCell(options.seed, arm=config.arm, camera=options.camera, props=props) as cell:
        cell.set_stage(options.shows)
        if options.judge is not None:
            Thread(target=_hear_judge, args=(options.judge, cell), daemon=True).start()
        yield cell


def with_servos_of(config: ServeConfig, truth: CellTruth) -> ServeConfig:
    """Return ``config`` with the servos that were drawn for the cell of ``truth``."""
    servos = replace(
        config.servos,
        speed=truth.servo_speed,
        lag_s=truth.servo_lag,
        backlash=truth.backlash,
        zero_std=truth.zero_std,
        gain_std=truth.gain_std,
    )
    return replace(config, servos=servos, seed=truth.servo_seed)


class CellFrames:
    """The cell's camera as what a server takes its pictures from."""

    def __init__(self, cell: EmulatedCell) -> None:
        """Take them from ``cell``."""
        self._cell = cell

    @property
    def name(self) -> str:
        """Return the camera's name."""
        return self._cell.name

    def latest(self) -> Encoded | None:
        """Return the newest picture. Raises RobotError once the cell has ended."""
        cell, frame = self._cell, self._cell.latest()
        if frame is None:
            return None
        if cell.camera == "depth":
            field = cell.model.depth_camera.fov_degrees
            return EncodedDepth(frame.data, frame.stamp, frame.number, *cell.size, UNIT, field)
        return EncodedFrame(frame.data, frame.stamp, frame.number, *cell.size)


def wire(cell: EmulatedCell, port: ServoPort) -> None:
    """Let the arm in ``cell`` be moved by the emulated servos behind ``port``."""
    assert port.emulated is not None, "a cell is never served with a real board"
    cell.follow(port.emulated.servos)


def cell_props(board: str) -> Props:
    """Return the tagged cube that ``locate`` looks for by default, and the board of that name."""
    cube, sheet = CubeTarget(), named_board(board)
    stickers = [_sticker(cube, number, pose) for number, pose in cube.faces.items()]
    wide, high = sheet.columns * sheet.square, sheet.rows * sheet.square
    corners = np.array([[0, 0, 0], [wide, 0, 0], [wide, high, 0], [0, high, 0]], float)
    return Props(stickers, cube.size, [Quad(corners, sheet.texture(5 * _PIXELS))])


def _sticker(cube: CubeTarget, number: int, T_cube_face: Any) -> Quad:
    """Return the printed marker ``number`` of ``cube`` with the white around it."""
    dictionary = marker_dictionary(cube.dictionary)
    cells = dictionary.markerSize + 2
    whole = cells + 2 * _QUIET
    picture = np.full((whole * _PIXELS, whole * _PIXELS), 255, np.uint8)
    inside = slice(_QUIET * _PIXELS, -_QUIET * _PIXELS)
    picture[inside, inside] = dictionary.generateImageMarker(number, cells * _PIXELS)
    half = cube.tag * whole / cells / 2.0
    flat = np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])
    return Quad(flat @ T_cube_face[:3, :3].T + T_cube_face[:3, 3], picture)


def _hear_judge(number: int, cell: EmulatedCell) -> None:
    """Answer the judge at the other end of an open socket, and stop the server with them."""
    with suppress(OSError), socket.socket(fileno=number) as line, line.makefile("rw") as lines:
        for request in lines:
            lines.write(json.dumps(_judged(cell, request)) + "\n")
            lines.flush()
    os.kill(os.getpid(), signal.SIGTERM)


def _judged(cell: EmulatedCell, request: str) -> dict[str, Any]:
    try:
        call, arguments = json.loads(request)
        if call not in JUDGED:
            raise RobotError(f"a judge asks one of {', '.join(JUDGED)}, not {call!r}")
        return {"answer": getattr(cell, call)(**arguments)}
    except (RobotError, ValueError, TypeError) as error:
        return {"error": str(error)}
