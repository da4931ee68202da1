from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from robot.errors import RobotError
from sim.video import write_video

av = pytest.importorskip("av")


def pictures(count: int = 12, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    """Return pictures [height, width, 3] that go from red to blue, dark at the top."""
    ramp = np.linspace(0.2, 1.0, height)[:, None, None]
    colours = [(255 * (1 - i / (count - 1)), 0, 255 * i / (count - 1)) for i in range(count)]
    return [
        (ramp * np.broadcast_to(np.array(colour), (height, width, 3))).astype(np.uint8)
        for colour in colours
    ]


def test_a_written_video_decodes_to_the_same_pictures(tmp_path: Path) -> None:
    path, shown = tmp_path / "grasp.mp4", pictures()
    assert write_video(path, iter(shown), fps=20) == len(shown)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.average_rate == 20
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * len(shown)
    for frame, picture in zip(frames, shown, strict=True):
        np.testing.assert_allclose(frame.mean(axis=1), picture.mean(axis=1), atol=16)


def test_pictures_may_be_views_of_larger_ones(tmp_path: Path) -> None:
    flipped = [picture[::-1, ::-1] for picture in pictures()]
    assert write_video(tmp_path / "flipped.mp4", flipped) == len(flipped)


@pytest.mark.parametrize("path", ["missing/grasp.mp4", "."])
def test_a_path_that_cannot_be_written_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(RobotError, match="cannot be written") as caught:
        write_video(tmp_path / path, pictures())
    assert str(tmp_path) in str(caught.value)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond 1 kB meanwhile."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_fills_up_is_a_plain_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RobotError, match="cannot be written"):
        write_video(tmp_path / "grasp.mp4", pictures())
    assert not list(tmp_path.iterdir())


def test_pictures_that_cannot_be_encoded_are_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(RobotError, match="cannot be written"):
        write_video(tmp_path / "odd.mp4", pictures(height=47, width=63))


def test_an_interrupted_film_leaves_the_earlier_one_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "grasp.mp4"
    write_video(path, pictures())
    earlier = path.read_bytes()

    def interrupted() -> Iterator[NDArray[np.uint8]]:
        yield from pictures(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(path, interrupted())
    assert path.read_bytes() == earlier
    assert list(tmp_path.iterdir()) == [path]
