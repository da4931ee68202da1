"""How near the camera's answer is to the truth, and how long it takes."""

import time
from dataclasses import dataclass, field

import cv2
import numpy as np

from benchmarks.hand_eye import hand_eye_figures
from benchmarks.intrinsics import intrinsics_figures
from benchmarks.marker_views import TAG, View, views
from perception.camera import Frame
from perception.lens import Lens
from perception.locate import Locator
from perception.targets import TagTarget
from perception.tracker import error_between
from policies.engine.blas import limit_blas_threads

NAME = "perception"


@dataclass(slots=True)
class Tally:
    """Of all views: errors [m, rad] and times [s]."""

    position: list[float] = field(default_factory=list)
    tilt: list[float] = field(default_factory=list)
    surprise: list[float] = field(default_factory=list)
    locate: list[float] = field(default_factory=list)
    follow: list[float] = field(default_factory=list)
    views: int = 0


def run(poses: int = 500, seed: int = 0) -> dict[str, float]:
    """Locate tags, calibrate lenses and the place of a camera; see the three functions."""
    return marker_figures(poses, seed) | intrinsics_figures() | hand_eye_figures()


def marker_figures(poses: int, seed: int) -> dict[str, float]:
    """Locate one tag in ``poses`` rendered pictures, each through a new camera, on one core.

    position_*_mm: error of the tag's middle, in a single picture and without prior knowledge.
    detection_rate: share of pictures in which it is seen. position_nees: mean over the pictures
    of the squared error in terms of the covariance; 3 is what an exact one has, less a careful one.
    locate_ms: median processor time of a first look, follow_ms: of a second one, near where the
    tag was.
    """
    limit_blas_threads(1)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return _figures(_tally(poses, seed))
    finally:
        cv2.setNumThreads(threads)


def _tally(poses: int, seed: int) -> Tally:
    tally = Tally()
    for view in views(poses, seed):
        _locate(view, tally)
    return tally


def _locate(view: View, tally: Tally) -> None:
    lens = Lens(view.lens.matrix, view.lens.distortion, view.lens.size)
    target = TagTarget(view.id, TAG)
    locator = Locator(lens, [target])
    start = time.thread_time()
    sighting = locator.look(Frame(view.image, 0.0, 0)).sightings.get(target.name)
    tally.views += 1
    if sighting is None:
        return
    tally.locate.append(time.thread_time() - start)
    start = time.thread_time()
    locator.look(Frame(view.image, 0.1, 1))
    tally.follow.append(time.thread_time() - start)
    error = error_between(view.pose, sighting.T_camera_target)
    tally.position.append(float(np.linalg.norm(error[:3])))
    tally.tilt.append(float(np.linalg.norm(error[3:])))
    spread = sighting.covariance[:3, :3]
    tally.surprise.append(float(error[:3] @ np.linalg.solve(spread, error[:3])))


def _figures(tally: Tally) -> dict[str, float]:
    position = 1e3 * np.array(tally.position)
    return {
        "position_median_mm": float(np.median(position)),
        "position_p95_mm": float(np.quantile(position, 0.95)),
        "turn_median_deg": float(np.degrees(np.median(tally.tilt))),
        "turn_p95_deg": float(np.degrees(np.quantile(tally.tilt, 0.95))),
        "detection_rate": len(position) / tally.views,
        "position_nees": float(np.mean(tally.surprise)),
        "locate_ms": 1e3 * float(np.median(tally.locate)),
        "follow_ms": 1e3 * float(np.median(tally.follow)),
        "poses": tally.views,
    }
