"""Hands each new picture of a camera to whoever looks, and keeps its troubles from the arm."""

import logging
import time
from collections.abc import Callable

from hardware.counters import Counters
from hardware.errors import ProtocolError
from hardware.frames import Encoded, EncodedDepth, FrameSource
from hardware.messages import Depth, FieldOfView, Frame, Jpeg, Png, Shot, Unit

log = logging.getLogger(__name__)

PERIOD = 0.01
"""How often to look for a new picture [s]."""


class FramePublisher:
    """Takes turns with what the network thread does for the arm, and never raises."""

    def __init__(
        self, source: FrameSource, show: Callable[[Shot], None], counters: Counters
    ) -> None:
        """Publish the pictures of ``source`` through ``show``."""
        self._source, self._show, self._counters = source, show, counters
        self._last: int | None = None
        self._failed = False

    def turn(self) -> None:
        """Publish the newest picture, if it was not published before.

        A source that fails is asked no more: its clients notice that no pictures come.
        """
        if self._failed:
            return
        try:
            self._publish()
        except ProtocolError as error:
            self._complain("frames_refused", "a picture of %s was not sent: %s", error)
        except Exception as error:  # whatever a camera does, the arm must go on
            self._failed = True
            self._complain("camera_failures", "%s is no longer asked for pictures: %r", error)

    def _publish(self) -> None:
        newest = self._source.latest()
        if newest is None or newest.number == self._last:
            return
        self._last = newest.number
        self._show(_shot(newest, time.monotonic()))
        self._counters.add("frames")

    def _complain(self, counter: str, words: str, error: Exception) -> None:
        if not self._counters.snapshot().get(counter):  # once, not at every picture
            log.error(words, self._source.name, error)
        self._counters.add(counter)


def _shot(taken: Encoded, sent: float) -> Shot:
    stamp, number, width, height = taken.stamp, taken.number, taken.width, taken.height
    if isinstance(taken, EncodedDepth):
        png, unit, field = Png(taken.png), Unit(taken.unit), FieldOfView(taken.fov_degrees)
        return Depth(stamp, sent, number, width, height, png, unit, field)
    return Frame(stamp, sent, number, width, height, Jpeg(taken.jpeg))
