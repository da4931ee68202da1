"""Run the server that moves an arm: on the Raspberry Pi, or anywhere with an emulated one."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Literal

from cli.on_pi import run_policy
from cli.served_camera import served_camera
from hardware.endpoint import Endpoint
from hardware.serve import run_server
from hardware.serve_config import ServeConfig
from robot.errors import RobotError

EXAMPLES = """
  twinarm pair --local && twinarm serve       an emulated arm for this machine alone
  twinarm serve --board i2c --faults.rate 0.01
  twinarm serve --driver i2c --host 0.0.0.0   a DOFBot, for every machine whose key was authorized
  twinarm serve --driver i2c --camera 0       and the pictures of its camera, /dev/video0
  twinarm serve --arm ur5 --driver ur --device 192.168.0.10      a UR5 and its 2F-85
  twinarm serve --arm ur5                     an emulated UR controller
  twinarm serve --cell 7                      an emulated arm at an emulated table, with a camera
  twinarm serve --cell 7 --cell-camera depth  and with a depth camera at its wrist instead
"""


@dataclass(frozen=True, slots=True)
class Options(ServeConfig):
    """What to serve, where, and to whom."""

    camera: str | None = None
    """Camera whose pictures clients may see: 0, /dev/video0, video:FILE or images:FOLDER."""
    cell: int | None = None
    """Put the emulated arm at a table with a tagged block and a camera, all of it simulated and
    hidden: sizes, lens, light, friction and servos are drawn from this seed."""
    cell_camera: Literal["wrist", "fixed", "depth"] = "wrist"
    """The cell's camera: one of colour on the arm or on a tripod in front of it, or one of depth on
    the arm."""
    cell_shows: Literal["block", "board", "hand", "waved"] = "block"
    """What is in the cell: the block, or a board on the table, in the hand, waved by a person."""
    cell_board: str = "a4"
    """Calibration board of the cell, as for `twinarm calibrate board`."""
    judge: int | None = None
    """Number of an open socket over which whoever started this places the cell's block and is
    told the truth."""


def run(options: Options) -> int:
    """Serve until Ctrl-C."""
    logging.getLogger().setLevel(_level(options))
    if options.cell is not None:
        _serve_cell(options, options.cell)
        return 0
    with served_camera(options.camera) as frames:
        run_server(options, partial(_tell, options), runner=run_policy, frames=frames)
    return 0


def _level(options: Options) -> int:
    """Return how grave it has to be to be told: who judges a cell has words of their own."""
    if options.judge is not None:
        return logging.ERROR
    return logging.WARNING if options.quiet else logging.INFO


def _serve_cell(options: Options, seed: int) -> None:
    from cli.emulated_cell import CellFrames, CellOptions, served_cell, wire, with_servos_of

    if options.camera is not None:
        raise RobotError("--cell has a camera of its own: leave out --camera")
    chosen = CellOptions(
        seed, options.cell_camera, options.cell_shows, options.cell_board, options.judge
    )
    with served_cell(chosen, options) as cell:
        run_server(
            with_servos_of(options, cell.drawn),
            partial(_tell, options),
            runner=run_policy,
            frames=CellFrames(cell),
            wired=partial(wire, cell),
        )


def _tell(options: Options, endpoint: Endpoint) -> None:
    print(f"ready at {endpoint} ({options.driver} arm); Ctrl-C stops", flush=True)
