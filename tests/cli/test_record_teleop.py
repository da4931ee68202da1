import io
import json
from pathlib import Path

import numpy as np
import pytest
from terminal import Terminal

from benchmarks.waving_astronaut import waves
from cli.main import main
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from policies.demonstrations.reader import DatasetReader
from robot.full_task import FullGraspTask
from robot.model import load_arm
from robot.motion_script import columns
from sim.video import write_video

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
RATE = 20.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path


def wave(folder: Path, *rows: list[float]) -> str:
    lines = [",".join(columns(MODEL)), *(",".join(map(str, row)) for row in rows)]
    (folder / "wave.csv").write_text("\n".join(lines))
    return "script:wave.csv"


def test_a_script_is_recorded_again_and_again_beside_other_blocks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = [0.4, 0.2, 0.3, 0.2, 0.0, 0.03]
    source = wave(folder, [0, 0.1, 0.1, 0.0, 0.0, 0.0, 0.05], [0.7, *last])
    asked = ["--source", source, "--episodes", "2", "--grasp", "full", "--json"]
    assert main(["record", "set", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["recorded"] == 2
    reader = DatasetReader(folder / "set")
    assert reader.schema.environment == FullGraspTask.block_names
    episodes = list(reader)
    assert [episode.success for episode in episodes] == [False, False]
    assert len({tuple(episode.environment[0]) for episode in episodes}) == 2
    for episode in episodes:
        assert 0.6 < episode.stamps[-1] - episode.stamps[0] < 2.0
        assert episode.rate == pytest.approx(RATE, rel=0.2)
        np.testing.assert_allclose(episode.actions[0, :2], 0.1, atol=0.06)
        np.testing.assert_allclose(episode.actions[-1], last, atol=1e-3)


def test_a_grasp_that_somebody_led_counts_as_one(folder: Path) -> None:
    block = ["--block", "0.22", "0.02", "--episodes", "1"]
    assert main(["record", "expert", "--fast", *block]) == 0
    grasp = DatasetReader(folder / "expert").episode(0)
    times = grasp.stamps - grasp.stamps[0]
    source = wave(folder, *np.column_stack([times, grasp.actions]).tolist())
    assert main(["record", "led", "--source", source, *block, "--keep", "successes"]) == 0
    led = DatasetReader(folder / "led").episode(0)
    assert led.success is True and len(led) == pytest.approx(len(grasp), rel=0.2)


def test_of_a_real_arm_is_recorded_where_the_block_was_said_to_lie_if_it_was(folder: Path) -> None:
    source = wave(folder, [0, 0, 0, 0, 0, 0, 0.05], [0.3, 0.1, 0, 0, 0, 0, 0.05])
    with EmulatedServerProcess() as server:
        common = ["--source", source, "--arm", server.url, "--insecure-loopback"]
        for name, said in (("told", ["--block", "0.21", "0.02"]), ("unknown", [])):
            assert main(["record", name, *common, "--episodes", "1", *said]) == 0
    told, unknown = (DatasetReader(folder / name).episode(0) for name in ("told", "unknown"))
    np.testing.assert_allclose(told.environment[:, :2], [[0.21, 0.02]] * len(told), atol=1e-6)
    assert unknown.environment.shape == (len(unknown), 0)
    assert told.success is unknown.success is None


def test_keys_lead_while_an_episode_is_played_and_judge_it_once_enter_was_pressed(
    tmp_path: Path,
) -> None:
    with Terminal(tmp_path, "record", "set", "--source", "keyboard", "--episodes", "9") as terminal:
        terminal.when("holding: no key")
        terminal.hold(b"q", 0.6)
        terminal.hold(b"\x1b[D", 0.3)
        terminal.press(b"\n")
        terminal.when("episode 0: not done", b" ")
        terminal.when("stopped: Enter releases it", b"\n")
        terminal.when("released", b"\x1b[C")
        terminal.when("holding: no key")
        terminal.hold(b"a", 0.4)
        terminal.press(b"\n")
        terminal.when("episode 1: not done", b"\x1b[D")
        terminal.when("holding: no key", b"\x1b")
        code, said = terminal.end()
        assert terminal.restored
    assert code == 0, said
    reader = DatasetReader(tmp_path / "set")
    assert len(reader) == 1
    joint = reader.episode(0).states[:, 0]
    assert joint[0] == pytest.approx(0.0, abs=0.05) and joint[-1] > 0.25
    assert np.abs(np.diff(reader.episode(0).actions[-3:, 0])).max() < 0.02, "it came to rest"


@pytest.mark.usefixtures("model_files")
def test_a_person_leads_a_remote_arm_until_the_clip_ends(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = (picture[:, :, ::-1] for picture, _, _ in waves(60, 15))
    write_video(folder / "clip.mp4", clip, 15)
    keys = KeyStore(folder / "keys")
    pair_local(keys)
    with EmulatedServerProcess(keys=keys) as server:
        led = ["--source", "body", "--body-camera", "clip.mp4", "--no-hands"]
        arm = ["--arm", server.url, "--mirror", "--keys", str(keys.folder)]
        asked = [*led, *arm, "--cameras", "twin=sim", "--episodes", "3"]
        assert main(["record", "set", *asked]) == 0
    assert "the recording is at its end" in capsys.readouterr().err
    reader = DatasetReader(folder / "set")
    assert len(reader) == 1
    episode = reader.episode(0)
    assert (
        np.ptp(episode.actions, axis=0).max() > 0.01 and len(list(reader.pictures(0, "twin"))) > 15
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "keyboard"], "needs a terminal to type in"),
        (["--source", "script:none.csv", "--fast"], "--fast is for who needs no eyes"),
        (["--source", "body", "--body-camera", "none.mp4"], "none.mp4: there is no such video"),
    ],
)
@pytest.mark.usefixtures("model_files")
def test_mistakes_are_told_and_nothing_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["record", "set", *options]) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "set").exists()
