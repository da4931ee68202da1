"""What an arm server is told on its command line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from hardware.emulation.servo_errors import ServoErrors
from hardware.endpoint import DEFAULT_PORT
from hardware.server import Timing
from hardware.servo_port import EMULATED, FaultOptions


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """What to serve, where, and to whom."""

    arm: str = "dofbot"
    """Arm to move, by its folder in urdf/."""
    driver: str = EMULATED
    """Board its servos are on: i2c, se, ds, feetech or lx16a; ur for a Universal Robots controller;
    or emulated."""
    device: str | None = None
    """Port of the board, its usual one if not given; or the address of the UR controller."""
    calibration: Path | None = None
    """File of its joints; the one that `twinarm calibrate joints` wrote if not given."""
    park: bool = True
    """Fold the arm to its rest pose and switch torque off before leaving."""
    host: str = "127.0.0.1"
    """Address to listen at; 0.0.0.0 for every network of this machine."""
    port: int = DEFAULT_PORT
    """TCP port for requests, the next one being for telemetry; 0 takes free ones."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys: any program on this machine may move the arm, nothing from outside can."""
    board: str = "ds"
    """Board to emulate; ur, also for an arm of six joints without hobby servos, is a controller.
    Other arms without them need none: their joints go where they are sent."""
    seed: int = 0
    """Of the emulated servos' hidden errors."""
    servos: ServoErrors = field(default_factory=ServoErrors)
    """How the emulated servos differ from ideal ones."""
    faults: FaultOptions = field(default_factory=FaultOptions)
    """What is wrong with the emulated board."""
    timing: Timing = field(default_factory=Timing)
    """How fast the server runs and how long it waits."""
    quiet: bool = False
    """Log warnings and errors alone."""
    until_stdin_closes: Annotated[bool, tyro.conf.Suppress] = False
    """Also stop at the end of standard input, so as not to outlive a parent process."""
