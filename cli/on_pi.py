"""What the arm's server does with a policy it was sent: grasps, with numpy alone."""

from itertools import chain

import numpy as np

from cli.sent_policy import check_fits, unpack_policy
from hardware.runner import Note, RunOrder
from robot.arm import Arm
from robot.command import ArmState
from robot.grasp_run import GraspRun
from robot.loop import ControlLoop, LoopReport
from robot.task import Block, GraspTask, Observation


def run_policy(order: RunOrder, arm: Arm, note: Note) -> LoopReport:
    """Grasp once at each place of ``order``; see ``hardware.runner.Runner``.

    Raises RobotError before anything moves if the files are no policy for this arm and task.
    """
    task = GraspTask(arm.model, order.task)
    saved = unpack_policy(order.files)
    check_fits(saved, task)
    loop = ControlLoop(1.0 / order.task.period)
    for episode, place in enumerate(order.places):
        observe = _Told(task, place)
        run = GraspRun(arm, task, saved.act, observe, loop)
        for tick in chain(run.go_to_start(), run.grasp()):
            note(episode, tick.phase)
    return loop.report()


class _Told:
    def __init__(self, task: GraspTask, place: tuple[float, float]) -> None:
        self._task, self._block = task, Block(np.array([*place, task.block_height]))

    def __call__(self, state: ArmState) -> Observation:
        return self._task.observation(state, self._block)
