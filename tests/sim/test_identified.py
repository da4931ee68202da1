import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robot.command import JointCommand
from robot.errors import RobotError, UnknownNameError
from robot.estimate import Estimate
from robot.model import load_arm
from robot.servo_file import IdentifiedServos
from sim.grasp_env import GraspEnv
from sim.grasp_scene import GraspScene
from sim.grid import grid_cells
from sim.identified import (
    find_randomization,
    identified_randomization,
    own_lag,
    randomization_text,
    twin_servos,
)
from sim.randomization import RANDOMIZATIONS, Randomization
from sim.servos import Servos
from sim.world import TIMESTEP

MODEL = load_arm("dofbot")
DEFAULT = RANDOMIZATIONS["default"]
ZEROS = (0.02, -0.03, 0.01, 0.035, -0.015)
FOUND = IdentifiedServos(
    arm="dofbot",
    date="2026-03-31",
    source="a test",
    lag=Estimate(0.1, 0.005),
    speed=Estimate(1.96, 0.05),
    backlash=Estimate(0.009, 0.001),
    zero_offset=tuple(Estimate(zero, 0.002) for zero in ZEROS),
    joint_gain=(Estimate(1.02, 0.001), Estimate(0.98, 0.002), None, None, Estimate(1.0, 0.003)),
    residual=0.001,
)
NOTHING = replace(
    FOUND, lag=None, speed=None, backlash=None, zero_offset=(None,) * 5, joint_gain=(None,) * 5
)


def written(folder: Path, servos: IdentifiedServos = FOUND) -> str:
    path = folder / "servos-dofbot.json"
    path.write_text(json.dumps(servos.to_json()))
    return str(path)


def ramp_lag(servos: Servos, speed: float = 0.3) -> float:
    """Return how late the base follows a ramp, set-points held for one physics step [s]."""
    turn = np.array([speed * TIMESTEP, 0.0, 0.0, 0.0, 0.0])
    with GraspScene(MODEL) as scene, scene.arm as arm:
        arm.set_servos(servos)
        for tick in range(200):
            arm.command(JointCommand(MODEL.home + tick * turn, 0.06))
            arm.step()
        # A set-point counts as given in the middle of the time for which it holds.
        return 199.5 * TIMESTEP - float(arm.state().positions[0]) / speed


def test_the_lag_that_simulated_servos_have_by_themselves_is_known() -> None:
    assert ramp_lag(Servos()) == pytest.approx(own_lag(Servos()), abs=0.001)


@pytest.mark.parametrize("lag", [0.05, 0.1, 0.2])
def test_a_twin_follows_as_late_as_the_identified_arm(lag: float) -> None:
    servos = twin_servos(replace(NOTHING, lag=Estimate(lag, 0.001)), MODEL)
    assert ramp_lag(servos) == pytest.approx(lag, abs=0.003)


def test_a_twin_has_the_identified_zeros_gains_play_and_speed() -> None:
    servos = twin_servos(FOUND, MODEL)
    assert servos.zero_offset == ZEROS
    assert servos.joint_gain == (1.02, 0.98, 1.0, 1.0, 1.0)
    assert servos.backlash == 0.009
    assert servos.speed == pytest.approx(1.96 / 2.45)


def test_what_was_not_identified_is_faultless() -> None:
    nominal = Servos()
    servos = twin_servos(NOTHING, MODEL)
    assert (servos.speed, servos.lag, servos.backlash) == (nominal.speed, 0.0, 0.0)
    assert servos.zero_offset == (0.0,) * 5 and servos.joint_gain == (1.0,) * 5


def test_ranges_are_two_deviations_about_what_was_found() -> None:
    ranges = identified_randomization(FOUND, MODEL).ranges()
    own = own_lag(Servos())
    assert ranges["servo_lag"] == pytest.approx((0.09 - own, 0.11 - own))
    assert ranges["servo_speed"] == pytest.approx((1.86 / 2.45, 2.06 / 2.45))
    assert ranges["backlash"] == pytest.approx((0.007, 0.011))
    np.testing.assert_allclose(
        ranges["zero_offset"], [(zero - 0.004, zero + 0.004) for zero in ZEROS]
    )
    np.testing.assert_allclose(ranges["joint_gain"][0], (1.018, 1.022))


def test_what_was_not_identified_keeps_the_defaults_range() -> None:
    ranges = identified_randomization(FOUND, MODEL).ranges()
    assert ranges["joint_gain"][2] == DEFAULT.joint_gain
    left = {"servo_lag", "servo_speed", "backlash", "zero_offset", "joint_gain"}
    for name, own in DEFAULT.ranges().items():
        assert name in left or ranges[name] == own, name
    nothing = identified_randomization(NOTHING, MODEL)
    assert nothing.servo_lag == pytest.approx(DEFAULT.servo_lag)
    assert nothing.draw(np.random.default_rng(0)).zero_offset != ()


def test_draws_stay_within_the_range_of_each_joint() -> None:
    randomization, random = identified_randomization(FOUND, MODEL), np.random.default_rng(0)
    drawn = np.array([randomization.draw(random).zero_offset for _ in range(300)])
    away = (drawn - ZEROS) / 0.004
    assert (np.abs(away) <= 1.0 + 1e-9).all() and (np.abs(away).max(axis=0) > 0.95).all()


def test_the_grid_has_each_joint_at_the_edges_of_its_own_range() -> None:
    cells = grid_cells(identified_randomization(FOUND, MODEL))
    assert cells[0].conditions.zero_offset == pytest.approx(ZEROS)
    (low,) = [cell.conditions for cell in cells if cell.name == "zero_offset low"]
    np.testing.assert_allclose(np.abs(np.subtract(low.zero_offset, ZEROS)), 0.004)


def test_ranges_of_another_number_of_joints_are_refused() -> None:
    randomization = Randomization(zero_offset=((0.0, 0.1),) * 4)
    with pytest.raises(RobotError, match="ranges of 4 joints for an arm with 5"):
        randomization.draw(np.random.default_rng(0), 5)


def test_an_environment_takes_a_servo_file_or_its_text(tmp_path: Path) -> None:
    text = randomization_text(written(tmp_path), MODEL)
    for randomization in (written(tmp_path), text):
        env = GraspEnv(randomization=randomization)
        _, info = env.reset(seed=1)
        np.testing.assert_allclose(info["conditions"]["zero_offset"], ZEROS, atol=0.0041)
        env.close()


@pytest.mark.parametrize("name", ["off", "default", "wide"])
def test_names_mean_what_they_always_did(name: str) -> None:
    assert find_randomization(name, MODEL) == RANDOMIZATIONS[name]
    assert randomization_text(name, MODEL) == name


def test_other_names_and_other_arms_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'default'"):
        find_randomization("defualt", MODEL)
    with pytest.raises(RobotError, match="those of a 'ur5'"):
        find_randomization(written(tmp_path, replace(FOUND, arm="ur5")), MODEL)
    with pytest.raises(RobotError, match="no JSON of a servo file"):
        find_randomization("{", MODEL)
