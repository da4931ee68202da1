"""Has the networks look at a recording or a camera, and films what they see."""

import time
from pathlib import Path

from cli.model_files import ModelOptions, ready_models
from cli.skeleton_film import Tally, film_person
from cli.source import open_source
from perception.landmarker import Landmarker
from perception.person import Person, Side
from perception.skeleton import SEEN
from robot.errors import RobotError

_WRISTS: tuple[tuple[Side, int], ...] = (("left", 15), ("right", 16))


def try_models(source: str, out: Path, mirrored: bool, models: ModelOptions) -> int:
    """Film it and print what was found; the exit code is 1 if nobody was."""
    _check(source, out)
    camera = open_source(source)
    pose, hand = ready_models(models)
    with camera, Landmarker(pose, hand, mirrored=mirrored) as landmarker:
        start = time.perf_counter()
        tally = film_person(camera, landmarker, out, _words)
        took = time.perf_counter() - start
    _tell(out, tally, took)
    return 0 if tally.people else 1


def _check(source: str, out: Path) -> None:
    if not source:
        raise RobotError("--source: name a video file, a folder of images, or a camera such as 0")
    if out.suffix != ".mp4" or out.is_dir() or not out.parent.is_dir():
        raise RobotError(f"--out {out}: an .mp4 file in a folder that exists")


def _words(person: Person | None) -> list[str]:
    if person is None:
        return ["nobody"]
    return [
        f"{side} wrist {'seen' if person.visibility[wrist] >= SEEN else 'not seen'}"
        f"{', hand seen' if person.hand(side) else ''}"
        for side, wrist in _WRISTS
    ]


def _tell(out: Path, tally: Tally, took: float) -> None:
    if tally.fault:
        print(f"it ended early: {tally.fault}")
    print(
        f"{out}: {tally.pictures} pictures, a person in {tally.people}, a hand in {tally.hands};"
        f" {1e3 * took / tally.pictures:.0f} ms a picture with reading and filming"
    )
