"""Move an arm with your own, by keys, a gamepad, or a script: simulated, over TCP, or both at once.

The arm follows within its limits and holds whenever there is doubt: nobody there, a picture too
old, no key held. Space stops it until Enter.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cli.arms import Cell, check_address, open_cell
from cli.console import console
from cli.display import display_there
from cli.key_presses import KeyPresses
from cli.model_files import ModelOptions, ready_models
from cli.source import open_source
from cli.teleop_film import TeleopFilm
from cli.teleop_lead import Lead
from cli.teleop_report import holds, print_report
from cli.teleop_run import KEYS, TeleopRun
from cli.teleop_show import shown
from cli.teleop_sources import (
    BODY,
    KEYBOARD,
    BodyOptions,
    Mode,
    Side,
    check_source,
    open_driver,
)
from robot.errors import RobotError
from robot.model import ArmModel, load_arm

SIM = "sim"
EXAMPLES = """
  twinarm teleop                                     your right arm before camera 0
  twinarm teleop --camera clip.mp4 --out overlay.mp4
  twinarm teleop --side both --arm tcp://left:5555 tcp://right:5555
  twinarm teleop --live 8000                         seen at http://127.0.0.1:8000
  twinarm teleop --arm tcp://pi:5555 --mirror --mode tool
  twinarm teleop --source keyboard
  twinarm teleop --source gamepad --arm tcp://pi:5555
  twinarm teleop --source script:wave.csv --arm tcp://pi:5555
"""


@dataclass(frozen=True)
class Options(ModelOptions):
    """Who moves which arm, and what one sees of it."""

    source: str = BODY
    """Who moves the arm: ``body``, ``keyboard``, ``gamepad``, or ``script:FILE.csv``."""
    camera: str = "0"
    """What sees the body: 0, a video file, a folder of images, or tcp://pi:5555."""
    arm: tuple[str, ...] = (SIM,)
    """``sim``, or the address of a server such as tcp://pi:5555; of two, the left one first."""
    arm_model: str = "dofbot"
    """Which arm it is, by its folder in urdf/; of two, both are such."""
    mirror: bool = False
    """Drive a simulated twin with the same commands and measure how far the two part."""
    side: Literal["left", "right", "both"] = "right"
    """Which of your arms is followed; ``both``, by an arm each."""
    mode: Mode = "joint"
    """``joint``: your angles become the arm's; ``tool``: the tool moves as your hand does."""
    scale: float | None = None
    """Metres of tool for one of hand, in tool mode; the arm's own if not given."""
    mirrored: bool = False
    """The camera's pictures are as in a mirror."""
    out: Path | None = None
    """Film it here (.mp4); teleop.mp4 where there is no display to open a window on."""
    live: int | None = None
    """Show it on a page of this machine's own, at this port, such as 8000."""
    seconds: float | None = None
    """How long; until Esc, Ctrl-C or the end of the source if not given."""
    servos: Path | None = None
    """Servos of the simulated arm or twin, as `twinarm identify` found the real ones to be."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""


def run(options: Options) -> int:
    """Drive the arms, then film what there was, and say how it went."""
    out = options.out if display_there() or options.out else Path("teleop.mp4")
    _check(options, out)
    model = load_arm(options.arm_model)
    film = TeleopFilm() if out else None
    if not options.out and not display_there() and options.live is None:
        _say(options, f"no display: filming {out}; --live 8000 shows it meanwhile")
    try:
        _drive(options, model, film)
    finally:
        if out and film:
            _say(options, f"wrote {out}: {film.write(out, model)} pictures")
    return 0


def _check(options: Options, out: Path | None) -> None:
    for arm in options.arm:
        check_address(arm)
    check_source(options.source)
    if options.side == "both" and options.source != BODY:
        raise RobotError(f"--side both is for a body: {options.source} moves one arm")
    if len(options.arm) != len(_sides(options)) and options.arm != (SIM,):
        raise RobotError(
            f"--arm {' '.join(options.arm)}: --side {options.side} needs {len(_sides(options))},"
            f" as in --arm {' '.join(f'tcp://{side}:5555' for side in _sides(options))}"
        )
    if options.seconds is not None and not 0.0 < options.seconds < np.inf:
        raise RobotError(f"--seconds {options.seconds}: more than 0")
    if options.scale is not None and not 0.0 < options.scale < np.inf:
        raise RobotError(f"--scale {options.scale}: more than 0")
    if options.live is not None and not 0 < options.live < 2**16:
        raise RobotError(f"--live {options.live}: a port, such as 8000")
    if out and (out.suffix != ".mp4" or out.is_dir() or not out.parent.is_dir()):
        raise RobotError(f"--out {out}: an .mp4 file in a folder that exists")


def _drive(options: Options, model: ArmModel, film: TeleopFilm | None) -> None:
    with (
        open_driver(options.source, model, lambda: _person(options)) as driver,
        _cells(options, model) as cells,
        KeyPresses() as typed,
        shown(model, options.live, film) as (show, pressed),
    ):
        heard = typed.there or display_there()
        if options.source == KEYBOARD and not heard:
            raise RobotError("--source keyboard needs a terminal to type in, or a display")

        def keys() -> Iterator[str]:
            while (key := typed.next()) is not None:
                yield key
            yield from pressed()
            yield from driver.keys()

        if legend := [*driver.legend, *([KEYS] if heard else [])]:
            _say(options, "\n".join(legend))
        sides = driver.sides if len(cells) > 1 else ("",)
        leads = list(map(Lead, cells, driver.teleoperators, sides))
        going = TeleopRun(leads, driver, keys, lambda text: _say(options, text), show)
        try:
            going.run(options.seconds)
        except (RobotError, KeyboardInterrupt, SystemExit):
            _say(options, f"ended: {holds(going)}")
            raise
        finally:
            print_report(going, options.json)


@contextmanager
def _cells(options: Options, model: ArmModel) -> Iterator[list[Cell]]:
    """Yield a cell for each arm that is followed; all are stopped and let go of at the end."""
    arms = options.arm * len(_sides(options)) if options.arm == (SIM,) else options.arm
    common = model.name, options.mirror, options.keys, options.insecure_loopback, options.servos
    with ExitStack() as stack:
        yield [stack.enter_context(open_cell(arm, *common)) for arm in arms]


def _person(options: Options) -> BodyOptions:
    camera = open_source(options.camera, options.keys, options.insecure_loopback)
    pose, hand = ready_models(options)
    sides, mode, scale = _sides(options), options.mode, options.scale
    return BodyOptions(camera, pose, hand, sides, mode, scale, options.mirrored)


def _sides(options: Options) -> tuple[Side, ...]:
    return ("left", "right") if options.side == "both" else (options.side,)


def _say(options: Options, text: str) -> None:
    if not options.json:
        console.print(text, markup=False)
