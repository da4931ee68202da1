"""A camera at a path: a FIFO into which JPEGs are written, as a webcam delivers them."""

import os
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from camera_contract import jpeg

RATE = 30.0
BLOCK = 32768  # bytes that FFmpeg waits for before it looks at them
# Else FFmpeg waits for seconds of pictures before it shows the first.
SOON = {"OPENCV_FFMPEG_CAPTURE_OPTIONS": "probesize;65536|analyzeduration;0|fflags;nobuffer"}


class LiveFile:
    """Writes pictures that show their numbers until told to pause or to leave."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self.number = 0
        self.going, self._over = Event(), Event()
        self.going.set()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.unplug()

    def unplug(self) -> None:
        self._over.set()
        self.going.set()
        other_end = os.open(self.path, os.O_RDWR)  # or it may wait for somebody who reads
        self._thread.join(5.0)
        os.close(other_end)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with self.path.open("wb", buffering=0) as pipe:
                    while not self._over.wait(1.0 / RATE):
                        self.going.wait()
                        self.number += 1
                        pipe.write(jpeg(self.number).ljust(BLOCK, b"\0"))
            except BrokenPipeError:
                time.sleep(0.01)
