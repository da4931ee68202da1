"""How picking from clutter goes: as the full grasp, and whichever object is held up counts."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from robot.command import ArmState
from robot.errors import RobotError
from robot.full_task import FullGraspTask, FullTaskConfig
from robot.tool_task import Block
from sim.clutter_layout import Layout, Placed, draw_layout
from sim.clutter_scene import ClutterScene
from sim.full_reward import FullRewardScales
from sim.full_rules import APPROACH, FullRules
from sim.grasp_rules import Array
from sim.object_families import make_object
from sim.world import GRIP, Pace

CLUTTER_TASK = FullTaskConfig(
    steps=200,
    narrowest_block=0.016,
    travel_steps=25,  # as fast as on a cube
    close_steps=35,
    stall_share=0.9,
    tighter=0.009,
)
"""The full task for objects of 16 to 36 mm, which jaws hold once they are stopped by them."""


class ClutterRules(FullRules):
    """The episode terminates once the same object, any one, was up for half a second.

    Observed, paid for and privileged is what the full grasp has of its block, of the object that
    is to be taken.
    """

    option_names = ("objects",)

    _scene: ClutterScene

    def __init__(
        self,
        task: FullGraspTask,
        scene: ClutterScene,
        advance: Callable[[], None],
        scales: str | FullRewardScales = "default",
        paces: tuple[Pace, Pace] = (APPROACH, GRIP),
    ) -> None:
        """Play ``task`` in ``scene``; ``advance`` lets a control period pass.

        paces: of the simulation while the jaws are open, and else.
        """
        super().__init__(task, scene, advance, scales, paces)
        self._layout: Layout = ()
        self._periods: dict[int, int] = {}

    def draw_turn(self, random: np.random.Generator) -> tuple[float, ...]:
        """Return a random turn of the first object: one number [rad]."""
        return (float(random.uniform(-math.pi, math.pi)),)

    def draw(
        self, place: tuple[float, ...], options: Mapping[str, Any], random: np.random.Generator
    ) -> dict[str, Any]:
        """Return ``objects``: number, x, y [m] and yaw [rad] of each, the first at ``place``.

        As ``options`` say, or else drawn. Raises RobotError for what are no objects.
        """
        if "objects" in options:
            self._layout = _told(options["objects"])
        else:
            zone = self._task.model.grasp
            self._layout = draw_layout(self._scene.split, place, zone, random)
        return {"objects": [list(one) for one in self._layout]}

    def begin(self) -> None:
        """Start an episode, now that everything else is in place."""
        super().begin()
        self._scene.lay(self._layout)
        self._periods = {}
        self._attend()

    def outcome(self) -> dict[str, Any]:
        """Return ``lifted``: number of the object that was up for longest, None if none is up."""
        index = max(self._periods, key=self._periods.__getitem__, default=None)
        return {"lifted": None if index is None else self._layout[index].number}

    def privileged(self) -> Array:
        """Return what the pictures show of the object that is to be taken."""
        if self._task.step == 0:
            self._attend()  # the tool may have been put elsewhere since the episode began
        return super().privileged()

    def _told_of(self, state: ArmState, block: Block) -> Array:
        return self._task.block_observation(state, block)  # of objects, that have a best grip

    def _succeeded(self) -> bool:
        self._attend()
        up = self._scene.lifted_ones()
        self._periods = {index: self._periods.get(index, 0) + 1 for index in up}
        return max(self._periods.values(), default=0) >= self._task.config.hold_steps

    def _attend(self) -> None:
        self._scene.attend(self._task, self._arm.true_state())

    def _closed(self, state: ArmState) -> float:
        widest = self._task.model.gripper.max_opening
        return min(1.0, max(0.0, (widest - state.gripper) / (widest - self._scene.width)))


def _told(objects: Any) -> Layout:
    """Return the layout that a reset's option says. Raises RobotError if it is none."""
    try:
        layout = tuple(Placed(int(number), *map(float, place)) for number, *place in objects)
    except (TypeError, ValueError):
        layout = ()
    if not layout or not np.isfinite(layout).all():
        raise RobotError(
            f"reset option objects {objects!r} is not a list of number, x, y [m] and yaw [rad]"
        )
    for one in layout:
        make_object(one.number)
    return layout
