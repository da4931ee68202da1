"""The frame of a person's torso, in which neither camera nor a turned body matters."""

import numpy as np

from perception.person import Person, Points

SHOULDERS, HIPS = (11, 12), (23, 24)  # left, right

_UNSEEN, _SEEN = 0.3, 0.7  # visibility of hips: below, they are not used; above, they alone are
_SHORT = 1e-6  # [m] nothing of a body is that short


def torso_frame(person: Person) -> Points | None:
    """Return the axes of the torso in the camera's frame [3, 3]: columns forward, left, up.

    Up runs along the spine, left from shoulder to shoulder as far as at right angles to it. Where
    the hips are out of sight the camera's up stands in, by degrees. None if landmarks coincide.
    """
    left_shoulder, right_shoulder = person.world[list(SHOULDERS)]
    spine = (left_shoulder + right_shoulder - person.world[list(HIPS)].sum(axis=0)) / 2.0
    hips = float(person.visibility[list(HIPS)].min())
    trust = float(np.clip((hips - _UNSEEN) / (_SEEN - _UNSEEN), 0.0, 1.0))
    up = unit(trust * unit(spine) + (1.0 - trust) * np.array([0.0, -1.0, 0.0]))
    across = left_shoulder - right_shoulder
    left = unit(across - (across @ up) * up)
    if not (up.any() and left.any()):
        return None
    return np.column_stack([np.cross(left, up), left, up])


def unit(vector: Points) -> Points:
    """Return ``vector`` [3] at length 1; zeros for one too short to have a direction."""
    length = float(np.linalg.norm(vector))
    return vector / length if length > _SHORT else np.zeros(3)
