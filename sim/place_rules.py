"""How placing goes: the policy decides every control period until the block lies at its target."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from robot.errors import RobotError
from robot.place_task import PlaceTask, Target
from sim.full_rules import APPROACH, FullRules
from sim.grasp_scene import GraspScene
from sim.place_reward import PLACE_REWARDS, PlaceRewardScales, place_reward
from sim.placement import Placement
from sim.reward import Terms, named_scales
from sim.world import GRIP, Pace

Options = Mapping[str, Any]


class PlaceRules(FullRules):
    """The episode terminates once the block lay at its target, let go of, for half a second.

    ``Placement`` says what that means. The task's target is marked for people to see. Privileged
    is what it is in the full grasp.
    """

    option_names = ("target",)

    _task: PlaceTask

    def __init__(
        self,
        task: PlaceTask,
        scene: GraspScene,
        advance: Callable[[], None],
        scales: str | PlaceRewardScales = "default",
        paces: tuple[Pace, Pace] = (APPROACH, GRIP),
    ) -> None:
        """Play ``task`` in ``scene``; ``advance`` lets a control period pass.

        paces: of the simulation while the jaws are open, and else.
        """
        super().__init__(task, scene, advance, paces=paces)
        self._scales = named_scales(scales, PLACE_REWARDS)
        self._near = task.config.near_target
        self._placement = Placement(scene, self._near)
        # Saved states of the world are restored only where there are as many bodies.
        scene.mark(*task.target, self._near)

    def fits(self, place: tuple[float, ...], options: Options) -> bool:
        """Return whether a block at ``place`` is apart from the target that ``options`` say.

        Raises RobotError for what no target can be.
        """
        target = self._told(options)
        return target is None or self._task.is_apart(target, (place[0], place[1]))

    def draw(
        self, place: tuple[float, ...], options: Options, random: np.random.Generator
    ) -> dict[str, Any]:
        """Return ``target``, as ``options`` say or else drawn, for a block at ``place``.

        Raises RobotError for a target out of reach, or too near to the block.
        """
        block = place[0], place[1]
        target = self._told(options)
        if target is None:
            target = self._task.draw_target(block, random)
        self._task.check_target(target, block)
        self._task.target = target
        return {"target": target}

    def begin(self) -> None:
        """Start an episode, now that everything is in place."""
        super().begin()
        self._placement.begin(self._task.target)
        self._scene.mark(*self._task.target, self._near)

    def _told(self, options: Options) -> Target | None:
        """Return the target that ``options`` say. Raises RobotError if it can be none."""
        if "target" not in options:
            return None
        try:
            x, y = map(float, options["target"])
        except (TypeError, ValueError):
            raise RobotError(
                f"reset option target {options['target']!r} is not x and y [m]"
            ) from None
        self._task.check_target((x, y))
        return x, y

    def _succeeded(self) -> bool:
        self._placement.look()
        return self._placement.periods >= self._task.config.hold_steps

    def _terms(self, success: bool) -> Terms:
        state = self._arm.true_state()
        return place_reward(
            self._task.offset(state, self._scene.block()),
            self._closed(state),
            self._scene.height(),
            self._placement.distance(),
            self._placement.carried,
            success,
        )
