"""Watch the simulated arm grasp: in a window where there is a display, else as a video."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from cli.console import console
from cli.display import display_there
from cli.places import done_in
from cli.stage import EXPERT, Stage, open_stage
from robot.errors import RobotError
from sim.depth_env import DepthGraspEnv
from sim.object_families import SplitName
from sim.render import Picture
from sim.video import write_video

EXAMPLES = """
  twinarm view                         the scripted expert
  twinarm view --task full             of a block that lies turned, all by itself
  twinarm view --task full --clutter test   of several objects it picks one
  twinarm view --task place            and puts it on a target
  twinarm view dofbot-state --episodes 3
  twinarm view my-run --randomization wide
  twinarm view --out grasp.mp4         a video even where there is a display
  twinarm view --out grasp.png         one picture, at the end of the lift
  twinarm view --contact-sheet         64 randomised resets, and what the camera sees of them
"""


@dataclass(frozen=True)
class Options:
    """Who moves the arm, and where the pictures go."""

    policy: tyro.conf.Positional[str] = EXPERT
    """``expert``, a run, a shipped policy, or a checkpoint folder."""
    episodes: int = 1
    """Episodes to watch."""
    seed: int = 0
    """Seed of the first episode."""
    arm: str | None = None
    """Arm, by its folder in urdf/; the policy's own if not given."""
    randomization: str | None = None
    """Conditions: off, default, wide, or a file of `twinarm identify`; the policy's own if not
    given."""
    task: str | None = None
    """What the expert does: guided, full or place; guided if not given."""
    clutter: SplitName | None = None
    """With --task full: objects of this split, of which one is picked; the policy's own if not
    given."""
    contact_sheet: bool = False
    """Make one picture of 64 resets instead, with what the depth camera sees; of the policy's own
    camera if one is named."""
    out: Path | None = None
    """Write an .mp4 or .png here instead of opening a window."""


def run(options: Options) -> int:
    """Show the episodes, or the sheet."""
    if options.contact_sheet:
        return _sheet(options)
    if options.out is None and display_there():
        return _watch(options)
    name = Path(options.policy).name
    out = _checked(options.out or Path(f"{options.arm or 'dofbot'}-{name}.mp4"), ".mp4", ".png")
    stage = _stage(options)
    with closing(stage.env):
        if out.suffix == ".png":
            _play(stage, options.seed)
            _write_png(out, stage.picture())
        else:
            write_video(out, film(stage, options.episodes, options.seed))
    console.print(f"wrote {out}")
    return 0


def film(stage: Stage, episodes: int, seed: int) -> Iterator[Picture]:
    """Yield the pictures of ``episodes`` episodes, one a control period."""
    pictures: list[Picture] = []
    stage.env.on_period = lambda: pictures.append(stage.picture())
    for episode in range(episodes):
        _play(stage, seed + episode)
        yield from pictures
        pictures.clear()


def _stage(options: Options, window: bool = False) -> Stage:
    return open_stage(
        options.policy,
        options.arm,
        options.randomization,
        window=window,
        task=options.task,
        clutter=options.clutter,
    )


def _watch(options: Options) -> int:
    stage = _stage(options, window=True)
    period = stage.env.task.config.period
    stage.env.on_period = lambda: time.sleep(period)
    with closing(stage.env):
        for episode in range(options.episodes):
            _play(stage, options.seed + episode)
    return 0


def _play(stage: Stage, seed: int) -> None:
    console.print(f"seed {seed}: {done_in(stage.env.task) if stage.play(seed) else 'missed'}")


def _sheet(options: Options) -> int:
    from cli.contact_sheet import write_contact_sheet

    name = options.randomization or "default"
    out = _checked(options.out or Path(f"contact-sheet-{Path(name).stem}.png"), ".png")
    with closing(_depth_env(options, name)) as env, console.status("looking"):
        write_contact_sheet(out, env, options.seed, name)
    console.print(f"wrote {out}")
    return 0


def _depth_env(options: Options, randomization: str) -> DepthGraspEnv:
    """Return the environment with a camera: that of the policy, if one is named."""
    if options.policy == EXPERT:
        return DepthGraspEnv(
            options.arm or "dofbot",
            randomization=randomization,
            task=options.task or "guided",
            clutter=options.clutter,
        )
    env = _stage(replace(options, randomization=randomization)).env
    if not isinstance(env, DepthGraspEnv):
        env.close()
        raise RobotError(f"{options.policy} sees through no camera; leave it out for the usual one")
    return env


def _checked(out: Path, *endings: str) -> Path:
    if out.suffix not in endings:
        raise RobotError(f"--out {out}: choose a name that ends in {' or '.join(endings)}")
    if not out.parent.is_dir():
        raise RobotError(f"--out {out}: there is no folder {out.parent}")
    return out


def _write_png(path: Path, image: Picture) -> None:
    from matplotlib import image as images

    try:
        images.imsave(path, image)
    except OSError as error:
        raise RobotError(f"{path}: the picture cannot be written: {error}") from error
