"""A calibration as a table for people, and what is unusual about it in plain words."""

from collections.abc import Sequence

from hardware.servos.boards import Board
from hardware.servos.calibration import Calibration, ServoScale, nominal
from hardware.servos.servo_entry import ServoEntry, entries
from robot.model import ArmModel

OFFSET, GAIN, RESIDUAL = 6.0, 0.06, 2.0
"""[deg], relative, [deg]: three standard deviations of published servos; a careful hand."""


def servo_table(
    calibration: Calibration, model: ArmModel, board: Board, residuals: Sequence[float]
) -> str:
    """Return a line a servo, and below them a line for everything unusual.

    residuals: how far the worst pose of each servo was from its line [deg].
    """
    usual = nominal(model, board).servos
    lines = [f"{'':8}  direction     zero  (usual)  off deg    gain  worst pose deg"]
    notes = []
    for entry, scale, residual in zip(
        entries(calibration, model, board), usual, residuals, strict=True
    ):
        way = "+" if entry.direction > 0 else "-"
        lines.append(
            f"{entry.name:8}  {way:^9}  {entry.zero:7.1f}  {scale.zero:7.1f}"
            f"  {entry.offset(scale):+7.1f}  {entry.gain:6.3f}  {residual:14.1f}"
        )
        notes += [f"! {entry.name}: {note}" for note in unusual(entry, scale, residual)]
    return "\n".join([*lines, *notes])


def unusual(entry: ServoEntry, usual: ServoScale, residual: float = 0.0) -> list[str]:
    """Return what a person should look at before they trust ``entry``, in plain words."""
    notes = []
    if entry.direction * usual.per_radian < 0.0:
        notes.append(
            "turns the other way round than usual: its poses were mixed up, or the servo is"
            " built in differently; if you write this, the arm moves by it"
        )
    if fault := entry.fault(usual):
        return [*notes, f"{fault}: cannot be; is its number or plug that of another servo?"]
    if abs(entry.offset(usual)) > OFFSET:
        notes.append("its zero is unusual: check that pose, and the screw of its horn")
    if abs(entry.gain - 1.0) > GAIN:
        notes.append("its gain is unusual: check its poses with a set square")
    if residual > RESIDUAL:
        notes.append("its poses do not lie on one line: one of them was not where it should be")
    return notes
