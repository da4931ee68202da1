"""Pictures on their way to a client: encoded, so that this end needs no camera library."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One picture in colour.

    jpeg: the picture as a JPEG file.
    stamp: when it was taken [s], on the monotonic clock of the machine that has this object.
    number: counts up by at least one a picture; a gap means pictures that were dropped.
    width, height: of the picture [px].
    """

    jpeg: bytes
    stamp: float
    number: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class EncodedDepth:
    """One picture of distances along the optical axis; pixels are square.

    png: the picture as a grey PNG file of 16 bits, 0 where nothing was measured.
    stamp, number, width, height: as in ``EncodedFrame``.
    unit: one step of its values [m].
    fov_degrees: vertical field of view that the camera is meant to have, edge to edge [deg].
    """

    png: bytes
    stamp: float
    number: int
    width: int
    height: int
    unit: float
    fov_degrees: float


Encoded = EncodedFrame | EncodedDepth


class FrameSource(Protocol):
    """Whatever a server takes pictures from. Taking and encoding them is its own thread's work."""

    @property
    def name(self) -> str:
        """Return what calibrations of this camera are filed under."""

    def latest(self) -> Encoded | None:
        """Return the newest picture, also if it was returned before; None before the first.

        Called by the server's network thread at each turn, so it must return at once.
        """
