"""Puts what the policy sees into a corner of what people see."""

import numpy as np
from numpy.typing import NDArray

from cli import tiles
from sim.render import Picture

SHARE = 0.38  # of the picture's height
MARGIN, FRAME = 8, 2  # [px]


def with_inset(image: Picture, seen: NDArray[np.uint8] | None) -> Picture:
    """Return RGB ``image`` with the picture ``seen`` [h, w, c] in its upper right corner."""
    if seen is None:
        return image
    side = round(SHARE * len(image))
    framed = np.full((side + 2 * FRAME, side + 2 * FRAME, 3), 255, np.uint8)
    framed[FRAME:-FRAME, FRAME:-FRAME] = enlarged(tiles.seen(seen), side)
    whole = image.copy()
    whole[MARGIN : MARGIN + len(framed), -MARGIN - len(framed) : -MARGIN] = framed
    return whole


def enlarged(image: Picture, side: int) -> Picture:
    """Return a square ``image`` with ``side`` pixels to a side, none of them mixed."""
    chosen = np.arange(side) * len(image) // side
    larger: Picture = image[chosen[:, None], chosen]
    return larger
