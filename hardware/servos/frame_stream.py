"""Find whole frames in a stream of bytes, whatever else is in it.

Every protocol here frames alike: ``header … length … checksum``, checksum last.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrameShape:
    """Where the frames of one protocol, in one direction, keep what tells their end.

    header: first two bytes.
    length_at: index of the length byte.
    uncounted: bytes of the whole frame that the length byte leaves out.
    shortest, longest: sizes of whole frames [bytes]; nothing else is waited for.
    checksum: of a frame without its last byte.
    never_next: a byte that cannot follow the header, where the header may overlap itself.
    """

    header: bytes
    length_at: int
    uncounted: int
    shortest: int
    longest: int
    checksum: Callable[[bytes], int]
    never_next: int | None = None

    def size(self, data: bytes, start: int) -> int:
        """Return the size of the frame whose header is at ``start``; 0 if it can be none.

        While its length byte is not in, that is ``shortest``.
        """
        after, at = start + len(self.header), start + self.length_at
        if after < len(data) and data[after] == self.never_next:
            return 0
        if at >= len(data):
            return self.shortest
        size = data[at] + self.uncounted
        return size if self.shortest <= size <= self.longest else 0

    def whole(self, frame: bytes) -> bool:
        """Return whether the checksum of ``frame`` is right."""
        return self.checksum(frame[:-1]) == frame[-1]


class FrameStream:
    """Cuts frames out of bytes as they come. Never raises, keeps less than one frame.

    What it yields depends on the bytes alone, not on how they were split. ``rejected`` counts
    headers that no frame followed.
    """

    def __init__(self, shape: FrameShape) -> None:
        self._shape = shape
        self._rest = b""
        self.rejected = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that ``data`` completes, in order."""
        data, start, frames = self._rest + data, 0, []
        while (start := self._header(data, start)) < len(data):
            size = self._shape.size(data, start)
            frame = data[start : start + size]
            if len(frame) < size:
                break
            if frame and self._shape.whole(frame):
                frames.append(frame)
                start += size
            else:
                self.rejected += 1
                start += 1
        self._rest = data[start:]
        return frames

    def flush(self) -> list[bytes]:
        """Return the frames behind an unfinished one, since no more bytes will come."""
        frames = []
        while self._rest:
            rest, self._rest = self._rest[1:], b""
            frames += self.feed(rest)
        return frames

    def _header(self, data: bytes, start: int) -> int:
        """Return where the next header, or the first half of one at the end, begins."""
        header = self._shape.header
        found = data.find(header, start)
        if found >= 0:
            return found
        half = len(data) - 1
        return half if half >= start and data[half] == header[0] else len(data)
