"""Measure what is particular to one arm; without a word, list what can be measured."""

from dataclasses import dataclass, field
from typing import Annotated

import tyro

from cli.calibrate_board import PrintedBoard, calibrate_board
from cli.calibrate_camera import CameraLens, calibrate_camera
from cli.calibrate_hand_eye import HandEyeOptions, calibrate_camera_place
from cli.calibrate_joints import Joints, calibrate_joints
from cli.calibrate_table import TableOptions, calibrate_table

EXAMPLES = """
  twinarm calibrate joints --driver i2c                        on the machine with the servos
  twinarm calibrate joints --driver ds --device /dev/ttyUSB0
  twinarm calibrate joints --driver emulated --board ds        see it done, without an arm
  twinarm calibrate board --board letter                       to print, for cameras
  twinarm calibrate camera --camera 0                          hold the board before it
  twinarm calibrate camera --camera images:shots --name video0 --square-mm 29.1
  twinarm calibrate hand-eye --camera tcp://pi:5555 --arm tcp://pi:5555     on the wrist
  twinarm calibrate hand-eye --camera 0 --arm tcp://pi:5555 --fixed         beside the arm
  twinarm calibrate table --camera tcp://pi:5555 --arm tcp://pi:5555
"""


_WHAT = {
    "joints": Joints,
    "board": PrintedBoard,
    "camera": CameraLens,
    "hand-eye": HandEyeOptions,
    "table": TableOptions,
}


@dataclass(frozen=True)
class Everything:
    """List what can be calibrated."""


@tyro.conf.configure(tyro.conf.OmitSubcommandPrefixes)
@dataclass(frozen=True)
class Options:
    """What to measure."""

    what: (
        Annotated[Joints, tyro.conf.subcommand("joints")]
        | Annotated[PrintedBoard, tyro.conf.subcommand("board")]
        | Annotated[CameraLens, tyro.conf.subcommand("camera")]
        | Annotated[HandEyeOptions, tyro.conf.subcommand("hand-eye")]
        | Annotated[TableOptions, tyro.conf.subcommand("table")]
        | Annotated[Everything, tyro.conf.subcommand("list")]
    ) = field(default_factory=Everything)
    """What to calibrate."""


def run(options: Options) -> int:
    """Calibrate it."""
    match options.what:
        case Joints():
            return calibrate_joints(options.what)
        case PrintedBoard():
            return calibrate_board(options.what)
        case CameraLens():
            return calibrate_camera(options.what)
        case HandEyeOptions():
            return calibrate_camera_place(options.what)
        case TableOptions():
            return calibrate_table(options.what)
    for name, what in _WHAT.items():
        print(f"twinarm calibrate {name:<9} {what.__doc__}")
    return 0
