import numpy as np
import pytest

from benchmarks.hidden_servos import Witness, hidden_errors, true_lag
from robot.command import JointCommand
from robot.loop import ControlLoop
from robot.model import load_arm
from robot.pilot import Pilot
from robot.tool_fix import FixNoise
from robot.tour import tour
from robot.viewpoints import telling_poses
from sim.clock import SimClock
from sim.grasp_scene import GraspScene
from sim.identified import own_lag
from sim.servos import Servos

MODEL = load_arm("dofbot")
ZEROS, GAINS = (0.02, -0.03, 0.01, 0.035, -0.015), (1.02, 0.98, 1.01, 0.99, 1.0)
LAG = 0.1
SERVOS = Servos(lag=LAG, zero_offset=ZEROS, joint_gain=GAINS)


def test_the_truth_that_identification_is_measured_by_is_the_truth() -> None:
    clock = SimClock()
    with GraspScene(MODEL, clock=clock) as scene, scene.arm as arm:
        arm.set_servos(SERVOS)
        pilot = Pilot(arm, ControlLoop(50.0, clock=clock, sleep=clock.sleep))
        witness = Witness(MODEL, arm.true_positions, FixNoise(), 0)
        visits = list(tour(pilot, telling_poses(MODEL, 10), witness))
        zero, gain = witness.calibration(visits, play=0.0)
        np.testing.assert_allclose(zero, ZEROS, atol=np.radians(0.05))
        np.testing.assert_allclose(gain, GAINS, atol=0.001)

        def sample(applied: JointCommand) -> tuple[float, np.ndarray, np.ndarray]:
            return arm.state().stamp, applied.positions, arm.state().positions

        def stamp() -> float:
            return arm.state().stamp

        lag = true_lag(pilot, sample, arm.true_positions, (zero, gain), stamp)
    assert lag == pytest.approx(LAG + own_lag(SERVOS), abs=0.005)


def test_hidden_errors_differ_from_arm_to_arm_and_not_from_time_to_time() -> None:
    assert hidden_errors(1) == hidden_errors(1) != hidden_errors(2)
