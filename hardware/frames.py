"""Pictures on their way to a client: JPEG, so that this end needs no camera library."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One picture.

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


class FrameSource(Protocol):
    """Whatever a server takes pictures from. Taking and encoding them is its own thread's work."""

    @property
    def name(self) -> str:
        """Return what calibrations of this camera are filed under."""

    def latest(self) -> EncodedFrame | None:
        """Return the newest picture, also if it was returned before; None before the first.

        Called by the server's network thread at each turn, so it must return at once.
        """
