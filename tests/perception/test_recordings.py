import logging
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from camera_contract import RecordingContract, next_frame, numbered, shown

from perception.errors import CameraError
from perception.recordings import ImageFolder, VideoFile


def images(folder: Path, count: int = 10) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        cv2.imwrite(str(folder / f"view{number}.png"), numbered(number))
    return folder


def video(path: Path, count: int = 10, rate: float = 15.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
    for number in range(count):
        writer.write(numbered(number))
    writer.release()
    return path


class TestImageFolder(RecordingContract):
    @pytest.fixture
    def camera(self, tmp_path: Path) -> ImageFolder:
        return ImageFolder(images(tmp_path / "views"))


class TestVideoFile(RecordingContract):
    @pytest.fixture
    def camera(self, tmp_path: Path) -> VideoFile:
        return VideoFile(video(tmp_path / "take.avi"))


def test_numbers_in_names_count_by_value_and_other_files_do_not(tmp_path: Path) -> None:
    folder = images(tmp_path, 12)
    (folder / "notes.txt").write_text("light from the left")
    with ImageFolder(folder) as camera:
        assert [shown(next_frame(camera)) for _ in range(12)] == list(range(12))
        assert camera.read() is None


@pytest.mark.parametrize("damage", [b"", b"\xff\xd8 no JPEG", None])
def test_a_damaged_image_is_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes | None
) -> None:
    broken = images(tmp_path, 4) / "view2.png"
    broken.write_bytes(broken.read_bytes()[:60] if damage is None else damage)
    with ImageFolder(tmp_path) as camera, caplog.at_level(logging.WARNING):
        assert [shown(next_frame(camera)) for _ in range(3)] == [0, 1, 3]
        assert camera.read() is None
        assert camera.skipped == ["view2.png"]
    assert "view2.png: damaged" in caplog.text


def test_a_folder_of_damaged_images_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    with (
        ImageFolder(tmp_path) as camera,
        pytest.raises(CameraError, match="no image in it can be read, of 1"),
    ):
        camera.read()


def test_images_of_different_sizes_are_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(images(tmp_path, 2) / "view2.png"), numbered(2, (128, 96)))
    with ImageFolder(tmp_path) as camera:
        next_frame(camera)
        next_frame(camera)
        with pytest.raises(CameraError, match=r"picture 3 is of \(128, 96\) px.*\(64, 48\)"):
            camera.read()


def test_grey_and_deep_images_come_as_colour_of_eight_bits(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((48, 64), 40000, np.uint16))
    with ImageFolder(tmp_path) as camera:
        image = next_frame(camera).image
    assert image.shape == (48, 64, 3) and image.dtype == np.uint8
    assert (image == 156).all(), "40000 of 65535"


def test_an_image_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with ImageFolder(tmp_path) as camera, pytest.raises(CameraError, match=r"a\.png: cannot be"):
        camera.read()


def test_a_video_that_was_cut_off_is_told_and_read_as_far_as_it_goes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = video(tmp_path / "take.avi", 60)
    os.truncate(path, path.stat().st_size // 2)
    with VideoFile(path) as camera, caplog.at_level(logging.WARNING):
        count = 0
        while (frame := camera.read()) is not None:
            assert shown(frame) == count
            count += 1
    assert 20 < count < 40


def test_a_video_of_which_nothing_can_be_decoded_is_told_with_the_mend(tmp_path: Path) -> None:
    path = video(tmp_path / "take.avi", 10)
    data = path.read_bytes()
    begin, end = data.index(b"movi"), data.rindex(b"idx1")
    path.write_bytes(data[:begin] + bytes(end - begin) + data[end:])
    with (
        VideoFile(path) as camera,
        pytest.raises(CameraError, match=r"take\.avi: not one picture.*another copy"),
    ):
        camera.read()


@pytest.mark.parametrize("kind", [VideoFile, ImageFolder])
def test_what_is_not_there_is_told(tmp_path: Path, kind: type[VideoFile | ImageFolder]) -> None:
    with pytest.raises(CameraError, match="there is no such"):
        kind(tmp_path / "nowhere").open()


def test_no_video_and_no_images_are_told_in_our_words_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"not a film")
    with pytest.raises(CameraError, match="no video that can be read"):
        VideoFile(tmp_path / "a.mp4").open()
    assert not capfd.readouterr().err
    with pytest.raises(CameraError, match=r"no images in it \(\.png"):
        ImageFolder(tmp_path).open()
