"""Find direction, zero and gain of every servo, from poses that a person puts the arm into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import degrees
from pathlib import Path

from cli.calibrating_person import EmulatedPerson, Person, PersonAtTheArm
from cli.servo_table import servo_table
from hardware.emulation.servo_errors import ServoErrors
from hardware.servo_port import ServoPort, servo_port
from hardware.servos.calibration import Calibration, nominal
from hardware.servos.calibration_file import default_calibration_path, save_calibration
from hardware.servos.hand_poses import HandPose, fit_servos, hand_poses
from hardware.servos.patience import patiently
from hardware.servos.servo_entry import entries
from hardware.servos.still_reading import read_still
from robot.errors import RobotError
from robot.model import ArmModel, load_arm

STILL = 1.0
"""[deg] More than this while it is read is a hand that moved."""
NARROWEST, WIDEST = 0.01, 0.05
"""[m] Of a block that tells the crank's angle: the open jaws hardly move as it turns."""


@dataclass(frozen=True)
class Joints:
    """Direction, zero and gain of every servo, with the arm limp and put into poses by hand."""

    driver: str
    """Board the servos are on: i2c, se, ds, feetech or lx16a; emulated shows how it goes."""
    device: str | None = None
    """Its port; the board's usual one if not given."""
    arm: str = "dofbot"
    """Arm, by its folder in urdf/."""
    out: Path | None = None
    """File to write; else the one that `twinarm serve` finds by itself, or none if emulated."""
    gauge: float = 30.0
    """Width of the block for the jaws [mm]."""
    delay: float = 5.0
    """Between Enter and the reading, for both hands to hold the arm [s]."""
    readings: int = 10
    """How often each servo is read in each pose."""
    board: str = "ds"
    """Board to emulate."""
    seed: int = 0
    """Of the emulated servos' hidden errors."""
    servos: ServoErrors = field(default_factory=ServoErrors)
    """How the emulated servos differ from ideal ones."""


def calibrate_joints(options: Joints, person: Person | None = None) -> int:
    """Guide ``person`` (the one at the keyboard) through it; nothing is written until agreed.

    Torque is only ever switched off. Raises RobotError.
    """
    model = load_arm(options.arm)
    _check(options)
    with servo_port(
        model, options.driver, options.board, options.device,
        errors=options.servos, seed=options.seed,
    ) as port:  # fmt: skip
        session = _Session(options, model, port, person or _person(options, port, model))
        calibration = session.calibration()
        path = session.agreed_path(calibration)
    if path is None:
        print("nothing written")
        return 0
    save_calibration(path, calibration, model, port.board)
    print(f"wrote {path}")
    print(f"use it: twinarm serve --driver {options.driver}{_naming(path, model, options, port)}")
    return 0


@dataclass(frozen=True, slots=True)
class _Session:
    options: Joints
    model: ArmModel
    port: ServoPort
    person: Person

    def calibration(self) -> Calibration:
        """Return what the poses tell, after showing it."""
        bus = self.port.bus
        bus.open()
        for servo in range(1, self.model.n + 2):
            patiently(bus.board, partial(bus.ping, servo))
        self.person.support()
        bus.torque(False)
        poses = hand_poses(self.model, self.options.gauge * 1e-3)
        try:
            readings = [(pose, self._read(pose)) for pose in poses]
        finally:
            self.person.lay_down()
        fits = fit_servos(self.model, bus.board, readings)
        scales = tuple(fit.scale for fit in fits)
        calibration = Calibration(self.model.name, bus.board.name, scales)
        table = servo_table(calibration, self.model, bus.board, [fit.residual for fit in fits])
        print(f"\n{table}\n")
        if isinstance(self.person, EmulatedPerson):
            found, before = self.person.error(calibration, bus.board)
            print(f"seen from outside: joints within {found:.1f} deg, {before:.1f} without it")
        return calibration

    def agreed_path(self, calibration: Calibration) -> Path | None:
        """Return where it shall be written, if it shall. Raises RobotError if it cannot be."""
        board = self.port.board
        usual = nominal(self.model, board).servos
        rows = zip(entries(calibration, self.model, board), usual, strict=True)
        if any(entry.fault(servo) for entry, servo in rows):
            raise RobotError("nothing written: put right what is marked above, then anew")
        if self.options.out is None and self.port.emulated is not None:
            print("an emulated arm's calibration is kept with --out FILE")
            return None
        path = self.options.out or default_calibration_path(self.model, board)
        replaces = " in place of the one there" if path.exists() else ""
        return path if self.person.agrees(f"Write {path}{replaces}?") else None

    def _read(self, pose: HandPose) -> Mapping[int, float]:
        """Return the counts of the servos of ``pose``, once they were read in one place."""
        usual = nominal(self.model, self.port.board).servos
        while True:
            self.person.place(pose)
            read = read_still(self.port.bus, pose.angles, self.options.readings)
            moved = max(
                degrees(one.spread / abs(usual[servo - 1].per_radian))
                for servo, one in read.items()
            )
            if moved <= STILL:
                return {servo: one.count for servo, one in read.items()}
            print(f"  it moved by {moved:.1f} deg while it was read: once more")


def _check(options: Joints) -> None:
    if options.readings < 1 or not 0.0 <= options.delay <= 60.0:
        raise RobotError("--readings must be at least 1, and --delay 0 to 60 s")
    if not NARROWEST <= options.gauge * 1e-3 <= WIDEST:
        raise RobotError(
            f"--gauge {options.gauge:g}: give a block of {NARROWEST * 1e3:g} to {WIDEST * 1e3:g} mm"
        )
    if options.out is not None and (options.out.is_dir() or not options.out.parent.is_dir()):
        raise RobotError(f"--out {options.out}: no file can be written there")


def _person(options: Joints, port: ServoPort, model: ArmModel) -> Person:
    if port.emulated is not None:
        return EmulatedPerson(port.emulated.servos, model)
    return PersonAtTheArm(options.delay)


def _naming(path: Path, model: ArmModel, options: Joints, port: ServoPort) -> str:
    """Return the options by which the server finds ``path``, and the same emulated arm."""
    if port.emulated is not None:
        return f" --board {options.board} --seed {options.seed} --calibration {path}"
    usual = path == default_calibration_path(model, port.board)
    return "" if usual else f" --calibration {path}"
