import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from verb_process import environment

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("xdotool")),
        reason="needs a display to open a window on: apt install xvfb xdotool",
    ),
]


@pytest.fixture
def display() -> Iterator[str]:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing)], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait()


class Watched:
    """Teleoperation by keys in a window."""

    def __init__(self, folder: Path, display: str) -> None:
        self.environment = {**environment(), "DISPLAY": display}
        self.log = folder / "said.txt"
        with self.log.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "teleop", "--source", "keyboard"],
                cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said,
            )  # fmt: skip

    def x(self, *args: str) -> str:
        done = subprocess.run(
            ["xdotool", *args], env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def window(self) -> str:
        limit = time.monotonic() + 30
        while not (found := self.x("search", "--onlyvisible", "--name", "twinarm teleop")):
            assert time.monotonic() < limit and self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        self.x("mousemove", "100", "200")
        time.sleep(0.5)
        return found

    def when(self, said: str) -> None:
        limit = time.monotonic() + 10
        while said not in self.log.read_text():
            assert time.monotonic() < limit, self.log.read_text()
            time.sleep(0.05)


@pytest.fixture
def watched(tmp_path: Path, display: str) -> Iterator[Watched]:
    started = Watched(tmp_path, display)
    yield started
    started.process.kill()
    started.process.wait()


def test_keys_of_the_window_move_stop_and_release_the_arm(watched: Watched) -> None:
    watched.window()
    watched.x("key", "Up")
    watched.when("following")
    watched.x("key", "space")
    watched.when("stopped: Enter releases it")
    watched.x("key", "Return", "m")
    watched.when("clutch")
    watched.x("key", "Escape")
    assert watched.process.wait(20) == 0
    assert "ended by Esc" in watched.log.read_text()
    assert not list(watched.log.parent.glob("*.mp4"))


def test_a_window_that_is_killed_ends_it(watched: Watched) -> None:
    watched.x("windowkill", watched.window())
    assert watched.process.wait(20) == 0
    assert "Traceback" not in watched.log.read_text()
