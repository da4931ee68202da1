import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imsave
from toy_demonstrations import RATE
from verb_process import Interrupted, environment

from cli.main import main
from policies.demonstrations.reader import DatasetReader


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "demos"


def record(folder: Path, *options: str) -> int:
    return main(["record", str(folder), "--fast", "--json", *options])


def test_the_expert_is_recorded_and_recording_goes_on_with_other_blocks(folder, capsys):
    assert record(folder, "--episodes", "2") == 0
    assert record(folder, "--episodes", "1") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["recorded"], told["episodes"]) == (1, 3)
    episodes = list(DatasetReader(folder))
    assert [episode.success for episode in episodes] == [True] * 3
    assert all(episode.rate == pytest.approx(RATE) for episode in episodes)
    assert len({tuple(episode.environment[0]) for episode in episodes}) == 3
    for episode in episodes:
        lag = np.abs(episode.actions[:-1, :-1] - episode.states[1:, :-1])
        assert lag.max() < 0.2
        assert episode.actions[-1, -1] < 0.03 < episode.actions[0, -1]


def test_a_policy_that_sees_is_recorded_with_the_scene(folder, capsys):
    assert record(
        folder, "--source", "dofbot-depth", "--episodes", "1", "--cameras", "scene=sim",
        "--keep", "successes", "--task", "pick it up",
    ) == 0  # fmt: skip
    reader = DatasetReader(folder)
    episode = reader.episode(0)
    assert (episode.task, episode.success) == ("pick it up", True)
    pictures = list(reader.pictures(0, "scene"))
    assert len(pictures) == len(episode)
    assert np.abs(pictures[0].astype(int) - pictures[-1]).mean() > 0.5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--episodes", "0"], "at least 1"),
        (["--source", "dofbot-stat"], "did you mean 'dofbot-state'?"),
        (["--model", "dofbt"], "did you mean 'dofbot'?"),
        (["--arm", "tcp://127.0.0.1:1"], "--fast is for --arm sim"),
        (["--cameras", "front=0"], "simulated alone"),
        (["--cameras", "fr/ont=sim"], "NAME=ADDRESS"),
        (["--cameras", "a=sim", "a=sim"], "two of one name"),
        (["--block", "0.9", "0"], "out of reach"),
        (["--task", " "], "--task is empty"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(folder, capsys, options, said):
    assert record(folder, *options) == 2
    assert said in capsys.readouterr().err
    assert not folder.exists()


def test_a_dataset_of_other_cameras_is_refused(folder, capsys):
    assert record(folder, "--episodes", "1") == 0
    assert record(folder, "--episodes", "1", "--cameras", "scene=sim") == 2
    assert "records something else: it lacks observation.images.scene" in capsys.readouterr().err


def test_a_camera_that_ends_is_told_and_what_was_recorded_stays(folder, capsys, tmp_path):
    assert record(folder, "--episodes", "1", "--cameras", "front=sim") == 0
    for number in range(3):
        imsave(tmp_path / f"{number}.png", np.full((240, 320, 3), 50 * number, np.uint8))
    assert main(["record", str(folder), "--cameras", f"front=images:{tmp_path}"]) == 2
    assert "the recording is at its end" in capsys.readouterr().err
    assert len(list(DatasetReader(folder).pictures(0, "front"))) == 139
    assert len(DatasetReader(folder)) == 1


def test_ctrl_c_leaves_whole_episodes(folder, tmp_path):
    assert record(folder, "--episodes", "1", "--cameras", "scene=sim") == 0
    going = Interrupted(tmp_path, "record", "demos", "--cameras", "scene=sim")
    code, output = going.when(lambda: bool(list(folder.glob("videos/**/*.mp4.new"))))
    assert code == 130
    assert "Traceback" not in output
    assert "the episodes in demos (1) are whole" in output
    assert len(list(DatasetReader(folder).pictures(0, "scene"))) == 139
    assert not list(folder.glob("**/*.new"))


class Typist:
    """A verb in a terminal, whose keys are pressed when it asks."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.terminal, inner = pty.openpty()
        self.before = termios.tcgetattr(inner)
        self._inner = inner
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *args],
            cwd=folder, env=environment(), stdin=inner, stdout=inner, stderr=inner,
        )  # fmt: skip
        self._seen = ""

    def when(self, said: str, press: bytes) -> None:
        limit = time.monotonic() + 30
        while said not in self._seen:
            assert time.monotonic() < limit, self._seen
            if select.select([self.terminal], [], [], 0.2)[0]:
                self._seen += os.read(self.terminal, 4096).decode()
        self._seen = self._seen.partition(said)[2]
        os.write(self.terminal, press)

    def end(self) -> int:
        while self.process.poll() is None:
            if select.select([self.terminal], [], [], 0.1)[0]:
                os.read(self.terminal, 4096)
        assert termios.tcgetattr(self._inner) == self.before
        os.close(self.terminal)
        os.close(self._inner)
        return self.process.returncode


def test_arrows_keep_and_repeat_and_escape_finishes(tmp_path):
    typist = Typist(tmp_path, "record", "set", "--fast", "--episodes", "9")
    typist.when("episode 0: done", b"\x1b[C")
    typist.when("episode 1: done", b"\x1b[D")
    typist.when("episode 1: done", b"\x1b[C")
    typist.when("episode 2: done", b"\x1b")
    assert typist.end() == 0
    assert len(DatasetReader(tmp_path / "set")) == 2
