"""Whether a block was carried to a target and let go of there: the strict rule of placing."""

import math

from robot.place_task import Target
from sim.grasp_scene import GraspScene

CARRIED = 0.02  # [m] a held block whose lowest corner is this far up was lifted, not pushed
LET_GO = 0.01  # [m] a block let go of with all of it higher up was dropped
LYING = 0.003  # [m] a block whose middle is no higher than that above where it lay, lies
CLEAR = 0.003  # [m] nothing of the arm nearer than that: nothing touches the block
OPEN = 0.008  # [m] jaws this much wider than the block are open


class Placement:
    """Watches one episode of placing, a control period after the other.

    A block is *there* while it lies on the table within ``near`` of its target, no part of the
    arm within 3 mm of it and the jaws open by 8 mm more than it is wide, provided that it was
    *carried*: held all of it 2 cm above the table since the episode began, and not let go of all
    of it higher than 1 cm since then. A block that was dropped has to be carried again, and one
    that was only pushed is never there.
    """

    def __init__(self, scene: GraspScene, near: float) -> None:
        """Judge blocks in ``scene`` by whether they lie within ``near`` [m] of their target.

        carried: see above. periods: for how many in a row the block has been there.
        """
        self._scene, self._near = scene, near
        self.begin(scene.block().position[:2].tolist())

    def begin(self, target: Target) -> None:
        """Forget what was, and judge by this ``target`` [m] from now on."""
        self._target = target
        self.carried, self.periods = False, 0
        self._held_at = 0.0

    def look(self) -> None:
        """See how things are now, once a control period."""
        scene = self._scene
        held = scene.touched(CLEAR)
        if held:
            self._held_at = scene.gap()
            self.carried = self.carried or self._held_at >= CARRIED
        elif self._held_at > LET_GO:
            self.carried = False
        lies = not held and scene.height() <= LYING
        there = self.carried and lies and self.distance() <= self._near
        self.periods = self.periods + 1 if there and self._open() else 0

    def distance(self) -> float:
        """Return how far the block is from its target [m], seen from above."""
        return math.dist(self._target, self._scene.block().position[:2].tolist())

    def _open(self) -> bool:
        opening = self._scene.arm.true_state().gripper
        return opening >= self._scene.conditions.block_size + OPEN
