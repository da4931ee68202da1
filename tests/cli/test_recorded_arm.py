import numpy as np

from cli.recorded_arm import RecordedArm
from robot.command import JointCommand
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm


def test_an_arm_that_was_stopped_on_its_way_waits_where_it_came_to_rest() -> None:
    model, now = load_arm("dofbot"), [0.0]
    arm = RecordedArm(KinematicArm(model, clock=lambda: now[0]), lambda: now[0])
    arm.connect()
    arm.command(JointCommand(np.append(1.0, model.home[1:]), 0.02))
    now[0] = 0.2
    arm.stop()
    now[0] = 3.0
    arm.connect()
    here = arm.state()
    assert 0.02 < here.positions[0] < 0.55, "it was on its way"
    assert arm.applied is not None, "a server folds an arm that nobody commands"
    np.testing.assert_array_equal(arm.applied.positions, here.positions)
