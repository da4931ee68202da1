"""Why no marker is found in a picture, in words; for pictures in which none is."""

import cv2
import numpy as np

from perception.dictionaries import LARGEST
from perception.edges import Gray
from perception.lens import Lens
from perception.markers import MarkerDetector

_DARKEST, _BRIGHTEST = 0.1, 99.9  # percentiles
_DARK = 40  # brightest level of a picture that is too dark
_GLARE = 250  # level from which on a pixel shows nothing
_GLARING = 0.35  # share of a picture
_FLAT = 25  # levels between the darkest and the brightest of a picture without contrast


def why_unseen(gray: Gray, lens: Lens, dictionary: str) -> str:
    """Return why no marker of ``dictionary`` is seen in ``gray``, the likeliest cause alone."""
    mirrored = MarkerDetector(dictionary, lens).ids(cv2.flip(gray, 1))
    if mirrored:
        return (
            f"the picture is mirrored: marker {mirrored[0]} of {dictionary} is seen in its mirror"
            " image; turn mirroring off in the camera's settings"
        )
    for other in LARGEST:
        found = MarkerDetector(other, lens).ids(gray)
        if found and other.rpartition("_")[0] != dictionary.rpartition("_")[0]:
            return (
                f"no marker of {dictionary} is seen, but marker {found[0]} of {other}: is the"
                " dictionary the one that was printed?"
            )
    return _light(gray) or (
        f"no marker of {dictionary} is seen: none is in sight, or it is covered in part, cut off by"
        " the picture's edge, out of focus, or without a white rim"
    )


def _light(gray: Gray) -> str | None:
    """Return what is wrong with the light, if it is."""
    darkest, brightest = np.percentile(gray[::4, ::4], (_DARKEST, _BRIGHTEST))
    glaring = float((gray[::4, ::4] >= _GLARE).mean())
    if brightest < _DARK:
        return (
            f"the picture is dark: its brightest parts are at {brightest:.0f} of 255; more light or"
            " a longer exposure, and nothing over the lens"
        )
    if glaring > _GLARING:
        return (
            f"the picture is saturated: {glaring:.0%} of it are white; less light or a shorter"
            " exposure"
        )
    if brightest - darkest < _FLAT:
        return (
            f"the picture has no contrast: all of it is between {darkest:.0f} and"
            f" {brightest:.0f} of 255; is the lens covered, fogged or out of focus?"
        )
    return None
