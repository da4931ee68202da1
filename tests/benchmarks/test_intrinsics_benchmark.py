from benchmarks.intrinsics import intrinsics_figures


def test_lenses_are_found_from_25_pictures_of_a_renderer_that_knows_nothing_of_calibration():
    figures = intrinsics_figures(lenses=2, seed=20)
    assert figures["intrinsics_focal_error"] < 0.002
    assert figures["intrinsics_rms_px"] < 0.2
    assert 0.1 < figures["intrinsics_nees"] < 4.0
