"""What policies on a server do in tests, instead of grasping."""

from rig import MODEL, forward

from hardware.remote_arm import RemoteArm
from hardware.remote_run import RemoteRun
from hardware.runner import Note, RunOrder
from robot.arm import Arm
from robot.loop import ControlLoop, LoopReport
from robot.task import GraspTask, GraspTaskConfig

PERIOD = 0.02  # [s]
PLACE = MODEL.grasp.area_centre
POLICY = {"manifest": b"{}", "weights": bytes(range(256)) * 40}
TASK = GraspTask(MODEL, GraspTaskConfig(period=PERIOD))


def sweep(order: RunOrder, arm: Arm, note: Note, steps: int = 500) -> LoopReport:
    """Move away from home, command by command, as a policy does."""
    loop = ControlLoop(1.0 / PERIOD)
    for episode, _ in enumerate(order.places):
        for _ in loop.run(steps):
            arm.command(forward(0.6))
            note(episode, "policy")
    return loop.report()


def short(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
    return sweep(order, arm, note, steps=5)


def launched(remote: RemoteArm) -> RemoteRun:
    run = RemoteRun(remote)
    run.start(POLICY, TASK, [PLACE])
    return run
