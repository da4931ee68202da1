"""Calibrates the camera of an emulated cell as its user would: by the verbs, over the bridge."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from cli.judged_cell import JudgedCell
from hardware.keys import KeyStore
from robot.errors import RobotError

_LONGEST = 400.0  # [s] for one calibration
_ROOT = Path(__file__).parent.parent
_TOLD = 300  # letters of what a verb said at its end


@dataclass(frozen=True, slots=True)
class CellFiles:
    """What calibrations left: files of the lens and of the camera's place. seconds: it took."""

    lens: Path
    hand_eye: Path
    seconds: float


def calibrate_cell(
    cell: JudgedCell, fixed: bool, folder: Path, keys: KeyStore | None = None
) -> CellFiles:
    """Return the lens and the place of the wrist's or a ``fixed`` camera, written to ``folder``.

    The block is back on the table afterwards. Raises RobotError if a verb refuses.
    """
    start = time.monotonic()
    files = folder / "lens.json", folder / "hand-eye.json"
    server = ["--camera", cell.url, *(["--keys", str(keys.folder)] if keys else [])]
    server += [] if keys else ["--insecure-loopback"]
    cell.set_stage("waved")
    calibrate("camera", *server, "--out", str(files[0]))
    cell.set_stage("hand" if fixed else "board")
    how = ["--arm", cell.url, "--lens", str(files[0]), *(["--fixed"] if fixed else [])]
    calibrate("hand-eye", *server, *how, "--out", str(files[1]))
    cell.set_stage("block")
    return CellFiles(*files, time.monotonic() - start)


def calibrate(what: str, *options: str) -> str:
    """Run `twinarm calibrate WHAT` in a process of its own; return what it printed.

    Raises RobotError with what it complained of.
    """
    verb = [sys.executable, "-m", "cli.main", "calibrate", what, *options]
    try:
        done = subprocess.run(
            verb, cwd=_ROOT, capture_output=True, text=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RobotError(f"calibrate {what}: not done after {_LONGEST:.0f} s") from error
    if done.returncode:
        raise RobotError(f"calibrate {what}: {done.stderr.strip()[-_TOLD:]}")
    return done.stdout
