"""What one sees while teleoperating: the person, the arms, and how all of them are."""

from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np

from cli.teleop_words import BAR, arm_words, bar, person_words, write
from perception.jpeg import decode, encode
from perception.person import Person, Side
from perception.skeleton import skeleton
from robot.command import ArmState
from robot.model import ArmModel
from sim.grasp_scene import GraspScene
from sim.render import WHOLE_ARM, Picture, picture
from sim.world import BodyPose

HEIGHT = 340  # [px]
VIEW = replace(WHOLE_ARM, width=400, height=HEIGHT, shadow=False)
SIZE = HEIGHT + BAR
"""Height of what is painted [px]."""


@dataclass(frozen=True, slots=True)
class ArmShot:
    """One arm at one moment, the block if there is one, and what it does.

    side: whose arm it follows, where there are two.
    """

    state: ArmState
    block: BodyPose | None
    status: str
    side: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """One moment: the arms, and how fast all goes in words.

    photo: what the camera saw, small and as a JPEG, if there is one; person: who is in it, whose
    arms of ``sides`` are followed.
    """

    arms: tuple[ArmShot, ...]
    pace: str
    photo: bytes | None = None
    person: Person | None = None
    sides: tuple[Side, ...] = ()


class Painter:
    """``with Painter(model) as painter: painter.paint(shot)``."""

    def __init__(self, model: ArmModel) -> None:
        """Prepare a scene of its own, so that painting moves nothing."""
        self._model, self._scene = model, GraspScene(model)

    def paint(self, shot: Shot) -> Picture:
        """Return the camera's picture with the skeleton between or beside the arms, RGB.

        Of two arms the one on the left is that which is on the left of the camera's picture.
        """
        ordered = sorted(shot.arms, key=lambda arm: arm.side != "right")
        arms = [self._arm(arm) for arm in ordered]
        camera = [] if shot.photo is None else [_seen(shot, shot.photo)]
        panels = [*arms[:-1], *camera, arms[-1]] if len(arms) > 1 else [*camera, *arms]
        whole = np.hstack(panels)
        statuses = [(f"{arm.side}: " if arm.side else "", arm.status) for arm in ordered]
        return _rgb(np.vstack([whole, bar(whole.shape[1], statuses, shot.pace)]))

    def _arm(self, arm: ArmShot) -> Picture:
        """Return the arm with its joints and jaws in numbers, BGR."""
        self._scene.show(arm.state.positions, arm.state.gripper, arm.block)
        drawn = _rgb(picture(self._scene.world, VIEW))
        write(drawn, arm_words(self._model, arm.state, arm.side))
        return drawn

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._scene.close()


def photo(image: Picture) -> bytes:
    """Return ``image``, blue, green, red, as a ``Shot`` has it: as high as the arm's picture."""
    height, width = image.shape[:2]
    size = round(width * HEIGHT / height / 2) * 2, HEIGHT
    return encode(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _seen(shot: Shot, image: bytes) -> Picture:
    """Return the camera's picture with who is followed, and the angles of their arms, BGR."""
    drawn = skeleton(decode(image), shot.person)
    if shot.person is not None:
        for side in shot.sides:
            write(drawn, person_words(shot.person, side), right=side == "left")
    return drawn


def _rgb(image: Picture) -> Picture:
    """Return ``image`` with red and blue exchanged."""
    return np.ascontiguousarray(image[:, :, ::-1])
