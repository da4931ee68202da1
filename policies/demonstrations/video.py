"""The pictures of one camera as an mp4 file that every frame of can be found in."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.layout import PART

try:
    import av
except ImportError as error:
    raise DemonstrationError("datasets need PyAV: pip install 'twinarm[record]'") from error

Picture = NDArray[np.uint8]

FAILURES = (OSError, av.error.FFmpegError)
"""What a disk or the encoder raises."""

# Every second picture is a whole one, so that any of them is found fast (LeRobot's g=2); without
# pictures that need later ones the first has time stamp 0.
_OPTIONS = {"g": "2", "bf": "0", "crf": "23", "preset": "veryfast"}
_SAMPLES, _GRAIN = 10, 8  # one pixel of every 8 x 8 of every tenth picture goes into the figures


class VideoWriter:
    """Encodes RGB pictures as they come; picture i is shown at i / rate [s]."""

    def __init__(self, path: Path, size: tuple[int, int], rate: float) -> None:
        """Begin a video for ``path`` of height and width ``size`` [px]. Raises FAILURES."""
        self.samples: list[Picture] = []
        self._path, self._size, self._count = path, size, 0
        self._part = path.with_name(path.name + PART)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._container = av.open(str(self._part), "w", format="mp4")
        exact = Fraction(rate).limit_denominator(1000)
        self._stream = self._container.add_stream("libx264", rate=exact, options=_OPTIONS)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = "yuv420p"

    def add(self, image: Picture) -> None:
        """Take the next picture [height, width, 3]. Raises DemonstrationError, FAILURES."""
        if image.shape != (*self._size, 3) or image.dtype != np.uint8:
            raise DemonstrationError(
                f"{self._path}: a picture {image.dtype} {image.shape} among those of {self._size}"
            )
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        self._container.mux(self._stream.encode(frame))
        if self._count % _SAMPLES == 0:
            self.samples.append(image[::_GRAIN, ::_GRAIN].copy())
        self._count += 1

    def save(self) -> None:
        """Finish the file, which appears whole. Raises FAILURES."""
        self._container.mux(self._stream.encode())
        self._container.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        """Leave nothing of it. Safe after ``save``, whose file stays."""
        try:
            self._container.close()
        except FAILURES:  # a full disk takes no end of a file either, which goes anyway
            pass
        finally:
            self._part.unlink(missing_ok=True)


def read_pictures(path: Path, first: int, count: int) -> Iterator[Picture]:
    """Yield RGB pictures ``first`` to ``first + count`` of the video at ``path``.

    Raises DemonstrationError if it is missing, damaged, or ends before.
    """
    found = 0
    try:
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number >= first + count:
                    break
                if number >= first:
                    yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                    found += 1
    except (*FAILURES, IndexError, ValueError) as error:
        reason = "the file is missing" if not path.is_file() else f"damaged: {error}"
        raise DemonstrationError(f"{path}: {reason}; take another copy") from error
    if found < count:
        raise DemonstrationError(f"{path}: damaged: {found} of {count} pictures; take another copy")
