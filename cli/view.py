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
from sim.render import Picture, picture
from sim.video import write_video

EXAMPLES = """
  twinarm view                         the scripted expert
  twinarm view dofbot-state --episodes 3
  twinarm view --out grasp.mp4         a video even where there is a display
  twinarm view --out grasp.png         one picture, at the end of the lift
"""

Act = Callable[[NDArray[np.float32]], NDArray[np.float32]]


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
    if out.suffix == ".png":
        _write_png(out, snapshot(options.arm, act, options.seed))
    else:
        write_video(out, film(options.arm, act, options.episodes, options.seed))
    console.print(f"wrote {out}")
    return 0


def film(arm: str, act: Act, episodes: int, seed: int) -> list[Picture]:
    """Return the pictures of ``episodes`` episodes, one a control period."""
    pictures: list[Picture] = []
    env = GraspEnv(arm)
    env.on_period = lambda: pictures.append(picture(env.scene.world))
    for episode in range(episodes):
        _play(env, act, seed + episode)
    env.close()
    return pictures


def snapshot(arm: str, act: Act, seed: int) -> Picture:
    """Return the picture at the end of an episode, the block up if it was grasped."""
    env = GraspEnv(arm)
    _play(env, act, seed)
    image = picture(env.scene.world)
    env.close()
    return image


def _watch(options: Options, act: Act) -> int:
    env = GraspEnv(options.arm, window=True)
    env.on_period = lambda: time.sleep(env.task.config.period)
    for episode in range(options.episodes):
        _play(env, act, options.seed + episode)
    env.close()
    return 0


def _play(env: GraspEnv, act: Act, seed: int) -> None:
    observation, _ = env.reset(seed=seed)
    terminated = False
    while not terminated:
        observation, _, terminated, _, info = env.step(act(observation))
    console.print(f"seed {seed}: {'grasped' if info['is_success'] else 'missed'}")


def _actor(name: str) -> Act:
    return GraspExpert().act if name == "expert" else load_policy(find_policy(name)).act


def _write_png(path: Path, image: Picture) -> None:
    from matplotlib import image as images

    try:
        images.imsave(path, image)
    except OSError as error:
        raise RobotError(f"{path}: the picture cannot be written: {error}") from error
