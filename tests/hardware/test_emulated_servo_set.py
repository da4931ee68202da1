import threading

import numpy as np
import pytest

from hardware.emulation.servo import Move
from hardware.emulation.servo_errors import ServoErrors
from hardware.emulation.servos import EmulatedServoSet
from hardware.servos.boards import BOARDS
from hardware.servos.calibration import nominal
from robot.command import JointCommand
from robot.errors import ArmError
from robot.model import load_arm

MODEL, DS = load_arm("dofbot"), BOARDS["ds"]
SCALE = nominal(MODEL, DS)
FAULTLESS = ServoErrors(zero_std=0.0, gain_std=0.0, backlash=0.0, dead_band=0.0)


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _set(
    errors: ServoErrors | None = None, seed: int = 0, holding: bool = True
) -> tuple[EmulatedServoSet, _Clock]:
    clock = _Clock()
    servos = EmulatedServoSet(MODEL, DS, errors, seed=seed, clock=clock)
    if holding:
        servos.move({servo: Move(count, 1.0) for servo, count in servos.measured().items()})
        servos.set_torque(True)
    return servos, clock


def _go(servos: EmulatedServoSet, clock: _Clock, counts: dict[int, int], seconds: float) -> None:
    servos.move({servo: Move(count, seconds) for servo, count in counts.items()})
    clock.now += seconds + 0.5


def test_it_begins_limp_in_its_pose() -> None:
    pose = JointCommand(MODEL.rest, 0.03)
    servos = EmulatedServoSet(MODEL, DS, FAULTLESS, pose=pose)
    assert not servos.torque and servos.limp == set(servos.numbers)
    assert servos.measured() == SCALE.counts(pose, MODEL)
    assert servos.true_positions == pytest.approx(MODEL.rest, abs=0.001)
    assert servos.true_opening == pytest.approx(0.03, abs=1e-4)


def test_the_same_seed_is_the_same_arm_and_another_seed_another() -> None:
    first, again, other = (_set(seed=seed)[0].true_positions for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert np.abs(first - other).min() > 1e-4


def test_zero_and_gain_errors_show_only_from_outside() -> None:
    servos, clock = _set(ServoErrors(backlash=0.0, dead_band=0.0), seed=3)
    goal = np.full(MODEL.n, 0.5)
    at_zero = servos.true_positions
    _go(servos, clock, SCALE.counts(JointCommand(goal, 0.05), MODEL), 1.0)
    measured, opening = SCALE.place(servos.measured(), MODEL)
    assert measured == pytest.approx(goal, abs=0.001)
    assert opening == pytest.approx(0.05, abs=1e-4)
    gains = (servos.true_positions - at_zero) / 0.5
    assert 0.0 < np.abs(gains - 1.0).max() < 0.06
    assert 0.005 < np.abs(at_zero).max() < 0.15


def test_a_reversed_servo_turns_the_other_way() -> None:
    errors = ServoErrors(zero_std=0.0, gain_std=0.0, reversed_servos=(2,))
    servos, clock = _set(errors)
    _go(servos, clock, SCALE.counts(JointCommand(np.full(MODEL.n, 0.5), 0.05), MODEL), 1.0)
    assert np.sign(servos.true_positions).tolist() == [1, -1, 1, 1, 1]


@pytest.mark.parametrize(("one_by_one", "last"), [(False, 0.02), (True, 0.05)])
def test_servos_start_after_the_latency_and_the_stagger_of_their_board(
    one_by_one: bool, last: float
) -> None:
    brisk = ServoErrors(latency_s=0.02, stagger_s=0.03, lag_s=1e-4, acceleration=1e4)
    servos, clock = _set(brisk)
    before = servos.measured()
    targets = {servo: Move(count + 300, 0.0) for servo, count in before.items()}
    servos.move(targets, one_by_one=one_by_one)
    started: dict[int, float] = {}
    for tick in range(1, 120):
        clock.now = 100.0 + 0.001 * tick
        for servo, count in servos.measured().items():
            if count != before[servo]:
                started.setdefault(servo, 0.001 * tick)
    assert started[1] == pytest.approx(0.02, abs=0.003)
    assert started[6] == pytest.approx(last, abs=0.003)


def test_whole_degrees_are_measured_and_gone_to_where_the_vendor_has_them() -> None:
    servos, clock = _set(ServoErrors(whole_degrees=True, dead_band=0.0))
    _go(servos, clock, {1: 2030}, 1.0)
    assert servos.count(1) == round(900 + 2200 / 180 * 92)


def test_what_is_pushed_and_blocked_is_in_radians_and_counts() -> None:
    servos, clock = _set(FAULTLESS)
    servos.push(1, 0.2)
    clock.now += 0.1
    assert servos.true_positions[1] == pytest.approx(0.2, abs=0.002)
    servos.push(1, 0.0)
    servos.block(1, 2100)
    _go(servos, clock, {1: 2300}, 0.5)
    assert servos.count(1) == 2100
    clock.now += 4.0
    assert servos.overloaded == {1} and servos.limp == {1} and not servos.torque
    servos.set_torque(True, [1])
    assert servos.torque and not servos.overloaded


def test_a_limp_arm_is_moved_by_hand_and_a_holding_one_is_not() -> None:
    servos, _ = _set(FAULTLESS, holding=False)
    servos.hand(MODEL.rest)
    assert servos.true_positions == pytest.approx(MODEL.rest, abs=0.001)
    servos.set_torque(True, [3])
    with pytest.raises(ArmError, match="servo 3 holds"):
        servos.hand(MODEL.home)


def test_power_up_forgets_torque_and_targets() -> None:
    servos, clock = _set()
    servos.power_up()
    assert servos.limp == set(servos.numbers)
    servos.set_torque(True)
    clock.now += 5.0
    assert set(servos.measured().values()) == {DS.lowest}


def test_many_threads_may_look_while_one_commands() -> None:
    servos = EmulatedServoSet(MODEL, DS)
    servos.set_torque(True)
    raised: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(200):
                servos.measured()
                servos.true_positions.sum()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for count in range(1500, 1700):
        servos.move({1: Move(count, 0.01)})
    for thread in threads:
        thread.join()
    assert not raised


@pytest.mark.parametrize(
    ("field", "value"),
    [("speed", 0.0), ("lag_s", -1.0), ("latency_s", -0.1), ("zero_std", float("nan"))],
)
def test_impossible_errors_are_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(ArmError, match=field):
        ServoErrors(**{field: value})


def test_jaws_are_stopped_where_their_crank_truly_is_and_tell_how_hard_they_press() -> None:
    servos, clock = _set(ServoErrors(zero_std=0.05, gain_std=0.05, backlash=0.02))
    crank = SCALE.servos[-1]
    servos.stop_jaws(0.7)
    _go(servos, clock, {6: crank.count(1.0)}, 1.0)
    assert servos.true_crank == pytest.approx(0.7, abs=1e-6)
    assert servos.crank_strain == pytest.approx(0.3, abs=0.1)
    servos.stop_jaws(0.6)
    assert servos.true_crank == pytest.approx(0.6, abs=0.02), "pushed back, but for play"
    servos.stop_jaws(None)
    clock.now += 1.0
    assert servos.true_crank > 0.75 and servos.crank_strain == 0.0


def test_jaws_that_open_press_on_nothing() -> None:
    servos, clock = _set(FAULTLESS)
    crank = SCALE.servos[-1]
    _go(servos, clock, {6: crank.count(0.5)}, 1.0)
    servos.stop_jaws(0.5)
    _go(servos, clock, {6: crank.count(0.2)}, 1.0)
    assert servos.true_crank == pytest.approx(0.2, abs=0.01) and servos.crank_strain == 0.0
