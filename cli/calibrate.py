"""Measure what is particular to one arm; without a word, list what can be measured."""

from dataclasses import dataclass, field
from typing import Annotated

import tyro

from cli.calibrate_joints import Joints, calibrate_joints

EXAMPLES = """
  twinarm calibrate joints --driver i2c                        on the machine with the servos
  twinarm calibrate joints --driver ds --device /dev/ttyUSB0
  twinarm calibrate joints --driver emulated --board ds        see it done, without an arm
"""


@dataclass(frozen=True)
class Everything:
    """List what can be calibrated."""


@tyro.conf.configure(tyro.conf.OmitSubcommandPrefixes)
@dataclass(frozen=True)
class Options:
    """What to measure."""

    what: (
        Annotated[Joints, tyro.conf.subcommand("joints")]
        | Annotated[Everything, tyro.conf.subcommand("list")]
    ) = field(default_factory=Everything)
    """What to calibrate."""


def run(options: Options) -> int:
    """Calibrate it."""
    if isinstance(options.what, Joints):
        return calibrate_joints(options.what)
    print(f"twinarm calibrate joints    {Joints.__doc__}")
    return 0
