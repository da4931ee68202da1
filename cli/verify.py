"""Drive the tool to a grid of points on the table and measure how far off it comes to be."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from cli.console import CountBar, console
from cli.folders import new_folder
from cli.stand import Stand, StandOptions, open_stand
from cli.verify_files import write_verification
from cli.verify_table import error_table
from robot.command import Vector
from robot.errors import RobotError
from robot.model import ArmModel, load_arm
from robot.recording import Visit
from robot.tour import tour
from robot.verification import PointError, point_errors
from robot.viewpoints import Viewpoint, table_grid

EXAMPLES = """
  twinarm verify                                      an emulated arm with hidden errors
  twinarm verify --arm tcp://pi:5555 --ask            a person reads the grid on the table
  twinarm verify --arm tcp://pi:5555 --mirror --servos servos-dofbot.json
  twinarm verify --arm sim --servos servos-dofbot.json
"""

BLIND = (
    "Nobody saw the tool: these are the arm's own readings, in which zero, gain and play errors"
    " do not show. Read the grid with --ask."
)
PICTURE = "grid.png"

_MOST = 15  # rows or columns


@dataclass(frozen=True)
class Options(StandOptions):
    """Which arm, where, and who sees it."""

    columns: int = 5
    """Points across, along y."""
    rows: int = 4
    """Points outward, along x."""
    height: float = 40.0
    """Of the tool above the table [mm]; an arm that was never calibrated may come 20 mm lower."""
    mirror: bool = False
    """Drive a simulated twin with the same commands and measure how far the two part."""
    out: Path | None = None
    """Folder for the table, the figures and the picture; runs/verify-TIME if not given."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""


@dataclass(slots=True)
class Verification:
    """What came of it so far; source: what was measured and by whom, "" before that is known."""

    source: str = ""
    blind: bool = False
    visits: list[Visit] = field(default_factory=list)
    twin: list[Vector] = field(default_factory=list)

    def points(self, model: ArmModel) -> list[PointError]:
        """Return the errors at the points that were visited from both sides."""
        return point_errors(model.kinematics, self.visits, self.twin or None)


def run(options: Options) -> int:
    """Visit every point from two sides; print, write and draw how far off the tool was."""
    for name in ("columns", "rows"):
        if not 1 <= getattr(options, name) <= _MOST:
            raise RobotError(f"--{name} {getattr(options, name)}: from 1 to {_MOST}")
    model = load_arm(options.model)
    grid = table_grid(model, options.columns, options.rows, options.height * 1e-3)
    out = new_folder(options.out, "verify")
    done = Verification()
    try:
        with open_stand(options, 2 * len(grid), out, options.mirror) as stand:
            visit_all(stand, grid, done, quiet=options.json or options.ask)
    except KeyboardInterrupt:
        console.print("stopped: the arm holds where it is")
        raise
    finally:
        if done.visits:
            _report(options, model, done, out)
    return 0


def visit_all(
    stand: Stand, points: list[Viewpoint], done: Verification, quiet: bool = False
) -> None:
    """Visit ``points`` and fill ``done`` as it goes; the arm holds at the last one."""
    done.source, done.blind = stand.source, stand.probe.blind
    pilot = stand.pilot()
    with CountBar("measuring", 2 * len(points), quiet=quiet) as bar:
        for visit in tour(pilot, points, stand.probe):
            done.visits.append(visit)
            if stand.twin_tool is not None:
                done.twin.append(stand.twin_tool())
            bar.add(None)


def _report(options: Options, model: ArmModel, done: Verification, out: Path) -> None:
    points = done.points(model)
    about = {
        "arm": model.name,
        "source": done.source,
        "blind": done.blind,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    figures = write_verification(out, points, about)
    if points:
        _draw(out / PICTURE, points, model, done.source)
    if options.json:
        print(json.dumps(figures | {"folder": str(out)}))
        return
    if points:
        Console(highlight=False).print(error_table(points, figures))
    if done.blind:
        print(BLIND)
    print(f"wrote {out}/verification.json, points.csv and {PICTURE}")


def _draw(path: Path, points: list[PointError], model: ArmModel, source: str) -> None:
    from cli.verify_plot import error_picture, write_picture

    write_picture(path, error_picture(points, model, f"{model.title}: {source}"))
