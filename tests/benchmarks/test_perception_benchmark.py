import numpy as np

from benchmarks import perception
from benchmarks.rendered_markers import TrueLens
from perception.lens import Lens

MATRIX = np.array([[560.0, 0, 325], [0, 558, 236], [0, 0, 1]])
DISTORTION = np.array([-0.3, 0.08, 0.001, -0.002, 0.01])


def test_tags_are_located_to_a_millimetre_and_never_missed():
    figures = perception.marker_figures(poses=60, seed=0)
    assert figures["position_median_mm"] < 0.5
    assert figures["position_p95_mm"] < 2.0
    assert figures["detection_rate"] > 0.97
    assert 1.0 < figures["position_nees"] < 5.0


def test_the_renderers_lens_is_the_estimators_though_they_share_nothing():
    theirs, ours = TrueLens(MATRIX, DISTORTION, (640, 480)), Lens(MATRIX, DISTORTION, (640, 480))
    points = np.random.default_rng(0).uniform((-0.2, -0.15, 0.4), (0.2, 0.15, 0.6), (50, 3))
    pixels = ours.project(points)
    assert np.abs(theirs.pixels(points) - pixels).max() < 1e-9
    assert np.abs(theirs.rays(pixels) - points[:, :2] / points[:, 2:]).max() < 1e-9
