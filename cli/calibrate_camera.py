"""Find the lens of a camera from pictures of the printed board, and keep it in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from robot.errors import RobotError

if TYPE_CHECKING:
    from cli.lens_views import Gathered
    from perception.board import Board
    from perception.intrinsics import LensResult


@dataclass(frozen=True)
class CameraLens:
    """Focal lengths, centre and distortion of a camera, from views of the printed board."""

    camera: str
    """0, /dev/video0, video:FILE, images:FOLDER, or tcp://HOST:5555 for that of an arm's server."""
    board: str = "a4"
    """The board that was printed: a4, letter or FILE.json."""
    square_mm: float | None = None
    """Side of a square, as measured on the print [mm]; as drawn if not given."""
    views: int = 25
    """How many views to gather at least from a moving picture."""
    seconds: float = 180.0
    """How long to gather them at most [s]."""
    name: str | None = None
    """Name of the camera that took a recording, to file the result under."""
    out: Path | None = None
    """File to write; else the one that is found by the camera's name."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""


def calibrate_camera(options: CameraLens) -> int:
    """Gather views, find the lens, and keep it. Raises RobotError; nothing is written then."""
    from cli.cameras import open_any
    from cli.lens_views import gather
    from perception.board import named_board
    from perception.calibration_file import calibration_path
    from perception.intrinsics import calibrate
    from perception.lens_file import KIND, write_lens

    _check(options)
    board = named_board(options.board, options.square_mm)
    print(f"the board: {board}{_scale_words(options, board)}")
    every = options.camera.startswith("images:")
    with open_any(options.camera, options.keys, options.insecure_loopback) as camera:
        name = options.name or camera.name
        gathered = gather(camera, board, options.views, options.seconds, every)
    gathered.check()
    coverage = gathered.coverage
    result = calibrate(coverage.views, coverage.size)
    print(_report(result, gathered))
    path = options.out or calibration_path(KIND, name, coverage.size)
    write_lens(path, result, name)
    print(f"wrote {path}: the lens of camera {name!r} at {coverage.size[0]}x{coverage.size[1]}")
    if options.name is None and options.camera.startswith(("images:", "video:")):
        print("(it is filed under the recording's name; --name gives that of the camera)")
    return 0


def _check(options: CameraLens) -> None:
    from perception.intrinsics import FEWEST_VIEWS

    if options.views < FEWEST_VIEWS or not options.seconds > 0.0:
        raise RobotError(f"--views must be at least {FEWEST_VIEWS}, and --seconds above 0")
    if options.out is not None and (options.out.is_dir() or not options.out.parent.is_dir()):
        raise RobotError(f"--out {options.out}: no file can be written there")


def _scale_words(options: CameraLens, board: "Board") -> str:
    if options.square_mm is not None:
        return ", as measured"
    return (
        ", as drawn\n(if the print's rulers say otherwise, give --square-mm: the lens does not "
        "depend on it and cannot show it, distances do)"
    )


def _report(result: "LensResult", gathered: "Gathered") -> str:
    """Return what was found, with standard deviations, and what is left to be desired."""
    fx, fy, cx, cy = (f"{value:.2f}" for value in result.lens.matrix[[0, 1, 0, 1], [0, 1, 2, 2]])
    s = result.std
    terms = zip(("k1", "k2", "p1", "p2", "k3"), result.lens.distortion, s[4:], strict=True)
    pictures = gathered.pictures
    worst = max(result.view_rms, key=result.view_rms.__getitem__)
    lines = [
        "",
        f"focal length {fx} ± {s[0]:.2f}, {fy} ± {s[1]:.2f} px",
        f"centre       {cx} ± {s[2]:.2f}, {cy} ± {s[3]:.2f} px",
        "distortion   " + ", ".join(f"{k} {value:.4f} ± {std:.4f}" for k, value, std in terms),
        f"reprojection {result.rms:.3f} px RMS in {len(result.view_rms)} views; worst "
        f"{result.view_rms[worst]:.3f} px in picture {pictures[worst]}",
        *([f"corners left out for being far off: {result.dropped}"] if result.dropped else []),
        *(f"left out picture {pictures[i]}: {why}" for i, why in result.rejected.items()),
    ]
    missing = gathered.coverage.missing
    if missing:
        lines.append("it would be better known with " + "; ".join(missing))
    return "\n".join(lines)
