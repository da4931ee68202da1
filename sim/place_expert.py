"""A scripted policy for placing: proof that it can be solved."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot.place_task import PlaceTask
from sim.full_expert import CLOSE_BY, LOST, Action, FullGraspExpert, Seen, action_of, towards

CARRY = 0.05  # [m] above the grasp, at most, that a block is carried
STEEP = 3.0  # how high it is carried for each metre that it has to go
AT_TARGET = 0.005  # [m] from the target, at most, when it is put down
LET_GO = 0.011  # [m] from the target, at most, when the jaws begin to open
LEFT = 0.014  # [m] from the target, at most, of a block that stays where it lies
LYING = 0.020  # [m] a block's middle no higher than that above that of one that lies, is down
DOWN = 0.005  # [m] above the grasp, at most, when the jaws begin to open


@dataclass(frozen=True, slots=True)
class _Goal:
    """What an observation of placing tells beside the grasp; lengths [m].

    x, y: way from the block to its target; height: of the block above where one lies on the table;
    risen: how far the tool is above the height at which it grasps.
    """

    x: float
    y: float
    height: float
    risen: float

    @property
    def left(self) -> float:
        """Return how far the block has to go, seen from above."""
        return math.hypot(self.x, self.y)


class PlaceExpert(FullGraspExpert):
    """Grasps as ``FullGraspExpert`` does, carries the block to its target, opens and rises.

    It remembers nothing: the observation tells it all.
    """

    def __init__(self, task: PlaceTask) -> None:
        """Act in ``task``."""
        super().__init__(task)

    def act(self, observation: NDArray[np.float32]) -> Action:
        """Return the action [5] in [-1, 1] for an ``observation`` [16] of placing."""
        seen, goal = self._read(observation), self._goal(observation)
        if goal.height < LYING and self._is_left(seen, goal):
            return action_of(0.0, 0.0, 0.0 if seen.closing > 0.0 else 1.0, 0.0, 1.0)
        lost = seen.closing > 0.0 and math.hypot(*seen.offset[:3]) > LOST
        if lost or seen.closing == 0.0:
            return self._approach(seen, lost)
        if not self._gripped(seen):
            return action_of(0.0, 0.0, 0.0, 0.0, -1.0)
        return self._carry(seen, goal)

    def _goal(self, observation: NDArray[np.float32]) -> _Goal:
        task, values = self._task, (observation * self._task.length_scale).tolist()
        above = task.grasp_height - task.block_height
        x, y = values[14] - values[0], values[15] - values[1]
        return _Goal(x, y, height=values[2] + values[6] + above, risen=values[6])

    def _is_left(self, seen: Seen, goal: _Goal) -> bool:
        """Return whether a block that lies is to be let go of, or has been."""
        config = self._task.config
        if seen.closing * config.close_steps < config.travel_steps:
            return goal.left < LEFT
        return goal.left < LET_GO and goal.risen < DOWN

    def _carry(self, seen: Seen, goal: _Goal) -> Action:
        """Move towards the target, the higher the further it is, and no sooner than as high."""
        high = min(CARRY, STEEP * max(0.0, goal.left - AT_TARGET))
        share = 1.0 if high == 0.0 else min(1.0, max(0.0, 2.0 * goal.risen / high - 1.0))
        x, y, z = (
            self._share(way, lead)
            for way, lead in zip((goal.x, goal.y, high - goal.risen), seen.lead[:3], strict=True)
        )
        return action_of(share * x, share * y, z, 0.0, -1.0)

    def _share(self, way: float, lead: float) -> float:
        """Return the share of a step to move a target with a measured ``way`` to go."""
        return towards(way, lead, CLOSE_BY[0]) / self._task.config.step_size
