"""Why no marker is found in a picture, in words; for pictures in which none is."""

import cv2

from perception.dictionaries import LARGEST
from perception.edges import Gray
from perception.lens import Lens
from perception.markers import MarkerDetector
from perception.picture_faults import light_fault

_OUTLIERS = 0.1  # percent; a marker may be a small part of a picture


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
    return light_fault(gray, _OUTLIERS) or (
        f"no marker of {dictionary} is seen: none is in sight, or it is covered in part, cut off by"
        " the picture's edge, out of focus, or without a white rim"
    )
