"""The seam between the server and what runs on it: the files of a policy, and an arm to move."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from robot.arm import Arm
from robot.loop import LoopReport
from robot.task import GraspTaskConfig

FILES: dict[str, int] = {"manifest": 64 * 1024, "weights": 4 * 1024 * 1024}
"""The files a policy consists of and how large each may be [bytes]; no others are taken."""

MOST_EPISODES = 32
"""Grasps of one run; their places have to fit into one message."""

Note = Callable[[int, str], None]
"""Hears which episode and phase a run is in, once a control period."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What to run.

    files: the bytes of each of ``FILES``, as they came: to be judged, not trusted.
    task: what the policy was trained to do.
    places: x and y of the block in each episode, base frame [m].
    """

    files: Mapping[str, bytes]
    task: GraspTaskConfig
    places: tuple[tuple[float, float], ...]


class Runner(Protocol):
    """Reads a policy and grasps with it; plugged in by whoever may read policies."""

    def __call__(self, order: RunOrder, arm: Arm, note: Note) -> LoopReport:
        """Do all of ``order`` on ``arm``, which is connected, and return how the pace was kept.

        Raises RobotError for files that are no policy for ``arm``, and whatever ``arm`` raises
        once the run has to end.
        """
