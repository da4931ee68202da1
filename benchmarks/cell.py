"""Grasps in tables that nobody has seen: calibrated by the verbs, seen by a camera, over TCP."""

from __future__ import annotations

import multiprocessing
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cli.arms import open_cell
from cli.calibrated_cell import calibrate_cell
from cli.camera_sight import CameraOptions, open_camera_sight
from cli.deploy import trained_task
from cli.deployment import Deployment, Grasping, deploy
from cli.judged_cell import JudgedCell
from cli.judged_table import JudgedTable, Spot, drawn_spots
from cli.marker_sight import Located
from cli.sight import Sight
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from policies.engine.blas import limit_blas_threads
from policies.errors import PolicyError
from policies.policy_files import SavedPolicy, load_policy
from policies.runs import find_policy
from policies.statistics import wilson_interval
from robot.arm import Arm
from robot.errors import RobotError
from robot.grasp_run import Tick

NAME = "cell"

AT_ONCE = 2
"""Cells at a time: each takes a core."""


@dataclass(slots=True)
class CellResult:
    """Of one cell. done: what came of its grasps. seen_mm: how far the block was from where the
    camera had it as the arm set out, an episode each. error: that ended it, or ""."""

    seed: int
    camera: str
    episodes: int
    done: Deployment = field(default_factory=Deployment)
    seen_mm: list[float] = field(default_factory=list)
    error: str = ""

    @property
    def successes(self) -> int:
        """Return how often the block was held up; a grasp that was never made is none."""
        return sum(outcome.success is True for outcome in self.done.outcomes)


@dataclass(frozen=True, slots=True)
class _Job:
    seed: int
    episodes: int
    policy: str


def run(
    cells: int = 10, episodes: int = 30, policy: str = "dofbot-state", first: int = 0
) -> dict[str, Any]:
    """Grasp ``episodes`` times in each of ``cells``, two cells at a time, at the real pace.

    policy: one that is told where the block is gets it from markers, by a camera on the wrist in
    even cells and one on a tripod in odd ones; one that sees gets the cell's depth camera.
    Whatever ends a cell early, such as a calibration that is refused, makes misses of what is left
    of it. Prints how each cell went on stderr.
    """
    jobs = [_Job(seed, episodes, policy) for seed in range(first, first + cells)]
    results = []
    with multiprocessing.get_context("spawn").Pool(AT_ONCE) as pool:
        for result in pool.imap(_grasp_in, jobs, chunksize=1):
            print(_line(result), file=sys.stderr, flush=True)
            results.append(result)
    return _figures(results)


def _grasp_in(job: _Job) -> CellResult:
    """Calibrate the cell of ``job`` from nothing, and grasp in it."""
    limit_blas_threads(1)
    saved = load_policy(find_policy(job.policy))
    result = CellResult(job.seed, _camera(saved, job.seed), job.episodes)
    with TemporaryDirectory() as folder:
        keys = KeyStore(Path(folder) / "keys")
        pair_local(keys)
        try:
            with JudgedCell(job.seed, camera=result.camera, keys=keys) as cell:
                options = _calibrated(cell, result.camera, Path(folder), keys)
                _grasp(job, saved, cell, options, result)
        except (RobotError, PolicyError) as error:
            result.error = str(error)
    result.done.moments.clear()
    return result


def _calibrated(cell: JudgedCell, camera: str, folder: Path, keys: KeyStore) -> CameraOptions:
    if camera == "depth":
        return CameraOptions(camera=cell.url, keys=keys.folder)
    files = calibrate_cell(cell, camera == "fixed", folder, keys)
    return CameraOptions(
        camera=cell.url, keys=keys.folder, lens=files.lens, hand_eye=files.hand_eye
    )


def _grasp(
    job: _Job, saved: SavedPolicy, cell: JudgedCell, options: CameraOptions, result: CellResult
) -> None:
    task = trained_task(saved, job.policy)
    with (
        open_cell(cell.url, task.model.name, keys=options.keys) as arm,
        open_camera_sight(options, cell.url, None, saved.contract, task) as sight,
    ):
        laid = drawn_spots(task, job.seed, job.episodes)
        table = _Checked(arm.arm, cell, laid, sight, result.seen_mm)
        grasping = Grasping(arm, task, saved.act, sight, table)
        deploy(grasping, job.episodes, result.done, lambda number, outcome: None)


def _camera(saved: SavedPolicy, seed: int) -> str:
    if saved.contract.observation.image is not None:
        return "depth"
    return "fixed" if seed % 2 else "wrist"


class _Checked(JudgedTable):
    """Notes, as the arm sets out, how far the block is from where the camera has it."""

    def __init__(
        self,
        arm: Arm,
        cell: JudgedCell,
        spots: list[Spot],
        sight: Sight,
        errors: list[float],
    ) -> None:
        super().__init__(arm, cell, spots)
        self._sight, self._errors, self._noted = sight, errors, -1

    def lay(self, episode: int) -> None:
        super().lay(episode)
        self._episode = episode

    def watch(self, tick: Tick) -> None:
        if self._noted == self._episode or not isinstance(self._sight, Located):
            return
        self._noted = self._episode
        assert self._sight.track is not None
        truth = self._cell.score()["block_position"]
        miss = np.linalg.norm(self._sight.track.pose[:3, 3] - truth)
        self._errors.append(1e3 * float(miss))


def _line(result: CellResult) -> str:
    text = f"cell {result.seed} ({result.camera} camera): {result.successes} of {result.episodes}"
    if result.seen_mm:
        text += f", block seen to {np.median(result.seen_mm):.2f} mm (median)"
    whys = [(i, end.why) for i, end in enumerate(result.done.outcomes) if not end.success]
    text += "".join(f"\n  episode {i}: {why}" for i, why in whys)
    return text + (f"\n  ended by: {result.error}" if result.error else "")


def _figures(results: list[CellResult]) -> dict[str, Any]:
    successes = sum(result.successes for result in results)
    episodes = sum(result.episodes for result in results)
    seen = np.concatenate([result.seen_mm for result in results])
    figures = {
        "success_rate": successes / episodes,
        "ci95": wilson_interval(successes, episodes),
        "episodes": episodes,
        "cells": len(results),
        "successes_by_cell": {result.seed: result.successes for result in results},
    }
    if len(seen):
        figures |= {
            "seen_median_mm": float(np.median(seen)),
            "seen_p95_mm": float(np.percentile(seen, 95)),
        }
    return figures
