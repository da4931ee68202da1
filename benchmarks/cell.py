"""Grasps in tables that nobody has seen: calibrated by the verbs, seen by a camera, over TCP."""

from __future__ import annotations

import multiprocessing
import sys
from dataclasses import dataclass, field
from math import radians
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cli.arms import open_cell
from cli.calibrated_cell import calibrate_cell
from cli.camera_sight import CameraOptions, open_camera_sight
from cli.deploy import trained_task
from cli.deployment import Deployment, Grasping, Outcome, deploy
from cli.judged_cell import JudgedCell
from cli.judged_table import JudgedTable, Spot
from cli.marker_sight import Located
from cli.sight import Sight
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from policies.engine.blas import limit_blas_threads
from policies.policy_files import SavedPolicy, load_policy
from policies.runs import find_policy
from policies.statistics import wilson_interval
from robot.arm import Arm
from robot.grasp_run import Tick
from robot.model import ArmModel

NAME = "cell"

AT_ONCE = 2
"""Cells at a time: each takes a core."""

TURNED = radians(10.0)
"""How far a block is turned at most [rad]: a person lays it straight, not exactly."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """Of one cell. misses: (episode, why). miss_mm: how far the block was from where the camera
    had it as the arm set out, an episode each."""

    seed: int
    camera: str
    successes: int
    episodes: int
    calibrated_s: float
    misses: list[tuple[int, str]] = field(default_factory=list)
    miss_mm: list[float] = field(default_factory=list)


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
    Prints how each cell went on stderr.
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
    camera = _camera(saved, job.seed)
    with TemporaryDirectory() as folder:
        keys = KeyStore(Path(folder) / "keys")
        pair_local(keys)
        with JudgedCell(job.seed, camera=camera, keys=keys) as cell:
            options, seconds = CameraOptions(camera=cell.url, keys=keys.folder), 0.0
            if camera != "depth":
                files = calibrate_cell(cell, camera == "fixed", Path(folder), keys)
                options = CameraOptions(
                    camera=cell.url, keys=keys.folder, lens=files.lens, hand_eye=files.hand_eye
                )
                seconds = files.seconds
            return _grasp(job, camera, saved, cell, options, seconds)


def _grasp(
    job: _Job,
    camera: str,
    saved: SavedPolicy,
    cell: JudgedCell,
    options: CameraOptions,
    seconds: float,
) -> CellResult:
    task, done, errors = trained_task(saved, job.policy), Deployment(), list[float]()
    with (
        open_cell(cell.url, task.model.name, keys=options.keys) as arm,
        open_camera_sight(options, cell.url, None, saved.contract, task) as sight,
    ):
        table = _Checked(arm.arm, cell, spots(task.model, job.seed, job.episodes), sight, errors)
        deploy(Grasping(arm, task, saved.act, sight, table), job.episodes, done, _quiet)
    misses = [(i, end.why) for i, end in enumerate(done.outcomes) if not end.success]
    return CellResult(job.seed, camera, done.successes or 0, done.episodes, seconds, misses, errors)


def spots(model: ArmModel, seed: int, count: int) -> list[Spot]:
    """Return where blocks lie in the cell of ``seed``: anywhere in the whole spawn area."""
    random = np.random.default_rng((seed, 0xB10C))
    return [
        (*model.grasp.draw_place(random), float(random.uniform(-TURNED, TURNED)))
        for _ in range(count)
    ]


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


def _quiet(number: int, outcome: Outcome) -> None:
    pass


def _line(result: CellResult) -> str:
    text = f"cell {result.seed} ({result.camera} camera): {result.successes} of {result.episodes}"
    if result.miss_mm:
        text += f", block seen to {np.median(result.miss_mm):.2f} mm (median)"
    return text + "".join(f"\n  episode {i}: {why}" for i, why in result.misses)


def _figures(results: list[CellResult]) -> dict[str, Any]:
    successes = sum(result.successes for result in results)
    episodes = sum(result.episodes for result in results)
    seen = np.concatenate([result.miss_mm for result in results])
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
