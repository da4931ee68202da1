"""Its thread, on a real OpenCV capture: that of a FIFO into which pictures are written."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import pytest
from camera_contract import LiveContract, next_frame, numbered, shown
from live_file import SOON, LiveFile

from perception import webcam
from perception.errors import CameraError
from perception.webcam import Webcam

pytestmark = pytest.mark.real_time


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFile]:
    for name, value in SOON.items():
        monkeypatch.setenv(name, value)
    with LiveFile(tmp_path / "camera.mjpeg") as live:
        yield live


@pytest.fixture
def camera(live: LiveFile) -> Webcam:
    return Webcam(str(live.path))


class TestWebcam(LiveContract):
    pass


def test_the_picture_is_the_newest_and_not_only_its_stamp(live: LiveFile, camera: Webcam) -> None:
    with camera:
        next_frame(camera)
        time.sleep(0.5)
        behind = live.number - shown(next_frame(camera))
        assert behind < 8, "what FFmpeg's threads decode at a time; 15 were taken meanwhile"


def test_a_camera_that_stands_still_is_told_and_may_go_on(live: LiveFile, camera: Webcam) -> None:
    with camera:
        next_frame(camera)
        live.going.clear()
        time.sleep(0.2)
        with suppress(CameraError):
            camera.read(patience_s=0.0)
        started = time.monotonic()
        with pytest.raises(CameraError, match=r"camera.mjpeg gave no picture for 0.3 s"):
            camera.read(patience_s=0.3)
        assert 0.25 < time.monotonic() - started < 1.0
        live.going.set()
        next_frame(camera)


def test_a_camera_that_is_unplugged_is_told(live: LiveFile, camera: Webcam) -> None:
    with camera:
        next_frame(camera)
        live.unplug()
        with pytest.raises(CameraError, match="is gone: it was unplugged"):
            for _ in range(20):
                camera.read(patience_s=2.0)


def test_closing_a_camera_that_stands_still_does_not_hang(
    live: LiveFile,
    camera: Webcam,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(webcam, "_LEAVING_S", 0.2)
    with camera, caplog.at_level(logging.WARNING):
        next_frame(camera)
        live.going.clear()
        time.sleep(0.2)
        started = time.monotonic()
        camera.close()
    assert time.monotonic() - started < 1.0
    assert "does not answer" in caplog.text


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "camera").write_bytes(b"no camera")
    with pytest.raises(CameraError, match="cannot be opened: another program may be using it"):
        Webcam(str(tmp_path / "camera")).open()


def test_a_camera_that_does_not_exist_is_told_with_the_mend() -> None:
    with pytest.raises(CameraError, match=r"no camera at /dev/video98: .*plug"):
        Webcam(98).open()


def test_a_change_of_size_is_told(tmp_path: Path) -> None:
    for number in range(6):
        size = (64, 48) if number < 3 else (128, 96)
        cv2.imwrite(str(tmp_path / f"{number}.png"), numbered(number, size))
    program = (
        "import sys\nfrom perception.webcam import Webcam\n"
        "with Webcam(sys.argv[1]) as camera:\n    [camera.read() for _ in range(9)]"
    )
    # The one backend of OpenCV that does not scale pictures; it is chosen at the first import.
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "%d.png")],
        cwd=Path(__file__).parents[2],
        env={"OPENCV_VIDEOIO_PRIORITY_LIST": "CV_IMAGES", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert r"changed from (64, 48) to (128, 96) px" in done.stderr
