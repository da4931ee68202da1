"""Watch the simulated arm grasp: in a window where there is a display, else as a video."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from numpy.typing import NDArray

from cli.console import console
from policies.policy_files import load_policy
from policies.runs import find_policy
from robot.errors import RobotError
from sim.expert import GraspExpert
from sim.grasp_env import GraspEnv
from sim.render import Picture, Viewpoint, picture
from sim.video import write_video

EXAMPLES = """
  twinarm view                         the scripted expert
  twinarm view dofbot-state --episodes 3
  twinarm view --out grasp.mp4         a video even where there is a display
  twinarm view --out grasp.png         one picture, at the moment of the lift
"""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Options:
    """Who moves the arm, and where the pictures go."""

    policy: tyro.conf.Positional[str] = "expert"
    """``expert``, a run, a shipped policy, or a checkpoint folder."""
    episodes: int = 1
    """Episodes to watch."""
    seed: int = 0
    """Seed of the first episode."""
    arm: str = "dofbot"
    """Arm, by its folder in urdf/."""
    out: Path | None = None
    """Write an .mp4 or .png here instead of opening a window."""


def run(options: Options) -> int:
    """Show the episodes."""
    act = _actor(options.policy)
    if options.out is None and os.environ.get("DISPLAY"):
        return _watch(options, act)
    out = options.out or Path(f"{options.arm}-{Path(options.policy).name}.mp4")
    if out.suffix not in (".mp4", ".png"):
        raise RobotError(f"--out {out}: choose a name that ends in .mp4 or .png")
    pictures = film(options.arm, act, options.episodes, options.seed)
    if out.suffix == ".png":
        _write_png(out, pictures[-12])
    else:
        write_video(out, pictures)
    console.print(f"wrote {out}")
    return 0


def film(
    arm: str,
    act: Callable[[Array], Array],
    episodes: int,
    seed: int,
    view: Viewpoint | None = None,
) -> list[Picture]:
    """Return the pictures of ``episodes`` episodes, one a control period."""
    pictures: list[Picture] = []
    env = GraspEnv(arm)
    env.on_period = lambda: pictures.append(picture(env.scene.world, view))
    for episode in range(episodes):
        success = _play(env, act, seed + episode)
        console.print(f"seed {seed + episode}: {'grasped' if success else 'missed'}")
    env.close()
    return pictures


def _watch(options: Options, act: Callable[[Array], Array]) -> int:
    env = GraspEnv(options.arm, window=True)
    env.on_period = lambda: time.sleep(env.task.config.period)
    for episode in range(options.episodes):
        _play(env, act, options.seed + episode)
    env.close()
    return 0


def _play(env: GraspEnv, act: Callable[[Array], Array], seed: int) -> bool:
    observation, _ = env.reset(seed=seed)
    while True:
        observation, _, terminated, _, info = env.step(act(observation))
        if terminated:
            return bool(info["is_success"])


def _actor(name: str) -> Callable[[Array], Array]:
    return GraspExpert().act if name == "expert" else load_policy(find_policy(name)).act


def _write_png(path: Path, image: Picture) -> None:
    from matplotlib import image as images

    try:
        images.imsave(path, image)
    except OSError as error:
        raise RobotError(f"{path}: the picture cannot be written: {error}") from error
