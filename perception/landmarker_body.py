"""Finds the body of one person among several, and goes on with the same one."""

from pathlib import Path

import numpy as np

from perception.camera import Picture
from perception.landmarker_results import Body
from perception.landmarker_tasks import PoseTask
from perception.people import Place, choose, only, place_of, same_person

MOST_PEOPLE = 4
"""So many are told apart; more in one picture are not looked at."""
_PATIENCE = 1.0
"""How long somebody who went out of sight is waited for before it may be another [s]."""


class BodyFollower:
    """Chooses a person by a network that finds all, and follows by one that follows one.

    Following costs half of finding all, and stays with who is followed.
    """

    def __init__(self, model: Path) -> None:
        """Load ``model``. Raises ModelError."""
        self._all = PoseTask(model, MOST_PEOPLE, video=False)
        self._one = PoseTask(model, 1, video=True)
        self._following = False
        self._last: tuple[Place, float] | None = None
        self._interval = self._stamp = 0.0

    def close(self) -> None:
        """Let go of the networks. Safe to call twice."""
        self._all.close()
        self._one.close()

    def find(self, rgb: Picture, stamp: float) -> Body | None:
        """Return the body of the person meant in ``rgb``, taken at ``stamp`` [s]; None if away."""
        self._interval, self._stamp = stamp - self._stamp, stamp
        body = self._followed(rgb, stamp) if self._following else None
        if body is None:
            body = self._chosen(rgb, stamp)
        if body is not None:
            self._last = place_of(body, _size(rgb)), stamp
        return body

    def _followed(self, rgb: Picture, stamp: float) -> Body | None:
        body = next(iter(self._one.bodies(rgb, stamp)), None)
        if body is not None and not self._is_last(body, rgb):
            self._forget(rgb, stamp)
            body = None
        self._following = body is not None
        return body

    def _is_last(self, body: Body, rgb: Picture) -> bool:
        return self._last is not None and same_person(
            self._last[0], place_of(body, _size(rgb)), self._interval
        )

    def _chosen(self, rgb: Picture, stamp: float) -> Body | None:
        if self._last is not None and stamp - self._last[1] > _PATIENCE:
            self._last = None
        bodies = self._all.bodies(rgb)
        places = [place_of(body, _size(rgb)) for body in bodies]
        chosen = choose(places, None if self._last is None else self._last[0], self._interval)
        if chosen is None:
            return None
        self._start(only(rgb, bodies[chosen].image, places[chosen]), places[chosen], stamp)
        return bodies[chosen]

    def _start(self, alone: Picture, place: Place, stamp: float) -> None:
        """Have the person at ``place`` followed from a picture with nobody else in it."""
        found = self._one.bodies(alone, stamp)
        places = [place_of(body, _size(alone)) for body in found]
        self._following = any(same_person(place, one, 0.0) for one in places)
        if found and not self._following:
            self._forget(alone, stamp)

    def _forget(self, rgb: Picture, stamp: float) -> None:
        """Make the network that follows forget whom: it sees nobody."""
        self._one.bodies(np.zeros_like(rgb), stamp)


def _size(rgb: Picture) -> tuple[int, int]:
    return rgb.shape[1], rgb.shape[0]
