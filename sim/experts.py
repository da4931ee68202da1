"""The scripted expert of each task."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot.full_task import FullGraspTask
from robot.place_task import PlaceTask
from sim.expert import GraspExpert
from sim.full_expert import FullGraspExpert
from sim.grasp_tasks import Task
from sim.place_expert import PlaceExpert


class Expert(Protocol):
    """A policy that is scripted, and remembers nothing."""

    def act(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the action [a] in [-1, 1] for an ``observation`` [o] of the task."""


def expert_of(task: Task) -> Expert:
    """Return the scripted expert of ``task``."""
    if isinstance(task, PlaceTask):
        return PlaceExpert(task)
    return FullGraspExpert(task) if isinstance(task, FullGraspTask) else GraspExpert()
