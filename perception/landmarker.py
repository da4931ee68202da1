"""From a picture to the person in it: body and hands, by MediaPipe's networks."""

from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from perception.camera import Frame, Picture
from perception.landmarker_body import BodyFollower
from perception.landmarker_guess import BodyGuess
from perception.landmarker_hand import HandFollower, apart
from perception.landmarker_results import Body
from perception.person import Hand, Person, Points, Side

_SIDES: tuple[Side, Side] = ("left", "right")


class Landmarker:
    """``with Landmarker(pose, hand) as landmarker: landmarker.detect(frame)``.

    While the body is being found, hands are looked for where they are expected to be by now: a
    second core halves what the hands add.

    Frames have to be of one camera and in the order of time: who is seen is followed. Not to be
    called from two threads.
    """

    def __init__(
        self,
        pose_model: Path,
        hand_model: Path | None = None,
        sides: Collection[Side] = _SIDES,
        mirrored: bool = False,
    ) -> None:
        """Prepare to find a person by the bundles ``pose_model`` and ``hand_model``.

        hand_model: None to find no hands. sides: whose hands are looked for; each takes time.
        mirrored: the camera's pictures are as in a mirror. Then landmarks in the image are where
        that picture has them, but left is the person's left, and the world is not mirrored.
        """
        self._pose_model, self._hand_model = pose_model, hand_model
        self._sides = [side for side in _SIDES if side in sides]
        self._mirrored = mirrored
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Load the networks. Raises ModelError."""
        with ExitStack() as stack:
            self._body = stack.enter_context(closing(BodyFollower(self._pose_model)))
            self._hands: dict[Side, HandFollower] = {}
            self._guess = BodyGuess()
            if self._hand_model is not None:
                for side in self._sides:
                    follower = HandFollower(self._hand_model, side)
                    self._hands[side] = stack.enter_context(closing(follower))
            self._threads = stack.enter_context(ThreadPoolExecutor(len(_SIDES), "hand"))
            self._open = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def detect(self, frame: Frame) -> Person | None:
        """Return the person in ``frame``, of several the nearest and then the same one on.

        None if nobody is there, or who was seen last went out of sight a moment ago.
        """
        rgb = _rgb(frame.image, self._mirrored)
        begun = self._look_for_hands(rgb, self._guess.at(frame.stamp), frame.stamp)
        body = self._body.find(rgb, frame.stamp)
        self._guess.add(body, frame.stamp)
        if body is None:
            wait(begun.values())
            return None
        looks = begun or self._look_for_hands(rgb, body, frame.stamp)
        hands = {
            side: self._hands[side].owned(look.result(), body, rgb) for side, look in looks.items()
        }
        left, right = apart(hands.get("left"), hands.get("right"), body, frame.size)
        person = Person(body.world, body.image, body.visibility, left, right, frame.stamp)
        return _as_pictured(person) if self._mirrored else person

    def _look_for_hands(
        self, rgb: Picture, body: Body | None, stamp: float
    ) -> dict[Side, Future[Hand | None]]:
        """Begin to look for hands about ``body``, each in a thread; for none if that is None."""
        if body is None:
            return {}
        return {
            side: self._threads.submit(follower.look, rgb, body, stamp)
            for side, follower in self._hands.items()
        }


def _rgb(image: Picture, mirrored: bool) -> Picture:
    turned: Picture = cv2.flip(image, 1) if mirrored else image
    rgb: Picture = cv2.cvtColor(turned, cv2.COLOR_BGR2RGB)
    return rgb


def _as_pictured(person: Person) -> Person:
    """Return ``person``, seen in the picture turned back, where the mirrored picture has them."""
    left, right = (
        hand and replace(hand, image=_turned(hand.image)) for hand in (person.left, person.right)
    )
    return replace(person, image=_turned(person.image), left=left, right=right)


def _turned(image: Points) -> Points:
    return np.array([1.0, 0.0]) + image * (-1.0, 1.0)
