"""Move an arm with your own, by keys, a gamepad, or a script: simulated, over TCP, or both at once.

The arm follows within its limits and holds whenever there is doubt: nobody there, a picture too
old, no key held. Space stops it until Enter.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cli.arms import Cell, check_address, open_cell
from cli.console import console
from cli.key_presses import KeyPresses
from cli.model_files import ModelOptions, ready_models
from cli.source import open_source
from cli.teleop_film import TeleopFilm
from cli.teleop_picture import Shot
from cli.teleop_run import KEYS, TeleopRun
from cli.teleop_sources import (
    BODY,
    GAMEPAD,
    KEYBOARD,
    SCRIPT,
    BodyOptions,
    Driver,
    Mode,
    body,
    check_source,
    gamepad,
    keyboard,
    script,
)
from robot.errors import RobotError
from robot.model import ArmModel, load_arm

EXAMPLES = """
  twinarm teleop                                     your right arm before camera 0
  twinarm teleop --camera clip.mp4 --out overlay.mp4
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
    arm: str = "sim"
    """``sim``, or the address of a server such as tcp://pi:5555."""
    arm_model: str = "dofbot"
    """Which arm it is, by its folder in urdf/."""
    mirror: bool = False
    """Drive a simulated twin with the same commands and measure how far the two part."""
    side: Literal["left", "right"] = "right"
    """Which of your arms is followed."""
    mode: Mode = "joint"
    """``joint``: your angles become the arm's; ``tool``: the tool moves as your hand does."""
    scale: float | None = None
    """Metres of tool for one of hand, in tool mode; the arm's own if not given."""
    mirrored: bool = False
    """The camera's pictures are as in a mirror."""
    out: Path | None = None
    """Film it here (.mp4); teleop.mp4 where there is no display to open a window on."""
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
    """Drive the arm, then film what there was, and say how it went."""
    window = bool(os.environ.get("DISPLAY"))
    out = options.out if window or options.out else Path("teleop.mp4")
    _check(options, out)
    model = load_arm(options.arm_model)
    film = TeleopFilm() if out else None
    try:
        _drive(options, model, window, film)
    finally:
        if out and film:
            _say(options, f"wrote {out}: {film.write(out, model)} pictures")
    return 0


def _check(options: Options, out: Path | None) -> None:
    check_address(options.arm)
    check_source(options.source)
    if options.seconds is not None and not 0.0 < options.seconds < np.inf:
        raise RobotError(f"--seconds {options.seconds}: more than 0")
    if options.scale is not None and not 0.0 < options.scale < np.inf:
        raise RobotError(f"--scale {options.scale}: more than 0")
    if out and (out.suffix != ".mp4" or out.is_dir() or not out.parent.is_dir()):
        raise RobotError(f"--out {out}: an .mp4 file in a folder that exists")


def _drive(options: Options, model: ArmModel, window: bool, film: TeleopFilm | None) -> None:
    insecure = options.insecure_loopback
    with (
        _driver(options, model) as driver,
        open_cell(
            options.arm, model.name, options.mirror, options.keys, insecure, options.servos
        ) as cell,
        KeyPresses() as typed,
        _shown(model, window, film) as (show, pressed),
    ):
        if options.source == KEYBOARD and not (typed.there or window):
            raise RobotError("--source keyboard needs a terminal to type in, or a display")

        def keys() -> Iterator[str]:
            while (key := typed.next()) is not None:
                yield key
            yield from pressed()
            yield from driver.keys()

        if legend := [*driver.legend, *([KEYS] if typed.there or window else [])]:
            _say(options, "\n".join(legend))
        going = TeleopRun(cell, driver, keys, lambda text: _say(options, text), show)
        try:
            going.run(options.seconds)
        except (RobotError, KeyboardInterrupt, SystemExit):
            _say(options, "ended: the arm holds where it is")
            raise
        finally:
            _print(options, cell, going)


@contextmanager
def _driver(options: Options, model: ArmModel) -> Iterator[Driver]:
    if options.source == KEYBOARD:
        yield keyboard(model)
    elif options.source == GAMEPAD:
        with gamepad(model) as driver:
            yield driver
    elif options.source == BODY:
        camera = open_source(options.camera, options.keys, options.insecure_loopback)
        pose, hand = ready_models(options)
        side, mode, scale = options.side, options.mode, options.scale
        person = BodyOptions(camera, pose, hand, side, mode, scale, options.mirrored)
        with body(model, person) as driver:
            yield driver
    else:
        yield script(model, Path(options.source.removeprefix(SCRIPT)))


@contextmanager
def _shown(
    model: ArmModel, window: bool, film: TeleopFilm | None
) -> Iterator[tuple[Callable[[Shot], None], Callable[[], Iterator[str]]]]:
    """Yield what sees shots and what yields keys, with a window or without."""

    def keep(shot: Shot) -> None:
        if film is not None:
            film.add(shot)

    if not window:
        with console.status("") as line:

            def tell(shot: Shot) -> None:
                keep(shot)
                line.update(", ".join(shot.words))

            yield tell, lambda: iter(())
        return
    from cli.teleop_window import Window

    with Window(model) as shown:

        def show(shot: Shot) -> None:
            keep(shot)
            shown.show(shot)

        yield show, shown.keys


def _say(options: Options, text: str) -> None:
    if not options.json:
        console.print(text, markup=False)


def _print(options: Options, cell: Cell, going: TeleopRun) -> None:
    report = going.loop.report()
    shares = {kind: count / going.periods.total() for kind, count in going.periods.items()}
    latency = np.percentile(1e3 * np.array(going.latencies or [np.nan]), (50, 99)).tolist()
    divergence = None if cell.mirror is None else cell.mirror.summary()
    if options.json:
        figures = {
            "ended": going.ended,
            "shares": shares,
            "latency_ms": latency if going.latencies else None,
            "loop": asdict(report),
            "divergence": None if divergence is None else asdict(divergence),
        }
        print(json.dumps(figures))
        return
    if going.ended:
        print(f"{going.ended}; the arm holds where it is")
    if shares:
        print(", ".join(f"{kind} {share:.0%}" for kind, share in shares.items()))
        print(f"control loop: {report}")
    if going.latencies:
        print(f"from picture to command: {latency[0]:.0f} ms (p99 {latency[1]:.0f})")
    if divergence is not None:
        print(f"divergence of the two arms: {divergence}")
