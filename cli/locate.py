"""Say where tagged blocks are that a camera sees, and how sure that is."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from cli.camera_eye import Eye, EyeOptions, open_eye
from cli.display import display_there
from cli.located import as_json, words
from perception.camera import Frame
from perception.lens import Lens
from perception.locate import Locator, Look
from perception.overlay import overlay
from perception.table_plane import TablePlane, read_table
from perception.targets import parse_target
from robot.errors import RobotError
from robot.model import load_arm

EXAMPLES = """
  twinarm locate --camera 0                                  the cube, in the camera's frame
  twinarm locate --camera 0 --target tag:7:30                marker 7, its black square 30 mm wide
  twinarm locate --camera tcp://pi:5555 --hand-eye eye.json  in the frame of the arm's base
  twinarm locate --camera 0 --hand-eye eye.json --table table.json     and how far above the table
  twinarm locate --camera images:shots --lens lens.json --once --image seen.png --json
"""

_HURRY = 0.25  # time between two lines for a person to read [s]
_ONCE = 5.0  # how long a sighting is waited for [s]
_TITLE = "twinarm locate: Esc ends it"
_ESCAPE = 27
_KINDS = ".png", ".jpg"


@dataclass(frozen=True)
class Options(EyeOptions):
    """Which camera, and what to look for."""

    target: tuple[str, ...] = ("cube",)
    """What to look for, one or several: cube (markers 0 to 5 of DICT_4X4_50, 24 mm wide, on a cube
    of 30 mm), cube:FIRST_ID, tag:ID:SIZE_MM, or a .toml file."""
    table: Path | None = None
    """File of `twinarm calibrate table`, to be told how far above it a target's middle is."""
    once: bool = False
    """End as soon as all targets are seen, or after five seconds."""
    json: bool = False
    """Print one JSON object a picture and nothing else."""
    image: Path | None = None
    """Write the last picture here with all that was located drawn in, and open no window."""


def run(options: Options) -> int:
    """Look until Ctrl-C, or the end of a recording; the exit code is 1 if nothing was seen."""
    targets = [parse_target(text) for text in options.target]
    _check_image(options.image)
    table = _table(options)
    with open_eye(options) as eye:
        locator = Locator(eye.lens, targets)
        if eye.place is None and not options.json:
            print("without --hand-eye: x to the right, y down, z forward from the camera")
        return 0 if _look_on(options, eye, locator, table) else 1


def _table(options: Options) -> TablePlane | None:
    if options.table is None:
        return None
    if options.hand_eye is None:
        raise RobotError("--table is where the arm's base has it, so give --hand-eye as well")
    return read_table(options.table, options.model)


def _look_on(options: Options, eye: Eye, locator: Locator, table: TablePlane | None) -> bool:
    """Look and tell until there is an end to it; return whether any target was seen."""
    told, seen, last = -float("inf"), False, None
    window, hurry = _window_wanted(options), 0.0 if options.camera.startswith("images:") else _HURRY
    try:
        for frame in eye.frames():
            look = _with_place(locator.look(frame, eye.T_base_camera()), eye, options.model)
            last, seen = (frame, look), seen or bool(look.sightings)
            over = options.once and _is_enough(look, locator, frame.stamp - eye.first.stamp)
            if options.json or over or frame.stamp - told >= hurry:
                _tell(look, eye.place is not None, table, options.json)
                told = frame.stamp
            if over or (window and _closed(frame, look, eye.lens)):
                break
    finally:
        if options.image is not None and last is not None:
            _write(options.image, *last, eye.lens)
    return seen


def _tell(look: Look, in_base: bool, table: TablePlane | None, as_lines: bool) -> None:
    lines = [as_json(look, in_base, table)] if as_lines else words(look, in_base, table)
    print("\n".join(lines), flush=True)


def _with_place(look: Look, eye: Eye, model: str) -> Look:
    """Return ``look`` with tracks that are no surer than the camera's place is."""
    if eye.place is None:
        return look
    arm = load_arm(model) if eye.arm is None else eye.arm.model
    positions = arm.home if eye.arm is None else eye.arm.state().positions
    tracks = {
        name: replace(
            track,
            covariance=track.covariance
            + eye.place.covariance_of(arm, positions, track.pose[:3, 3]),
        )
        for name, track in look.tracks.items()
    }
    return replace(look, tracks=tracks)


def _is_enough(look: Look, locator: Locator, seconds: float) -> bool:
    return len(look.sightings) == len(locator.targets) or seconds > _ONCE


def _window_wanted(options: Options) -> bool:
    return options.image is None and not options.json and display_there()


def _closed(frame: Frame, look: Look, lens: Lens) -> bool:
    """Show the picture; return whether its window was told to end."""
    cv2.imshow(_TITLE, overlay(frame.image, look, lens))
    return bool(cv2.waitKey(1) & 0xFF == _ESCAPE)


def _check_image(path: Path | None) -> None:
    """Raise RobotError now, not after all the looking, if no picture can be written there."""
    if path is None:
        return
    if path.suffix.lower() not in _KINDS or path.is_dir() or not path.parent.is_dir():
        raise RobotError(f"--image {path}: a file in a folder that exists, {' or '.join(_KINDS)}")


def _write(path: Path, frame: Frame, look: Look, lens: Lens) -> None:
    _, data = cv2.imencode(path.suffix.lower(), overlay(frame.image, look, lens))
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise RobotError(f"--image {path}: cannot be written: {error.strerror}") from error
