"""An emulated arm in this process, board and all, behind a server of its own."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import radians
from threading import Event, Thread

from hardware.emulation.board import EmulatedBoard
from hardware.emulation.servo_errors import ServoErrors
from hardware.server import ArmServer
from hardware.servos import servo_driver
from hardware.servos.boards import named_board
from hardware.servos.calibration import nominal
from robot.command import Vector
from robot.model import ArmModel

HIDDEN = ServoErrors(backlash=radians(0.5))
"""How emulated servos err, but for the zeros and gains that their seed decides."""


@dataclass(frozen=True, slots=True)
class EmulatedArm:
    """Where the server listens, without keys, and where the joints truly are [n] [rad]."""

    url: str
    true_positions: Callable[[], Vector]


@contextmanager
def emulated_arm(
    model: ArmModel, board: str, seed: int, errors: ServoErrors = HIDDEN
) -> Iterator[EmulatedArm]:
    """Serve a ``model`` with hidden ``errors`` on ``board``, through the real driver.

    Raises UnknownNameError for another board.
    """
    kind, until = named_board(board), Event()
    with EmulatedBoard(model, kind, seed=seed, errors=errors) as emulated:
        driver = servo_driver.ServoDriver(model, emulated.bus(), nominal(model, kind))
        with _nobody_to_warn(), ArmServer(model, driver, "tcp://127.0.0.1:0") as server:
            thread = Thread(target=server.serve, args=(until,), name="server")
            thread.start()
            try:
                yield EmulatedArm(str(server.endpoint), lambda: emulated.servos.true_positions)
            finally:
                until.set()
                thread.join()


@contextmanager
def _nobody_to_warn() -> Iterator[None]:
    """Let the driver tell errors alone: nobody has to support this arm when it is let go of."""
    level = servo_driver.log.level
    servo_driver.log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        servo_driver.log.setLevel(level)
