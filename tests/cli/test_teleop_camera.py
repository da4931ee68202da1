import time
from pathlib import Path
from threading import Thread

import pytest
from camera_server import TestCamera, camera_server

from cli.main import main

pytestmark = pytest.mark.real_time


@pytest.mark.usefixtures("model_files")
def test_a_camera_of_another_machine_that_stands_still_ends_it_with_the_arm_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    said = ""

    def hear() -> str:
        nonlocal said
        said += capsys.readouterr().err
        return said

    with TestCamera() as camera, camera_server(camera) as url:

        def unplug() -> None:
            while "holding: no person" not in hear():
                time.sleep(0.05)
            time.sleep(0.3)
            camera.going.clear()

        hand = Thread(target=unplug, daemon=True)
        hand.start()
        args = ["--camera", url, "--insecure-loopback", "--no-hands", "--out", "film.mp4"]
        assert main(["teleop", *args]) == 2, hear()
        hand.join(5.0)
    assert "ended: the arm holds where it is" in hear()
    assert "the camera stands still or was unplugged (the server's log tells)" in hear()
    assert (tmp_path / "film.mp4").stat().st_size > 0
