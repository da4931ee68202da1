"""Make the arm's server a service of this user, and say what only root can do."""

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cli.root_steps import root_steps
from hardware.servo_port import EMULATED
from hardware.servos.boards import BOARDS, Board, named_board
from robot.errors import RobotError

EXAMPLES = """
  make pi                         on a Raspberry Pi with the DOFBOT's own I2C board: calls this
  make pi BOARD=se                with a DOFBOT-SE; also ds, feetech, lx16a
  twinarm install --board ds      changes the board of an installed service
"""

UNIT = "twinarm.service"
TEMPLATE = Path(__file__).parents[1] / "hardware" / "install" / f"{UNIT}.in"
VARIABLE = "TWINARM_SERVE="
FIRST_BOARD = "i2c"


@dataclass(frozen=True)
class Options:
    """What the service shall serve."""

    board: str | None = None
    """i2c, se, ds, feetech or lx16a; as installed before, at first i2c, if not given."""


def run(options: Options) -> int:
    """Write unit and options, tell systemd, and print what is left to do."""
    arguments = _arguments(_config("twinarm", "serve.env"), options.board)
    _put(unit_path(), _unit())
    print(_enable())
    board = _board(arguments)
    if steps := root_steps(board):
        print("\nWhat only root can do, once; then log in anew:\n")
        print("\n".join(f"  {step}" for step in steps))
    print(f"\nThen:\n\n{_next(board)}")
    return 0


def unit_path() -> Path:
    """Return where the unit of this user's service lies."""
    return _config("systemd", "user", UNIT)


def _config(*names: str) -> Path:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return home.joinpath(*names)


def _arguments(path: Path, board: str | None) -> list[str]:
    """Return the arguments of ``twinarm serve`` in ``path``, written now if asked or missing."""
    if board is not None or not path.exists():
        chosen = named_board(board or FIRST_BOARD)
        line = f"{VARIABLE}--driver {chosen.name} --device {chosen.device} --host 0.0.0.0"
        _put(path, f"# Options of `twinarm serve`; its --help tells them all.\n{line}\n")
    else:
        print(f"kept     {path}")
    lines = path.read_text(errors="replace").splitlines()
    set_to = [line.removeprefix(VARIABLE) for line in lines if line.startswith(VARIABLE)]
    if len(set_to) != 1:
        raise RobotError(f"{path}: one line {VARIABLE}… expected; delete the file to get a new one")
    return shlex.split(set_to[0])


def _board(arguments: list[str]) -> Board | None:
    """Return the board that ``twinarm serve`` would open, if any."""
    driver = next((value for name, value in pairwise(arguments) if name == "--driver"), "")
    return BOARDS.get(driver)


def _unit() -> str:
    """Return the unit that runs the ``twinarm`` beside this Python."""
    program = Path(sys.executable).parent / "twinarm"
    if not program.exists():
        raise RobotError(f"no {program}: install twinarm first; `make pi` does both")
    return TEMPLATE.read_text().replace("@TWINARM@", str(program).replace("%", "%%"))


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise RobotError(f"{path}: cannot be written: {error.strerror}") from error
    print(f"wrote    {path}")


def _enable() -> str:
    """Tell systemd of the unit, without starting it; return what came of it."""
    if shutil.which("systemctl") is None:
        return "no systemd here: nothing starts by itself, `twinarm serve` by hand does"
    for command in (["daemon-reload"], ["enable", UNIT]):
        done = subprocess.run(
            ["systemctl", "--user", *command], capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            return f"systemd runs no services of this user here: {said[0]}"
    return f"enabled  {UNIT}: starts when you log in, or at boot once lingering is enabled"


def _next(board: Board | None) -> str:
    program = shlex.quote(str(Path(sys.executable).parent / "twinarm"))
    driver = f"--driver {board.name if board else EMULATED}"
    steps = {
        f"{program} doctor {driver}": "what works here, with the server stopped",
        f"{program} calibrate joints {driver}": "finds this arm's own zeros, likewise",
        f"{program} pair": "lets a workstation in",
        "systemctl --user restart twinarm": "starts the server; stop folds the arm first",
    }
    width = max(map(len, steps))
    return "\n".join(f"  {step:<{width}}  {what}" for step, what in steps.items())
