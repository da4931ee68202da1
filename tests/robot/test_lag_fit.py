import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.errors import RobotError
from robot.excitation import excitation
from robot.lag_fit import fit_lag
from robot.model import load_arm
from robot.recording import Recorder, Recording

MODEL = load_arm("dofbot")
PERIOD = 0.02
COUNT = 0.0014  # [rad] of a 12 bit sensor
COURSE = list(excitation(MODEL, PERIOD))


def recorded(
    dead_s: float,
    time_constant: float,
    speed: float = 9.0,
    play: float = 0.0,
    seed: int = 0,
    count: float = COUNT,
) -> Recording:
    """Return what servos with these faults do on the usual course, sampled unevenly."""
    random = np.random.default_rng(seed)
    targets = np.array([positions for positions, _ in COURSE])
    slow = np.array([slow for _, slow in COURSE])
    stamps = PERIOD * np.arange(len(COURSE)) + random.uniform(0.0, 0.004, len(COURSE))
    fine = 0.001
    times = np.arange(0.0, stamps[-1] + fine, fine)
    shaft, link = targets[0].copy(), targets[0].copy()
    course = np.empty((len(times), MODEL.n))
    for i, t in enumerate(times):
        given = targets[max(0, np.searchsorted(stamps, t - dead_s, side="right") - 1)]
        step = (given - shaft) * min(1.0, fine / time_constant)
        shaft = shaft + np.clip(step, -speed * fine, speed * fine)
        link = np.clip(link, shaft - play / 2, shaft + play / 2)
        course[i] = link
    exact = [np.interp(stamps, times, joint) for joint in course.T]
    measured = np.round(np.array(exact).T / count) * count
    measured += random.normal(0.0, 0.0005, measured.shape)
    return Recording(stamps, targets, measured, slow)


@settings(max_examples=6, deadline=None)
@given(
    dead_s=st.floats(0.0, 0.2),
    time_constant=st.floats(0.01, 0.1),
    play=st.floats(0.0, 0.02),
    seed=st.integers(0, 99),
)
def test_lag_is_found_whatever_play_and_noise_there_is(
    dead_s: float, time_constant: float, play: float, seed: int
) -> None:
    fit = fit_lag(recorded(dead_s, time_constant, play=play, seed=seed))
    assert fit.lag is not None
    assert fit.lag.value == pytest.approx(dead_s + time_constant, abs=0.006)
    assert 0.0 < fit.lag.std < 0.01


def test_speed_is_found_where_servos_are_left_behind() -> None:
    fit = fit_lag(recorded(0.03, 0.03, speed=1.5))
    assert fit.speed is not None
    assert fit.speed.value == pytest.approx(1.5, rel=0.03)


def test_speed_of_servos_that_keep_up_is_not_claimed() -> None:
    fit = fit_lag(recorded(0.03, 0.03, speed=9.0))
    assert fit.speed is None
    assert fit.seen_speed == pytest.approx(2.4, abs=0.15)


def test_one_joint_that_stands_still_leaves_the_others_lag() -> None:
    whole = recorded(0.05, 0.03)
    targets, measured = whole.targets.copy(), whole.measured.copy()
    targets[:, 2] = measured[:, 2] = 0.3
    fit = fit_lag(Recording(whole.stamps, targets, measured, whole.slow))
    assert np.isnan(fit.lags).tolist() == [False, False, True, False, False]
    assert fit.lag is not None and fit.lag.value == pytest.approx(0.08, abs=0.006)


def test_an_arm_that_never_moved_tells_no_lag() -> None:
    still = np.zeros((300, 5))
    fit = fit_lag(Recording(0.02 * np.arange(300.0), still, still, np.ones(300, dtype=bool)))
    assert fit.lag is None and fit.speed is None


def test_spikes_of_a_bad_reading_do_not_move_the_lag() -> None:
    whole = recorded(0.05, 0.03)
    measured = whole.measured.copy()
    measured[::37] += 0.5
    fit = fit_lag(Recording(whole.stamps, whole.targets, measured, whole.slow))
    assert fit.lag is not None and fit.lag.value == pytest.approx(0.08, abs=0.01)


def test_a_recording_survives_its_file(tmp_path) -> None:
    whole = recorded(0.05, 0.03)
    path = tmp_path / "recording.npz"
    whole.save(path)
    again = Recording.load(path)
    for name in ("stamps", "targets", "measured", "slow"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))


def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path) -> None:
    path = tmp_path / "recording.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(RobotError, match=r"recording\.npz: no recording"):
        Recording.load(path)
    np.savez(path, stamps=np.arange(3.0))
    with pytest.raises(RobotError, match=r"recording\.npz: no recording"):
        Recording.load(path)


def test_objects_in_a_recording_are_not_unpickled(tmp_path) -> None:
    path = tmp_path / "recording.npz"
    np.savez(path, stamps=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RobotError, match="no recording"):
        Recording.load(path)


def test_a_recording_out_of_order_or_not_finite_is_refused() -> None:
    good = np.zeros((2, 5))
    slow = np.ones(2, dtype=bool)
    with pytest.raises(RobotError, match="do not rise"):
        Recording(np.array([1.0, 1.0]), good, good, slow)
    with pytest.raises(RobotError, match="not finite"):
        Recording(np.array([1.0, 2.0]), good, good + np.nan, slow)


def test_the_recorder_leaves_out_what_it_saw_before() -> None:
    recorder, here = Recorder(), np.zeros(5)
    for stamp in (1.0, 1.0, 1.1, 1.05):
        recorder.add(stamp, here, here, True)
    assert recorder.recording().stamps.tolist() == [1.0, 1.1]
