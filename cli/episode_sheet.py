"""A sheet of pictures of recorded episodes, one row each, from their first frame to their last."""

import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from cli.demonstrated_arm import command_of
from cli.replay import lay_block
from policies.demonstrations.inspection import Inspection
from policies.demonstrations.reader import DatasetReader
from robot.errors import RobotError
from robot.model import ArmModel
from robot.task import GraspTask
from sim.grasp_scene import GraspScene
from sim.render import WHOLE_ARM, Picture, picture

COLUMNS = 6
MOST_ROWS = 60
"""Rows of a sheet; of more episodes some are left out, evenly."""
HEIGHT, CAPTION, GAP, HEAD = 120, 18, 8, 40  # [px]
DPI = 100
INK, PAPER, MARK = "#22313f", 250, "#b03a2e"
PLACES, NOWHERE = GraspTask.block_names, (0.0, 0.0, -1.0)
VIEW = replace(WHOLE_ARM, width=160, height=HEIGHT, shadow=False)


def write_episode_sheet(
    path: Path, reader: DatasetReader, found: list[Inspection], model: ArmModel | None
) -> None:
    """Write pictures of the inspected episodes to ``path``, those of the first camera.

    Without a camera the arm ``model`` is drawn in its recorded poses. Raises RobotError if that
    is not known either, or the file cannot be written.
    """
    chosen = found[:: -(-len(found) // MOST_ROWS)]
    rows = [np.hstack(row) for row in _rows(reader, chosen, model)]
    step, width = HEIGHT + CAPTION + GAP, rows[0].shape[1] + 2 * GAP
    height = HEAD + len(rows) * step
    pixels = np.full((height, width, 3), PAPER, np.uint8)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    for number, (row, one) in enumerate(zip(rows, chosen, strict=True)):
        top = HEAD + number * step
        pixels[top : top + HEIGHT, GAP : GAP + row.shape[1]] = row
        down = 1 - (top + HEIGHT + 4) / height
        colour = MARK if one.slow else INK
        figure.text(GAP / width, down, caption(one), va="top", color=colour, fontsize=7.5)
    title = f"{reader.folder.name}: {len(chosen)} of {len(found)} episodes of {reader.schema.robot}"
    figure.text(GAP / width, 1 - 10 / height, title, va="top", color=INK, weight="bold")
    figure.figimage(pixels, 0, 0, origin="upper")
    try:
        figure.savefig(path, dpi=DPI)
    except OSError as error:
        raise RobotError(f"{path}: the sheet cannot be written: {error}") from error


def caption(one: Inspection) -> str:
    """Return what is to be known of an episode, in one line."""
    ended = {True: "success", False: "no success", None: "not judged"}[one.success]
    marks = ["below the rate limit"] * one.slow + [f"{one.jumps} jumps"] * bool(one.jumps)
    return ", ".join(
        [f"episode {one.index}: {ended}", f"{one.seconds:.1f} s", f"{one.rate:.1f} Hz", *marks]
    )


def _rows(
    reader: DatasetReader, chosen: list[Inspection], model: ArmModel | None
) -> Iterator[list[Picture]]:
    """Yield the pictures of each episode, HEIGHT high."""
    camera = next(iter(reader.schema.cameras), None)
    if camera is None and model is None:
        raise RobotError(
            f"{reader.folder}: no pictures of it can be made: no camera was recorded, and how a"
            f" {reader.schema.robot} looks is not known here"
        )
    with ExitStack() as stack:
        scene = None if model is None else stack.enter_context(GraspScene(model))
        for one in chosen:
            frames = np.linspace(0, one.frames - 1, COLUMNS).round().astype(int).tolist()
            if camera is not None:
                yield _filmed(reader, one.index, camera, frames)
            elif scene is not None:
                yield _drawn(reader, one.index, scene, frames)


def _filmed(reader: DatasetReader, episode: int, camera: str, frames: list[int]) -> list[Picture]:
    wanted = set(frames)
    seen = {
        number: _small(image)
        for number, image in enumerate(reader.pictures(episode, camera))
        if number in wanted
    }
    return [seen[number] for number in frames]


def _drawn(
    reader: DatasetReader, episode: int, scene: GraspScene, frames: list[int]
) -> list[Picture]:
    recorded = reader.episode(episode)
    names = reader.schema.environment
    lay_block(scene, names, recorded)
    images = []
    for frame in frames:
        pose = command_of(recorded.states[frame])
        told = dict(zip(names, recorded.environment[frame].tolist(), strict=True))
        x, y, z = (told.get(name, away) for name, away in zip(PLACES, NOWHERE, strict=True))
        block = (x, y, z), _turned(told.get("block_yaw", 0.0))
        scene.show(pose.positions, pose.gripper, block)
        images.append(picture(scene.world, VIEW))
    return images


def _turned(yaw: float) -> tuple[float, float, float, float]:
    """Return the orientation (x, y, z, w) of a block turned by ``yaw`` [rad] about z."""
    return 0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)


def _small(image: Picture) -> Picture:
    """Return ``image`` [h, w, 3] HEIGHT high, of pixels picked from it."""
    width = round(HEIGHT * image.shape[1] / image.shape[0])
    rows, columns = (
        np.arange(size) * whole // size
        for size, whole in zip((HEIGHT, width), image.shape, strict=False)
    )
    picked: Picture = image[rows[:, None], columns]
    return picked
