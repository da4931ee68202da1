"""Pictures taken before, as a camera: a video file, or a folder of images."""

import logging
import os
import re
import time
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from perception.camera import Camera, Frame, Picture
from perception.errors import CameraError

# What is wrong with a file is told here, and FFmpeg's own words on it nobody can mend.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "8")

log = logging.getLogger(__name__)

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_AS_TAKEN = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
IMAGE_RATE = 15.0
"""Images of a folder are told apart in time as if so many had been taken a second [Hz]."""


class Recording(Camera):
    """Returns every picture in turn, as fast as it is asked. At the end there is None.

    Stamps begin when it is opened and are as far apart as the pictures were taken, so that what
    judges by time works as it would have at the camera.
    """

    def __init__(self, path: Path | str) -> None:
        """Prepare to read ``path``."""
        self._path = Path(path)
        self._pictures: Iterator[tuple[float, Picture]] | None = None
        self._size: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Return the name of the file or folder."""
        return self._path.stem

    def open(self) -> None:
        """Begin at the first picture. Raises CameraError if there is nothing to read."""
        self.close()
        self._pictures, self._size = self._begin(), None
        self._opened, self._number = time.monotonic(), -1

    def read(self, patience_s: float = 1.0) -> Frame | None:
        """Return the next picture, or None at the end. See ``Camera``; nothing here has to wait."""
        if self._pictures is None:
            raise CameraError(f"{self._path} is not open: call open() first")
        seconds, image = next(self._pictures, (0.0, None))
        if image is None:
            return None
        self._number += 1
        frame = Frame(image, self._opened + seconds, self._number)
        self._check_size(frame)
        return frame

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._pictures = None

    @abstractmethod
    def _begin(self) -> Iterator[tuple[float, Picture]]:
        """Return every picture with its time since the first [s]."""

    def _check_size(self, frame: Frame) -> None:
        if frame.size != (self._size or frame.size):
            raise CameraError(
                f"{self._path}: picture {frame.number + 1} is of {frame.size} px, those before it "
                f"of {self._size}: pictures of one camera have one size"
            )
        self._size = frame.size


class VideoFile(Recording):
    """A video file of any kind that OpenCV reads."""

    def _begin(self) -> Iterator[tuple[float, Picture]]:
        if not self._path.is_file():
            raise CameraError(f"{self._path}: there is no such video file")
        capture = cv2.VideoCapture(str(self._path))
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)  # a lens belongs to the sensor
        rate = capture.get(cv2.CAP_PROP_FPS)
        if not capture.isOpened() or not rate > 0.0:
            capture.release()
            raise CameraError(f"{self._path}: no video that can be read; try it as .mp4 or .avi")
        return self._frames(capture, rate)

    def _frames(self, capture: cv2.VideoCapture, rate: float) -> Iterator[tuple[float, Picture]]:
        promised, count = capture.get(cv2.CAP_PROP_FRAME_COUNT), 0
        try:
            while (taken := capture.read())[0]:
                yield count / rate, taken[1]
                count += 1
        finally:
            capture.release()
        if count == 0:
            raise CameraError(
                f"{self._path}: not one picture of it can be read: it is damaged; take another copy"
            )
        if count < promised - 1:
            log.warning("%s: ends after %d of %d pictures", self._path, count, promised)


class ImageFolder(Recording):
    """The images in a folder in the order of their names, numbers in them by value.

    skipped: names of files that could not be read; each is warned of.
    """

    def __init__(self, path: Path | str) -> None:
        """Prepare to read the images in ``path``."""
        super().__init__(path)
        self.skipped: list[str] = []

    def _begin(self) -> Iterator[tuple[float, Picture]]:
        self.skipped = []
        if not self._path.is_dir():
            raise CameraError(f"{self._path}: there is no such folder")
        files = [file for file in self._path.iterdir() if file.suffix.lower() in IMAGES]
        if not files:
            raise CameraError(f"{self._path}: no images in it ({', '.join(IMAGES)})")
        return self._images(sorted(files, key=_by_number))

    def _images(self, files: list[Path]) -> Iterator[tuple[float, Picture]]:
        for index, file in enumerate(files):
            image = _image(file)
            if image is None:
                self.skipped.append(file.name)
                log.warning("%s: damaged, or no image; left out", file)
            else:
                yield index / IMAGE_RATE, image
        if len(self.skipped) == len(files):
            raise CameraError(f"{self._path}: no image in it can be read, of {len(files)}")


def _image(file: Path) -> Picture | None:
    try:
        data = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError as error:
        raise CameraError(f"{file}: cannot be read: {error.strerror}") from error
    if not data.size:
        return None
    try:
        image: Picture | None = cv2.imdecode(data, _AS_TAKEN)
    except cv2.error:
        return None
    return image


def _by_number(file: Path) -> list[tuple[int, str]]:
    """Return what sorts ``view9`` before ``view10``."""
    parts = re.split(r"(\d+)", file.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
