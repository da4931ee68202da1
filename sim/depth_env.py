"""The grasp task seen through a depth camera at the wrist."""

from typing import Any

import gymnasium
import numpy as np

from robot.errors import RobotError
from sim.camera import check_size
from sim.conditions import Conditions
from sim.grasp_env import GraspEnv
from sim.randomization import ROBUST_TASK, Randomization
from sim.world import GRIP, Pace
from sim.wrist_camera import WristCamera

APPROACH = Pace(4, 10)
"""Of the guided task until the jaws close. With it and GRIP the scripted expert grasps as often as
at the finest pace, and an episode costs 0.7 of the time."""


class DepthGraspEnv(GraspEnv):
    """A grasp of ``GraspEnv``, where the policy is not told where the block is but sees it.

    Observation: ``depth``, uint8 [size, size, c], the wrist camera's depth, with row 0 away from
    the gripper; ``state``, float32 [s], the task's ``proprioception``. ``info["privileged"]``
    tells, for training alone, where the block really is, see ``GuidedRules`` and ``FullRules``.

    Guided: c = 1, depth as ``DepthRange`` encodes it, 0 where nothing was measured.
    Else c = 2: what the camera sees now, and the spawn area as it saw it before the start, from the
    arm's pose to ``look``, where no jaws hide the table: turned ones hide half of it at the start,
    and the block itself once they are at it. Both as ``Relief``, and the latter as near as it fits,
    for how a block is turned is a matter of a few pixels.
    """

    def __init__(
        self,
        arm: str = "dofbot",
        render_mode: str | None = None,
        image_size: int = 32,
        fov_degrees: float | None = None,
        randomization: str | Randomization = "off",
        window: bool = False,
        task: str = "guided",
        clutter: str | None = None,
    ) -> None:
        """Build the scene as ``GraspEnv`` does, with a camera at the wrist.

        image_size: 8 to 256 [px]. fov_degrees: the arm's if None. Raises RobotError for a camera
        that cannot be, or not with every field of view that ``randomization`` may draw.
        """
        check_size(image_size)  # before the space is made, which a wrong one breaks or bursts
        guided = task == "guided"
        self._image_size, self._looks = image_size, not guided
        super().__init__(
            arm,
            render_mode,
            ROBUST_TASK if guided else None,
            randomization=randomization,
            window=window,
            approach=APPROACH if guided else None,
            grip=GRIP,
            task=task,
            clutter=clutter,
        )
        try:
            self.camera = WristCamera(self.scene, image_size, fov_degrees, looks=self._looks)
            self.camera.check_fields(self.randomization.camera_fov)
        except RobotError:
            self.close()
            raise

    @property
    def observation_details(self) -> dict[str, float]:
        """Return what the picture's numbers mean: a policy trained on others would be lost."""
        return self.camera.details

    @property
    def told_size(self) -> int:
        """Return how many of these, and ``state``, make the observation of a policy that is told.

        Of the guided task, which does not tell as much, it is 0.
        """
        return len(self.task.block_names) if self._looks else 0

    @property
    def privileged_size(self) -> int:
        """Return how many numbers ``info["privileged"]`` tells."""
        return self._rules.privileged_size

    def _space(self) -> gymnasium.Space[Any]:
        size, numbers = self._image_size, len(self.task.proprioception_names)
        bound = self.task.observation_bound
        return gymnasium.spaces.Dict(
            {
                "depth": gymnasium.spaces.Box(0, 255, (size, size, 1 + self._looks), np.uint8),
                "state": gymnasium.spaces.Box(-bound, bound, (numbers,), np.float32),
            }
        )

    def _prepare(self, conditions: Conditions) -> None:
        self.camera.prepare(conditions)
        if self._looks:
            self._looked = self.camera.look(self.np_random)

    def _privileged(self) -> dict[str, Any]:
        return {"privileged": self._rules.privileged()}

    def _observe(self) -> dict[str, Any]:
        seen = self.camera.picture(self.np_random)
        return {
            "depth": np.concatenate([seen, self._looked], axis=2) if self._looks else seen,
            "state": self.task.proprioception(self._arm.state()),
        }
