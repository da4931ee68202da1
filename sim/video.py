"""Writes pictures as a video that every browser plays."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError


def write_video(path: Path, pictures: Iterable[NDArray[np.uint8]], fps: int = 20) -> int:
    """Write RGB ``pictures`` [height, width, 3] to ``path`` (.mp4, H.264); return their number.

    Height and width must be even. The file appears when it is whole. Raises RobotError if the
    extra that holds the encoder is missing, or if the video cannot be encoded or written.
    """
    try:
        import av
    except ImportError as error:
        raise RobotError("videos need PyAV: pip install 'twinarm[train]'") from error
    partial = path.with_suffix(".part")
    try:
        count = _encode(partial, pictures, fps)
        partial.replace(path)
    except (OSError, av.error.FFmpegError) as error:
        raise RobotError(f"{path}: the video cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _encode(path: Path, pictures: Iterable[NDArray[np.uint8]], fps: int) -> int:
    import av

    count = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream = None
        for image in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options={"crf": "26"})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame))
            count += 1
        if stream is not None:
            container.mux(stream.encode())
    return count
