import numpy as np
import pytest

from robot.command import JointCommand
from robot.errors import ArmError, CommandRefusedError
from robot.forgiving import Forgiving
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm

MODEL = load_arm("dofbot")


class LateError(ArmError):
    pass


class Unreliable(KinematicArm):
    """Fails with each of ``errors`` in turn, None being success."""

    errors = ()

    def command(self, command):
        error, *self.errors = self.errors or (None,)
        if error is not None:
            raise error
        return super().command(command)


@pytest.fixture
def arm():
    with Unreliable(MODEL, positions=MODEL.home) as arm:
        yield arm


def step(i):
    return JointCommand(MODEL.home + 0.01 * i, 0.03)


def test_the_next_command_makes_up_for_a_late_one(arm):
    arm.errors = [None, LateError("late"), LateError("late"), None]
    forgiving = Forgiving(arm, (LateError,), most=3)
    applied = [forgiving.command(step(i)).positions for i in range(4)]
    assert np.array_equal(applied[0], applied[1])
    assert np.array_equal(applied[0], applied[2])
    assert np.allclose(applied[3], step(3).positions, atol=0.03)
    assert not np.array_equal(applied[3], applied[0])


def test_too_many_in_a_row_are_not_forgiven(arm):
    arm.errors = [
        LateError("a"),
        LateError("b"),
        None,
        LateError("c"),
        LateError("d"),
        LateError("e"),
    ]
    forgiving = Forgiving(arm, (LateError,), most=3)
    for i in range(5):
        forgiving.command(step(i))
    with pytest.raises(LateError, match="e"):
        forgiving.command(step(5))


def test_before_any_command_came_through_the_arm_is_where_it_is(arm):
    arm.errors = [LateError("late")]
    applied = Forgiving(arm, (LateError,), most=3).command(step(5))
    assert np.allclose(applied.positions, MODEL.home, atol=1e-6)


def test_other_errors_are_not_forgiven(arm):
    arm.errors = [CommandRefusedError("no")]
    with pytest.raises(CommandRefusedError):
        Forgiving(arm, (LateError,), most=3).command(step(0))
