"""Whether the joints of an arm were calibrated, and what is odd about how they are."""

from collections.abc import Iterator
from pathlib import Path

from cli.finding import Finding
from cli.servo_table import unusual
from hardware.servos.boards import BOARDS, Board
from hardware.servos.calibration import Calibration, nominal
from hardware.servos.calibration_file import default_calibration_path, load_calibration
from hardware.servos.servo_entry import entries
from robot.errors import RobotError
from robot.model import ArmModel

Examined = tuple[Calibration | None, list[Finding]]


def examine_calibration(model: ArmModel, board: Board, path: Path | None) -> Examined:
    """Return the calibration in ``path``, or in the usual one if None, and what to say of it."""
    chosen = path or default_calibration_path(model, board)
    if path is None and not chosen.exists():
        mend = f"twinarm calibrate joints --driver {board.name}"
        return None, [Finding(None, f"calibration: none at {chosen}; zeros may be 5 deg off", mend)]
    try:
        calibration = load_calibration(chosen, model, board)
    except RobotError as error:
        return None, [Finding(False, f"calibration: {error}")]
    rows = zip(entries(calibration, model, board), nominal(model, board).servos, strict=True)
    notes = [
        Finding(None, f"calibration: {entry.name} {note}")
        for entry, usual in rows
        for note in unusual(entry, usual)
    ]
    return calibration, [Finding(True, f"calibration: {chosen}"), *notes]


def calibrations_here(model: ArmModel) -> Iterator[Finding]:
    """Yield what to say of every calibration of ``model`` on this machine."""
    for board in BOARDS.values():
        if default_calibration_path(model, board).exists():
            yield from examine_calibration(model, board, None)[1]
