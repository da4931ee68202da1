"""From the picture of a moving person to the command that an arm is given."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.waving_astronaut import waves
from cli.arms import Cell, open_cell
from cli.model_files import ModelOptions, ready_models
from cli.teleop_lead import Lead
from cli.teleop_picture import Shot
from cli.teleop_run import FOLLOWING, TeleopRun
from cli.teleop_sources import BodyOptions, Mode, body
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from perception.recordings import VideoFile
from robot.errors import RobotError
from robot.model import ArmModel, load_arm
from sim.video import write_video

NAME = "teleop"

FPS = 30
"""Pictures a second of the clip [Hz], which is played at its own pace."""

Figures = dict[str, float]


def run(seconds: float = 12.0, rounds: int = 3) -> Figures:
    """Have a waving person lead an arm by networks for body and hand, ``seconds`` at a time.

    p50_ms, p99_ms: from when a picture was there to when the simulated arm had the command made
    of it. rate_hz: commands a second while the arm follows; pictures_hz: those made of a new
    picture, of which there are 30. person_ms: of the time, finding the person in the picture.
    following: share of all commands. work_p99_ms: the control loop's own work for a command.
    mirrored_*: of an arm over TCP with keys and its simulated twin, answer included. tool_*: in
    tool mode. Medians of the rounds.
    """
    model = load_arm("dofbot")
    made: list[Figures] = []
    with TemporaryDirectory() as folder:
        clip, keys = Path(folder) / "clip.mp4", KeyStore(Path(folder) / "keys")
        pictures = (picture[:, :, ::-1] for picture, _, _ in waves(round(seconds * FPS), FPS))
        write_video(clip, pictures, FPS)
        pair_local(keys)
        for _ in range(rounds):
            with _simulated(model) as cell:
                plain = _led(cell, clip)
            with _mirrored(model, keys) as cell:
                mirrored = _led(cell, clip)
            with _simulated(model) as cell:
                tool = _led(cell, clip, tool=True)
            made.append(plain | _named("mirrored", mirrored) | _named("tool", tool))
    return {name: float(np.median([one[name] for one in made])) for name in made[0]}


def _led(cell: Cell, clip: Path, tool: bool = False) -> Figures:
    """Return how the person in ``clip`` led the arm of ``cell``."""
    pose, hand = ready_models(ModelOptions())
    mode: Mode = "tool" if tool else "joint"
    options = BodyOptions(VideoFile(clip), pose, hand, ("right",), mode, None, False)
    took: list[float] = []
    with body(cell.arm.model, options) as driver:

        def note(_: Shot) -> None:
            if (seen := driver.seen()) is not None:
                took.append(seen.took)

        going = TeleopRun(
            [Lead(cell, driver.teleoperators[0])], driver, tuple, lambda text: None, note
        )
        going.run(None)
    if not going.latencies:
        raise RobotError("nobody was followed: this machine has no time to look at pictures")
    loop = going.loop.report()
    p50, p99 = 1e3 * np.percentile(going.latencies, (50, 99))
    following = going.periods[FOLLOWING] / going.periods.total()
    return {
        "p50_ms": p50,
        "p99_ms": p99,
        "rate_hz": loop.rate,
        "pictures_hz": loop.rate * len(going.latencies) / going.periods[FOLLOWING],
        "person_ms": 1e3 * float(np.median(took)),
        "following": following,
        "work_p99_ms": loop.work_p99,
    }


def _named(kind: str, figures: Figures) -> Figures:
    return {f"{kind}_{name}": value for name, value in figures.items()}


def _simulated(model: ArmModel) -> AbstractContextManager[Cell]:
    return open_cell("sim", model.name)


@contextmanager
def _mirrored(model: ArmModel, keys: KeyStore) -> Iterator[Cell]:
    with (
        EmulatedServerProcess(model.name, keys=keys) as server,
        open_cell(server.url, model.name, mirror=True, keys=keys.folder) as cell,
    ):
        yield cell
