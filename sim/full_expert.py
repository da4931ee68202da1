"""A scripted policy for the full grasp: proof that it can be solved."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot.full_task import FullGraspTask, Pose
from robot.tool_task import Block

AT_BLOCK = 0.003  # [m] from where the block is grasped, at most, when the jaws begin to close
ALIGNED = math.radians(3)  # [rad] from the block's side, at most, likewise
STILL = 0.012  # [m] the target leads the tool, at most, likewise
LOST = 0.020  # [m] a block further off than that is not between the jaws
ABOVE = 0.045  # [m] above the grasp the tool waits for the jaws to open
TIGHT = 0.005  # [m] jaws that are no wider than that beyond what they were told have closed
CLOSE_BY = 0.008, math.radians(8)  # [m], [rad] within which errors are measured, not foreseen
MENDED = 0.12  # share of a measured error that is made up for in a step
SLOPE = 0.05 / math.radians(45)  # [m/rad] how high to stay while the jaws are turned

Action = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation of the full task in metres and radians.

    offset: the way to where the block is grasped; lead: of the target over the tool.
    """

    offset: Pose
    lead: Pose
    opening: float
    closing: float


class FullGraspExpert:
    """Goes to where the block is grasped, down last, closes the jaws there, and rises.

    A block that slipped out is let go of and grasped again. It remembers nothing: the observation
    tells it all.
    """

    def __init__(self, task: FullGraspTask) -> None:
        """Act in ``task``."""
        self._task = task

    def act(self, observation: NDArray[np.float32]) -> Action:
        """Return the action [5] in [-1, 1] for an ``observation`` [14] of the full task."""
        seen = self._read(observation)
        lost = seen.closing > 0.0 and math.hypot(*seen.offset[:3]) > LOST
        if seen.closing > 0.0 and not lost:
            return action_of(0.0, 0.0, 1.0 if self._gripped(seen) else 0.0, 0.0, -1.0)
        return self._approach(seen, lost)

    def _read(self, observation: NDArray[np.float32]) -> Seen:
        task, values = self._task, observation.tolist()
        length, turn = task.length_scale, task.turn_scale
        tool = [a * length + b for a, b in zip(values[4:7], task.centre, strict=True)]
        block = [a * length + b for a, b in zip(values[:3], tool, strict=True)]
        x, y, z, _ = task.grasp_pose(Block(np.array(block)))
        return Seen(
            offset=(x - tool[0], y - tool[1], z - tool[2], values[3] * turn),
            lead=(values[8] * length, values[9] * length, values[10] * length, values[11] * turn),
            opening=values[12] * task.model.gripper.max_opening,
            closing=values[13],
        )

    def _gripped(self, seen: Seen) -> bool:
        """Return whether the jaws have closed as far as they go."""
        config = self._task.config
        told = seen.closing * config.close_steps >= config.travel_steps
        return seen.closing >= 1.0 or (
            told and seen.opening < self._task.opening(seen.closing) + TIGHT
        )

    def _approach(self, seen: Seen, lost: bool) -> Action:
        """Move towards the grasp, above it while to the side or turned; close once there."""
        config, (x, y, z, turn) = self._task.config, seen.offset
        aside = math.hypot(x, y)
        high = max(0.0, aside - 0.75 * CLOSE_BY[0]) + SLOPE * max(0.0, abs(turn) - CLOSE_BY[1])
        way = (x, y, z + (ABOVE if lost else high), turn)
        near = (CLOSE_BY[0], CLOSE_BY[0], CLOSE_BY[0], CLOSE_BY[1])
        step = (config.step_size, config.step_size, config.step_size, config.turn_step)
        moves = [
            towards(*axis) / most for *axis, most in zip(way, seen.lead, near, step, strict=True)
        ]
        there = aside < AT_BLOCK and abs(z) < AT_BLOCK and abs(turn) < ALIGNED
        still = math.hypot(*seen.lead[:3]) < STILL
        return action_of(*moves, 1.0 if lost else -1.0 if there and still else 0.0)


def towards(way: float, lead: float, near: float) -> float:
    """Return how far to move a target that leads by ``lead`` and has a measured ``way`` to go.

    Far off what counts is where the target is, so that lag makes no overshoot; close by what is
    measured, so that servos that sag or err are made up for.
    """
    far = min(1.0, max(0.0, abs(way) / near - 1.0))
    return far * (way - lead) + (1.0 - far) * MENDED * way


def action_of(*values: float) -> Action:
    """Return ``values`` [5] clipped to [-1, 1] as an action."""
    return np.clip(np.array(values, np.float32), -1.0, 1.0)
