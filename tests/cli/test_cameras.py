"""Cameras of servers and of simulations, by their addresses."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from camera_contract import CameraContract, LiveContract, next_frame, numbered, shown
from camera_server import TestCamera, camera_server
from verb_process import Interrupted, environment

from cli.cameras import open_any
from cli.remote_camera import RemoteCamera
from cli.served_camera import ServedCamera, served_camera
from hardware.keys import KeyStore
from perception.camera import Camera
from perception.errors import CameraError
from perception.recordings import ImageFolder, VideoFile

pytestmark = pytest.mark.real_time


@pytest.fixture(scope="module")
def source() -> Iterator[TestCamera]:
    with TestCamera() as source:
        yield source


@pytest.fixture(scope="module")
def url(source: TestCamera) -> Iterator[str]:
    with camera_server(source) as url:
        yield url


class TestRemoteCamera(LiveContract):
    @pytest.fixture
    def camera(self, url: str) -> Camera:
        return open_any(url, insecure=True)


class TestSimCamera(CameraContract):
    @pytest.fixture
    def camera(self) -> Camera:
        return open_any("sim")


def test_the_picture_and_the_name_are_those_of_the_server(url: str, source: TestCamera) -> None:
    with open_any(url, insecure=True) as camera:
        frame = next_frame(camera)
        assert shown(frame) == frame.number % 256
        assert camera.name == "bench"


def test_damaged_pictures_are_left_out_counted_and_told_if_nothing_else_comes(
    url: str, source: TestCamera, caplog: pytest.LogCaptureFixture
) -> None:
    with open_any(url, insecure=True) as camera, caplog.at_level(logging.WARNING):
        assert isinstance(camera, RemoteCamera)
        next_frame(camera)
        source.spoilt = True
        try:
            time.sleep(0.1)
            with pytest.raises(CameraError, match=r"\d+ came damaged"):
                camera.read(patience_s=0.3)
                camera.read(patience_s=0.3)
            assert camera.damaged >= 2
            assert "cut off after" in caplog.text
        finally:
            source.spoilt = False
        next_frame(camera)


@pytest.mark.parametrize("announced", [True, False])
def test_a_change_of_size_is_told(url: str, source: TestCamera, announced: bool) -> None:
    with open_any(url, insecure=True) as camera:
        next_frame(camera)
        source.size, source.announced = (128, 96), announced
        said = r"changed from \(64, 48\) to \(128, 96\)" if announced else "came damaged"
        try:
            with pytest.raises(CameraError, match=said):
                for _ in range(10):
                    camera.read(patience_s=0.4)
        finally:
            source.size, source.announced = (64, 48), True


def test_a_camera_that_stands_still_is_told(url: str, source: TestCamera) -> None:
    with open_any(url, insecure=True) as camera:
        next_frame(camera)
        source.going.clear()
        try:
            with pytest.raises(CameraError, match="stands still or was unplugged"):
                for _ in range(3):
                    camera.read(patience_s=0.3)
        finally:
            source.going.set()
        next_frame(camera)


def test_a_server_that_is_gone_or_without_a_camera_is_told() -> None:
    with TestCamera() as source:
        with camera_server(source) as url:
            camera = open_any(url, insecure=True)
            camera.open()
            next_frame(camera)
        with pytest.raises(CameraError, match="connection was lost"):
            for _ in range(3):
                camera.read()
        camera.close()
    with pytest.raises(CameraError, match="nothing listens at"):
        open_any(url, insecure=True).open()


def test_a_server_elsewhere_needs_keys(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="needs keys"):
        open_any("tcp://192.0.2.1:5555", insecure=True)
    with pytest.raises(CameraError, match="pair with it first"):
        open_any("tcp://192.0.2.1:5555", keys=KeyStore(tmp_path).folder).open()


def test_an_address_of_no_camera_lists_all_forms() -> None:
    with pytest.raises(CameraError, match=r"video:FILE.*images:FOLDER.*tcp://HOST:5555.*sim"):
        open_any("webcam")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(6):
        cv2.imwrite(str(tmp_path / f"{number}.png"), numbered(number))
    return tmp_path


def test_a_served_recording_keeps_its_pace_and_begins_anew(folder: Path) -> None:
    with ServedCamera(ImageFolder(folder)) as served:
        assert served.name == folder.name
        seen, until = {}, time.monotonic() + 1.2
        while time.monotonic() < until:
            newest = served.latest()
            assert newest is not None and newest.stamp <= time.monotonic()
            seen[newest.number] = newest.stamp
            time.sleep(0.005)
    assert list(seen) == sorted(seen) and 8 < len(seen) < 20, "about 15 a second, past the sixth"
    assert list(seen.values()) == sorted(seen.values())


def test_a_served_film_drops_what_is_more_than_the_rate(tmp_path: Path) -> None:
    fast = cv2.VideoWriter(
        str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 120.0, (64, 48)
    )
    for number in range(120):
        fast.write(numbered(number))
    fast.release()
    with ServedCamera(VideoFile(tmp_path / "a.avi"), rate_hz=15.0) as served:
        time.sleep(0.8)
        newest = served.latest()
    assert newest is not None and 7 <= newest.number <= 14


def test_a_served_camera_that_is_lost_is_told_and_comes_back(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.served_camera.RETRY", 0.1)
    with ServedCamera(ImageFolder(folder)) as served:
        away = folder.rename(folder.with_name("unplugged"))
        time.sleep(0.8)
        lost = served.latest()
        assert caplog.text.count("there is no such folder; the arm goes on") == 1
        away.rename(folder)
        time.sleep(0.5)
        back = served.latest()
    assert lost is not None and back is not None and back.number > lost.number


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("images:nowhere", "no such folder"),
        ("tcp://127.0.0.1:1", "a camera of this machine"),
        ("webcam", "no camera is written"),
    ],
)
def test_what_cannot_be_served_is_told_before_anything_moves(address: str, said: str) -> None:
    with pytest.raises(CameraError, match=said), served_camera(address):
        pass


def test_pictures_too_large_for_the_bridge_are_told(tmp_path: Path) -> None:
    noise = cv2.randu(numbered(0, (1600, 1200)), 0, 255)
    cv2.imwrite(str(tmp_path / "0.png"), noise)
    with (
        pytest.raises(CameraError, match=r"1600x1200 px is \d+ KiB as JPEG, at most 512"),
        ServedCamera(ImageFolder(tmp_path)),
    ):
        pass


def test_the_serve_verb_shows_pictures_and_ends_with_ctrl_c(folder: Path) -> None:
    options = ("--port", "0", "--insecure-loopback", "--no-park", "--camera", f"images:{folder}")
    verb = Interrupted(folder, "serve", *options)
    assert verb.process.stdout is not None
    for line in verb.process.stdout:
        if line.startswith("ready at "):
            break
    with open_any(line.split()[2], insecure=True) as camera:
        assert [shown(next_frame(camera)) in range(6) for _ in range(3)] == [True] * 3
        assert camera.name == folder.name
    code, _ = verb.when(lambda: True)
    assert code == 0


def without_vision(program: str) -> subprocess.CompletedProcess[str]:
    """Run ``program`` as where OpenCV is not installed."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.modules['cv2'] = None\n{program}"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_opencv_a_camera_names_the_extra_and_the_rest_works() -> None:
    done = without_vision("from cli.main import main\nsys.exit(main(['serve', '--camera', '0']))")
    assert done.returncode == 2
    assert "--camera 0 needs the package 'cv2': pip install 'twinarm[vision]'" in done.stderr
    assert without_vision("import cli.serve, cli.doctor").returncode == 0
