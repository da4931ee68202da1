"""Say what a recorded dataset is worth: rate, dropped frames, jumps, idle spans, success."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.console import console
from cli.demonstrated_arm import arm_of
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.inspection import Inspection, inspect_episode
from policies.demonstrations.reader import DatasetReader
from robot.errors import RobotError
from robot.model import ArmModel

EXAMPLES = """
  twinarm inspect demos/expert
  twinarm inspect demos/expert --json
  twinarm inspect demos/expert --thumbnails sheet.png
"""


@dataclass(frozen=True)
class Options:
    """Which dataset, and what to make of it."""

    dataset: tyro.conf.Positional[Path]
    """Folder of a LeRobot dataset v3, recorded here or elsewhere."""
    least_rate: float | None = None
    """Mark episodes recorded more slowly than this [Hz]; 0.9 of the dataset's rate if not given."""
    thumbnails: Path | None = None
    """Also write a sheet of pictures of every episode to this .png file."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""


def run(options: Options) -> int:
    """Read every episode and print what it is worth."""
    if options.least_rate is not None and not options.least_rate > 0.0:
        raise RobotError(f"--least-rate {options.least_rate}: a rate in Hz is positive")
    if options.thumbnails is not None:
        _check_picture(options.thumbnails)
    reader = DatasetReader(options.dataset)
    if not len(reader):
        raise DemonstrationError(
            f"{options.dataset}: no episodes in it yet; twinarm record {options.dataset}"
        )
    model = _arm(reader)
    found = list(inspections(reader, model, options.least_rate))
    if options.json:
        print(json.dumps(_figures(reader, found)))
    else:
        _print(reader, found)
    if options.thumbnails is not None:
        from cli.episode_sheet import write_episode_sheet

        write_episode_sheet(options.thumbnails, reader, found, model)
        console.print(f"wrote {options.thumbnails}")
    return 0


def inspections(
    reader: DatasetReader, model: ArmModel | None, least_rate: float | None
) -> Iterator[Inspection]:
    """Yield the figures of every episode; every picture is decoded, so that none is damaged."""
    limit = None if model is None else model.max_velocity
    for episode in reader:
        for camera in reader.schema.cameras:
            for _ in reader.pictures(episode.index, camera):
                pass
        yield inspect_episode(episode, reader.schema.rate, limit, least_rate)


def _arm(reader: DatasetReader) -> ArmModel | None:
    """Return the arm if it is one of ours; others are inspected all the same."""
    with suppress(RobotError):
        return arm_of(reader.schema)
    return None


def _check_picture(path: Path) -> None:
    if path.suffix != ".png":
        raise RobotError(f"--thumbnails {path}: choose a name that ends in .png")
    if not path.parent.is_dir():
        raise RobotError(f"--thumbnails {path}: there is no folder {path.parent}")


def _figures(reader: DatasetReader, found: list[Inspection]) -> dict[str, object]:
    told = [one.success for one in found if one.success is not None]
    return {
        "dataset": str(reader.folder),
        "robot": reader.schema.robot,
        "rate": reader.schema.rate,
        "cameras": list(reader.schema.cameras),
        "frames": sum(one.frames for one in found),
        "seconds": sum(one.seconds for one in found),
        "successes": sum(told),
        "judged": len(told),
        "slow": [one.index for one in found if one.slow],
        "episodes": [asdict(one) for one in found],
    }


def _print(reader: DatasetReader, found: list[Inspection]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("episode", "frames", "length [s]", "rate [Hz]", "dropped", "gap [ms]"):
        table.add_column(escape(name), justify="right")
    for name in ("jumps", "idle [s]", "success"):
        table.add_column(escape(name), justify="right")
    table.add_column("")
    for one in found:
        table.add_row(*_row(one))
    Console(highlight=False).print(table)
    figures, schema = _figures(reader, found), reader.schema
    print(
        f"{len(found)} episodes of {schema.robot} at {schema.rate:g} Hz,"
        f" {figures['seconds']:.0f} s, {figures['successes']} of {figures['judged']} successful"
    )
    if figures["slow"]:
        print("slow: recorded below the rate limit; twinarm replay refuses these")


def _row(one: Inspection) -> list[str]:
    idle = sum(end - begin for begin, end in one.idle)
    return [
        str(one.index),
        str(one.frames),
        f"{one.seconds:.2f}",
        f"{one.rate:.2f}",
        str(one.dropped),
        f"{1e3 * one.longest_gap:.0f}",
        "?" if one.jumps is None else str(one.jumps),
        f"{idle:.1f}",
        {True: "yes", False: "no", None: "?"}[one.success],
        "slow" if one.slow else "",
    ]
