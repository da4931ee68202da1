"""Find out how an arm's servos really are, and write it as a file for the simulation."""

import json
from dataclasses import dataclass
from math import radians
from pathlib import Path

from rich.console import Console

from cli.console import console
from cli.folders import new_folder
from cli.identification import Fits, Identification, fit, identified, record
from cli.identify_files import write_visits
from cli.identify_table import servo_table, summary
from cli.stand import StandOptions, open_stand
from policies.runs import write_json
from robot.errors import RobotError
from robot.model import ArmModel, load_arm
from robot.servo_file import IdentifiedServos
from robot.tool_fix import FixNoise
from robot.viewpoints import telling_poses

EXAMPLES = """
  twinarm identify                                    an emulated arm with hidden errors
  twinarm identify --arm tcp://pi:5555 --ask --out .  a person reads the grid on the table
  twinarm identify --arm tcp://pi:5555                lag and speed alone
  twinarm deploy dofbot-state --arm tcp://pi:5555 --mirror --servos servos-dofbot.json
  twinarm train --randomization servos-dofbot.json
"""

HEIGHT = 0.04
"""Of the tool above the table where a person reads it off [m]."""

_MOST = 100  # points


@dataclass(frozen=True)
class Options(StandOptions):
    """Which arm, and who sees it."""

    points: int = 20
    """Poses at which the tool is seen, each from two sides."""
    out: Path | None = None
    """Folder for the servo file and the recording; runs/identify-TIME if not given."""
    json: bool = False
    """Print what was found as one JSON object and nothing else."""


def run(options: Options) -> int:
    """Move, look, fit; write servos-ARM.json."""
    if not 1 <= options.points <= _MOST:
        raise RobotError(f"--points {options.points}: from 1 to {_MOST}")
    model = load_arm(options.model)
    read_off = options.ask or options.measured is not None
    points = telling_poses(model, options.points, HEIGHT if read_off else None)
    if options.arm.startswith("tcp://") and not read_off:
        points = []  # nobody would see the tool there
    out = new_folder(options.out, "identify")
    done = Identification()
    try:
        with open_stand(options, 2 * len(points), out) as stand:
            record(stand, points, done, quiet=options.json)
    except KeyboardInterrupt:
        console.print("stopped: the arm holds where it is")
        raise
    finally:
        _keep(done, model, out)
    noise = FixNoise(options.probe_noise[0] * 1e-3, radians(options.probe_noise[1]))
    fits = fit(model, done, noise)
    servos = identified(model, done, fits)
    path = out / f"servos-{model.name}.json"
    write_json(path, servos.to_json())
    _print(options, model, fits, servos, path)
    return 0


def _keep(done: Identification, model: ArmModel, out: Path) -> None:
    """Write what was recorded, also of an identification that was stopped."""
    if done.recording is not None:
        done.recording.save(out / "recording.npz")
    if done.visits:
        write_visits(out / "visits.csv", done.visits, model.joints)


def _print(
    options: Options, model: ArmModel, fits: Fits, servos: IdentifiedServos, path: Path
) -> None:
    if options.json:
        motion = {"lags_s": fits.lag.lags, "seen_speed_rad_s": fits.lag.seen_speed}
        fitted = fits.calibration
        told = (
            {"unobservable": list(fitted.unobservable), "before_m": fitted.before} if fitted else {}
        )
        print(json.dumps(servos.to_json() | motion | told | {"file": str(path)}))
        return
    Console(highlight=False).print(servo_table(model, fits))
    for line in summary(fits):
        print(line)
    print(f"wrote {path}")
