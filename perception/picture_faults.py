"""What is wrong with a picture itself, whatever should be seen in it."""

import cv2
import numpy as np

from perception.camera import Picture

DARK = 40
"""Brightest level of a picture that is too dark."""
GLARE = 250
"""Level from which on a pixel shows nothing."""
GLARING = 0.35
"""Share of a picture that may glare."""
FLAT = 25
"""Levels between the darkest and the brightest of a picture without contrast."""
OUTLIERS = 1.0
"""Percentage of darkest and of brightest pixels that say nothing of a picture full of board."""
WIDEST_EDGE = 4.0
"""[px] In a picture 640 wide: Gaussian blur of about 1.6 px."""
STEEP = 99.7
"""Percentile of the slopes in a picture that is on its edges."""


def picture_fault(grey: Picture) -> str | None:
    """Return what is wrong with the light or the focus of ``grey`` [height, width], and the mend.

    None if it is neither dark, saturated, without contrast, nor blurred.
    """
    dim = light_fault(grey)
    if dim:
        return dim
    darkest, brightest = _levels(grey, OUTLIERS)
    width = _edge_width(grey, brightest - darkest)
    if width > widest_edge(grey.shape[1]):
        return (
            f"the picture is blurred, or there is nothing in it: from dark to bright it takes "
            f"{width:.0f} px; hold still, give more light, or focus"
        )
    return None


def light_fault(grey: Picture, outliers: float = OUTLIERS) -> str | None:
    """Return what is wrong with the light of ``grey`` [height, width], and the mend, or None.

    outliers: percentage of darkest and of brightest pixels that say nothing.
    """
    darkest, brightest = _levels(grey, outliers)
    glaring = float((grey[::4, ::4] >= GLARE).mean())
    if brightest < DARK:
        return (
            f"the picture is dark: its brightest parts are at {brightest:.0f} of 255; more light "
            "or a longer exposure, and nothing over the lens"
        )
    if glaring > GLARING:
        return (
            f"the picture is saturated: {glaring:.0%} of it are white; less light or a shorter "
            "exposure"
        )
    if brightest - darkest < FLAT:
        return (
            f"the picture has no contrast: all of it is between {darkest:.0f} and "
            f"{brightest:.0f} of 255; is the lens covered, fogged or out of focus?"
        )
    return None


def _levels(grey: Picture, outliers: float) -> tuple[float, float]:
    darkest, brightest = np.percentile(grey[::4, ::4], (outliers, 100.0 - outliers))
    return float(darkest), float(brightest)


def widest_edge(width: int) -> float:
    """Return from where on an edge is blurred [px] in pictures of ``width`` [px]."""
    return WIDEST_EDGE * max(1.0, width / 640)


def _edge_width(grey: Picture, contrast: float) -> float:
    """Return the contrast over the slope of the steepest edges [px], along the worse axis.

    A movement blurs one axis alone.
    """
    slopes = [
        np.percentile(np.abs(cv2.Sobel(grey, cv2.CV_32F, *axis, ksize=3, scale=0.125)), STEEP)
        for axis in ((1, 0), (0, 1))
    ]
    return float(contrast / max(min(slopes), 1e-6))
