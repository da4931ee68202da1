"""A sheet of randomised resets: what people see, and what the depth camera sees."""

from dataclasses import dataclass
from math import degrees
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cli import tiles
from cli.inset import enlarged
from robot.errors import RobotError
from robot.task import GraspTask
from sim.clutter_scene import ClutterScene
from sim.conditions import Conditions
from sim.depth_env import DepthGraspEnv
from sim.grasp_tasks import TASKS
from sim.render import Picture, Viewpoint, picture

COLUMNS = ROWS = 8
SIDE, WIDTH, CAPTION = 136, 152, 34  # [px] of a depth picture, a scene, and the words below them
GAP = 12  # [px] between tiles
HEAD = 64  # [px]
DPI = 100
INK, PAPER, FAINT = "#22313f", 250, "#6b7884"
VIEW = Viewpoint(
    target=(0.16, 0.0, 0.07), distance=0.44, yaw=40.0, pitch=-24.0, width=WIDTH, height=SIDE
)


@dataclass(frozen=True, slots=True, eq=False)
class Reset:
    """One randomised reset: the scene, the depth picture, and what was drawn.

    objects: how many lie there instead of a block; 0 if none do.
    """

    seed: int
    scene: Picture
    depth: Picture
    conditions: Conditions
    objects: int = 0


def resets(env: DepthGraspEnv, first_seed: int, count: int) -> list[Reset]:
    """Reset ``env`` with ``count`` seeds one after the other, and look.

    Of two depth pictures it is the one from before the start, where no jaws hide the table.
    """
    found = []
    for seed in range(first_seed, first_seed + count):
        observation, info = env.reset(seed=seed)
        depth = enlarged(tiles.seen(observation["depth"][:, :, -1:]), SIDE)
        conditions = Conditions.from_info(info["conditions"])
        scene, objects = picture(env.scene.world, VIEW), len(info.get("objects", ()))
        found.append(Reset(seed, scene, depth, conditions, objects))
    return found


def write_contact_sheet(path: Path, env: DepthGraspEnv, first_seed: int, name: str) -> None:
    """Write 8 x 8 resets of ``env``, whose randomization is ``name``. Raises RobotError."""
    figure = _sheet(resets(env, first_seed, ROWS * COLUMNS), env, name)
    try:
        figure.savefig(path, dpi=DPI)
    except OSError as error:
        raise RobotError(f"{path}: the sheet cannot be written: {error}") from error


def _sheet(found: list[Reset], env: DepthGraspEnv, name: str) -> Figure:
    step_x, step_y = WIDTH + SIDE + GAP, SIDE + CAPTION + GAP
    width, height = COLUMNS * step_x + GAP, HEAD + ROWS * step_y
    pixels = np.full((height, width, 3), PAPER, np.uint8)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    for number, reset in enumerate(found):
        row, column = divmod(number, COLUMNS)
        x, y = GAP + column * step_x, HEAD + row * step_y
        pixels[y : y + SIDE, x : x + WIDTH + SIDE] = np.hstack([reset.scene, reset.depth])
        words = caption(reset, env.camera.camera.lens.fov_degrees)
        _write(figure, x, y + SIDE + 5, words, height, width, fontsize=7.4, family="monospace")
    title = f"{len(found)} resets: {env.task.model.name}, {_task(env)}, randomization {name}"
    _write(figure, GAP, 12, title, height, width, fontsize=13, weight="bold")
    _write(figure, GAP, 38, _legend(env), height, width, fontsize=9, color=FAINT)
    figure.figimage(pixels, 0, 0, origin="upper")
    return figure


def _task(env: DepthGraspEnv) -> str:
    name = next(name for name, kind in TASKS.items() if type(env.task.config) is kind)
    return f"task {name}{' in clutter' if isinstance(env.scene, ClutterScene) else ''}"


def _legend(env: DepthGraspEnv) -> str:
    """Return what the depth pictures of ``env`` are."""
    size, guided = env.camera.camera.lens.size, isinstance(env.task, GraspTask)
    when = "sees" if guided else "saw before the start"
    seen = f"Right of each scene is the depth that the policy {when}, {size} x {size} px"
    return f"{seen}: {_shades(env)}."


def _shades(env: DepthGraspEnv) -> str:
    """Return what bright, dark and grey mean in pictures of ``env``."""
    if "near" not in env.observation_details:
        return "how far things stand out of the table, bright the most"
    near, far = 1e3 * env.camera.range.near, 1e3 * env.camera.range.far
    return f"bright is near ({near:.0f} mm), dark is far ({far:.0f} mm), grey was not measured"


def _write(
    figure: Figure, x: int, y: int, words: str, height: int, width: int, **style: Any
) -> None:
    figure.text(x / width, 1 - y / height, words, va="top", **{"color": INK, **style})


def caption(reset: Reset, fov_degrees: float) -> str:
    """Return the seed and what was drawn, in words of two lines."""
    drawn = reset.conditions
    block = f"block {1e3 * drawn.block_size:.1f} mm {1e3 * drawn.block_mass:.0f} g"
    if reset.objects:
        block = f"{reset.objects} object{'s' if reset.objects > 1 else ''}"
    camera = 1e3 * np.linalg.norm([drawn.camera_x, drawn.camera_y, drawn.camera_z])
    turn = degrees(np.linalg.norm([drawn.camera_roll, drawn.camera_pitch, drawn.camera_yaw]))
    return (
        f"seed {reset.seed}  {block}  lag {1e3 * drawn.servo_lag:.0f} ms\n"
        f"fov {fov_degrees + drawn.camera_fov:.1f} deg  off {camera:.1f} mm {turn:.1f} deg"
        f"  holes {100 * drawn.depth_dropout:.1f}%"
    )
