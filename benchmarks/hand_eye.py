"""Where the calibration verbs say that a camera is, against where it is in hidden cells."""

from __future__ import annotations

import multiprocessing
import time
from math import degrees
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cli.calibrated_cell import calibrate_cell
from cli.judged_cell import JudgedCell
from perception.camera_place import read_camera_place
from perception.rigid import difference, inverse
from robot.link_chain import LinkChain, mount_of
from robot.model import load_arm

CELLS = (1, 2, 3)
AT_ONCE = 2
"""Cells served at a time: each takes half a core."""

_SETTLED = 1.0  # [s] after which the arm stands


def hand_eye_figures(cells: tuple[int, ...] = CELLS) -> dict[str, float]:
    """Calibrate lens and place of the wrist camera of each cell by the verbs, over the bridge.

    handeye_mm, handeye_deg: the greatest distance and turn between the found place of the camera
    on its link and the true one; _median: the usual.
    """
    with multiprocessing.get_context("spawn").Pool(AT_ONCE) as pool:
        errors = np.array(pool.map(_error, cells))
    worst, usual = errors.max(axis=0), np.median(errors, axis=0)
    return {
        "handeye_mm": float(worst[0]),
        "handeye_mm_median": float(usual[0]),
        "handeye_deg": float(worst[1]),
        "handeye_deg_median": float(usual[1]),
    }


def _error(seed: int) -> tuple[float, float]:
    """Return the error of one cell [mm, deg]."""
    model = load_arm("dofbot")
    with TemporaryDirectory() as folder, JudgedCell(seed) as cell:
        files = calibrate_cell(cell, fixed=False, folder=Path(folder))
        found = read_camera_place(files.hand_eye, model).T_parent_camera
        time.sleep(_SETTLED)
        truth = np.array(cell.truth()["T_base_camera"])
        angles = np.array(cell.score()["angles"])
    link, _ = mount_of(model, model.camera.link)
    T_link_camera = inverse(LinkChain(model, link).pose(angles[: model.n])) @ truth
    shift, turn = difference(found, T_link_camera)
    return 1e3 * shift, degrees(turn)
