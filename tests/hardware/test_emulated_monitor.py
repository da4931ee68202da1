"""What the witness on the wire says of good drivers, and of each way to be a bad one."""

import pytest
from emulated_arm import MODEL, UnwiredArm

from hardware.emulation.servo import Move
from hardware.emulation.smbus import EmulatedSmbus
from hardware.servos import i2c_registers as registers


def _started() -> UnwiredArm:
    """Return an arm of which torque was taken as it should be."""
    arm = UnwiredArm("ds")
    arm.chain.move({servo: Move(count, 1.0) for servo, count in arm.servos.measured().items()})
    arm.chain.torque(True)
    return arm


def _only_breach(arm: UnwiredArm) -> str:
    (breach,) = arm.monitor.breaches
    assert arm.monitor.breaches_seen == 1
    return breach


def _stream(arm: UnwiredArm, speed: float, ticks: int = 40, period: float = 0.02) -> None:
    """Move servo 1 at ``speed`` [counts/s]."""
    start = arm.servos.count(1)
    for tick in range(1, ticks + 1):
        arm.wait(period)
        arm.chain.move({1: Move(start + round(speed * tick * period), 0.08)})


def test_a_careful_driver_breaks_no_rule() -> None:
    arm = _started()
    _stream(arm, speed=700.0 * MODEL.max_velocity[0], ticks=30)
    places = {servo: Move(count, 0.08) for servo, count in arm.servos.measured().items()}
    arm.wait(0.001)
    arm.chain.move(places)  # a hold, back to where the arm is
    arm.chain.torque(False)
    arm.chain.move(places)
    arm.chain.torque(True)
    assert arm.monitor.breaches == ()


def test_a_slow_move_given_its_time_breaks_no_rule() -> None:
    arm = _started()
    arm.chain.move({1: Move(2400, 2.0)})
    assert arm.monitor.breaches == ()


@pytest.mark.parametrize("target", [0, 890, 3110, 65_535])
def test_a_target_outside_the_window(target: int) -> None:
    arm = UnwiredArm("ds")
    arm.servos.hand([1.57 if target > 2000 else -1.57, 0.0, 0.0, 0.0, 0.0])
    arm.chain.move({1: Move(target, 1.0)})
    assert any("outside 900 to 3100" in breach for breach in arm.monitor.breaches)


def test_a_place_outside_the_window_may_be_held() -> None:
    arm = UnwiredArm("ds")
    arm.servos.hand([1.65, 0.0, 0.0, 0.0, 0.0])
    place = arm.servos.count(1)
    assert place > 3100
    arm.chain.move({1: Move(place, 1.0)})
    assert arm.monitor.breaches == ()


def test_torque_before_any_target_was_written() -> None:
    arm = UnwiredArm("ds")
    arm.chain.torque(True, [3])
    assert "servo 3 at 2000 was given torque while its target was none" in _only_breach(arm)


def test_torque_with_a_target_elsewhere_than_the_servo() -> None:
    arm = UnwiredArm("ds")
    arm.chain.move({2: Move(2000, 1.0)})
    arm.servos.hand([0.0, 0.3, 0.0, 0.0, 0.0])
    arm.chain.torque(True, [2])
    assert "given torque while its target was 2000" in _only_breach(arm)


def test_torque_after_a_brown_out_without_writing_the_place_again() -> None:
    arm = _started()
    arm.chain.brown_out(0.0)
    arm.chain.torque(True, [1])
    assert "its target was none" in _only_breach(arm)


def test_a_target_elsewhere_for_a_servo_without_torque() -> None:
    arm = _started()
    arm.chain.torque(False)
    arm.wait(1.0)
    arm.chain.move({1: Move(2100, 1.0)})
    assert "servo 1 at 2000 was sent to 2100 without torque" in _only_breach(arm)


@pytest.mark.parametrize("duration", [0.0, 0.02])
def test_too_short_a_time(duration: float) -> None:
    arm = _started()
    arm.chain.move({1: Move(2001, duration)})
    assert f"in only {duration:.3f} s" in _only_breach(arm)


def test_too_far_a_step() -> None:
    arm = _started()
    arm.chain.move({1: Move(2430, 2.0)})
    assert "sent to 2430 in one step, with 420 the most" in _only_breach(arm)


def test_a_stream_faster_than_the_arm_may_move() -> None:
    arm = _started()
    _stream(arm, speed=1.5 * 700.0 * MODEL.max_velocity[0], ticks=20)
    assert arm.monitor.breaches_seen > 0
    assert all(breach.endswith("faster than it may") for breach in arm.monitor.breaches)


def test_flash_numbers_and_resets_are_never_written() -> None:
    arm = UnwiredArm("i2c")
    smbus = EmulatedSmbus(arm.chain)
    for register in (0x05, 0x18, 0x1C):
        smbus.write_byte_data(registers.ADDRESS, register, 1)
    assert [breach.split(": ")[1] for breach in arm.monitor.breaches] == [
        "01 written to 0x05",
        "01 written to 0x18",
        "01 written to 0x1C",
    ]


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("ds", "FF FF 01 02 06 F6"),  # reset
        ("ds", "FF FF 01 04 03 05 02 F0"),  # number 2
        ("feetech", "FF FF 01 04 03 28 80 4F"),  # make this the middle
        ("lx16a", "55 55 01 04 0D 02 EB"),  # number 2
        ("lx16a", "55 55 01 03 12 E9"),  # save the offset
        ("se", "FF FC 04 1C 01 21"),  # make this the middle
        ("se", "FF FC 04 18 02 1E"),  # number 2
    ],
)
def test_no_setting_of_a_servo_is_ever_written(name: str, frame: str) -> None:
    arm = UnwiredArm(name)
    arm.board().feed(bytes.fromhex(frame))
    assert arm.monitor.breaches_seen == 1
    assert list(arm.servos.measured()) == [1, 2, 3, 4, 5, 6] and not arm.servos.torque


def test_it_tells_what_was_written_when_and_how_far_ahead_of_the_servos() -> None:
    arm = _started()
    _stream(arm, speed=1000.0)
    stopped = arm.clock.now
    arm.wait(0.003)
    arm.chain.move({1: Move(arm.servos.count(1), 0.08)})
    *_, streamed, held = arm.monitor.writes()
    assert streamed.time == stopped and streamed.ahead > 0.1
    assert arm.monitor.writes(since=stopped + 0.001) == [held]
    assert held.time == pytest.approx(stopped + 0.003)
    assert held.ahead == 0.0 and list(held.targets) == [1] and held.duration_s == 0.08


def test_it_forgets_old_writes_and_keeps_the_first_breaches() -> None:
    arm = _started()
    for _ in range(10_000):
        arm.chain.move({1: Move(2000, 0.0)})
    assert arm.monitor.writes_seen == 10_001 and len(arm.monitor.writes()) < 10_000
    assert arm.monitor.breaches_seen == 10_000 and len(arm.monitor.breaches) == 100
