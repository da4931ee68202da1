"""What moves the arm that a server is told to serve: servos, a UR controller, or mere joints."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hardware.driver import ArmDriver
from hardware.emulation.ideal_joints import IdealJoints
from hardware.emulation.ur.process import EmulatedUrProcess
from hardware.serve_config import ServeConfig
from hardware.servo_port import EMULATED, ServoPort, servo_port
from hardware.servos.boards import BOARDS
from hardware.servos.calibration import Calibration, nominal
from hardware.servos.calibration_file import default_calibration_path, load_calibration
from hardware.servos.servo_driver import ServoDriver
from hardware.ur.ur_driver import JOINTS, UrDriver
from robot.errors import RobotError, UnknownNameError
from robot.model import ArmModel

log = logging.getLogger(__name__)

UR = "ur"
"""Name of the driver, and of the emulated board, of a UR controller."""


@dataclass(frozen=True, slots=True)
class FoundDriver:
    """A driver, still to be opened, and what it talks to, in words."""

    driver: ArmDriver
    place: str


@contextmanager
def arm_driver(
    config: ServeConfig, model: ArmModel, wired: Callable[[ServoPort], None] | None = None
) -> Iterator[FoundDriver]:
    """Hold the driver that ``config`` names, of the ``model``.

    wired: called with the port of the servos, if it has any, before anything is told to them.
    Raises UnknownNameError, and RobotError for options that do not belong together.
    """
    if config.driver not in (EMULATED, UR, *BOARDS):
        raise UnknownNameError("driver", config.driver, [EMULATED, UR, *BOARDS])
    if config.driver == UR or _emulates_ur(config, model):
        if wired is not None:
            raise RobotError("a cell is moved by emulated servos, not by a UR: leave out --cell")
        with _ur_driver(config, model) as found:
            yield found
        return
    if config.driver == EMULATED and model.sections.servo is None:
        if wired is not None:
            raise RobotError("a cell is moved by emulated servos, and this arm has none")
        yield FoundDriver(IdealJoints(model), "emulated joints")
        return
    with servo_port(
        model,
        config.driver,
        config.board,
        config.device,
        errors=config.servos,
        faults=config.faults,
        seed=config.seed,
    ) as port:
        if wired:
            wired(port)
        driver = ServoDriver(model, port.bus, _calibration(config, model, port))
        yield FoundDriver(driver, f"the {port.board.title} at {port.device}")


def _emulates_ur(config: ServeConfig, model: ArmModel) -> bool:
    """Return whether a UR controller is emulated: as asked, or for want of hobby servos."""
    servoless = model.sections.servo is None and model.n == JOINTS
    return config.driver == EMULATED and (config.board == UR or servoless)


@contextmanager
def _ur_driver(config: ServeConfig, model: ArmModel) -> Iterator[FoundDriver]:
    if config.driver == UR:
        if config.device is None:
            raise RobotError("--driver ur needs the robot's address: --device 192.168.0.10")
        yield FoundDriver(UrDriver(model, config.device), f"the UR controller at {config.device}")
        return
    pose = [str(angle) for angle in model.home.tolist()]
    if len(pose) != JOINTS:
        raise RobotError(f"--board ur has {JOINTS} joints, the {model.title} has {len(pose)}")
    with EmulatedUrProcess("--gripper-active", "--pose", *pose) as robot:
        yield FoundDriver(UrDriver(model, robot.host), f"an emulated UR controller at {robot.host}")


def _calibration(config: ServeConfig, model: ArmModel, port: ServoPort) -> Calibration:
    """Return the calibration that was asked for, else this machine's of a real arm, if any."""
    if config.calibration is not None:
        return load_calibration(config.calibration, model, port.board)
    usual = default_calibration_path(model, port.board)
    if port.emulated is None and usual.exists():
        log.info("joints calibrated in %s", usual)
        return load_calibration(usual, model, port.board)
    if port.emulated is None:
        log.warning(
            "no calibration at %s: taking the servos to be as their vendor says, joints may be "
            "5 deg off; `twinarm calibrate joints --driver %s` mends that",
            usual,
            config.driver,
        )
    return nominal(model, port.board)
