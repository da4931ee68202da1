import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Twinarm
from terminal import Terminal

from benchmarks.waving_astronaut import waves
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from policies.demonstrations.reader import DatasetReader
from robot.full_task import FullGraspTask
from robot.model import load_arm
from robot.motion_script import columns
from sim.video import write_video

MODEL = load_arm("dofbot")
RATE = 20.0


def test_a_script_is_recorded_again_and_again_beside_other_blocks(
    twinarm: Twinarm, tmp_path: Path
) -> None:
    rows = [[0, 0.1, 0.1, 0.0, 0.0, 0.0, 0.05], [0.7, 0.4, 0.2, 0.3, 0.2, 0.0, 0.03]]
    lines = [",".join(columns(MODEL)), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "wave.csv").write_text("\n".join(lines))
    done = twinarm("record", "set", "--source", "script:wave.csv", "--episodes", "2",
                   "--grasp", "full", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["recorded"] == 2
    reader = DatasetReader(tmp_path / "set")
    assert reader.schema.environment == FullGraspTask.block_names
    episodes = list(reader)
    assert [episode.success for episode in episodes] == [False, False]
    assert len({tuple(episode.environment[0]) for episode in episodes}) == 2
    for episode in episodes:
        assert 0.6 < episode.stamps[-1] - episode.stamps[0] < 2.0
        assert episode.rate == pytest.approx(RATE, rel=0.2)
        np.testing.assert_allclose(episode.actions[0, :2], 0.1, atol=0.06)
        np.testing.assert_allclose(episode.actions[-1], rows[1][1:], atol=1e-3)


def test_of_a_real_arm_is_recorded_where_the_block_was_said_to_lie_if_it_was(
    twinarm: Twinarm, tmp_path: Path
) -> None:
    rows = "0, 0, 0, 0, 0, 0, 0.05", "0.3, 0.1, 0, 0, 0, 0, 0.05"
    (tmp_path / "wave.csv").write_text("\n".join([",".join(columns(MODEL)), *rows]))
    with EmulatedServerProcess() as server:
        common = ("--source", "script:wave.csv", "--arm", server.url, "--insecure-loopback",
                  "--episodes", "1")  # fmt: skip
        for name, told in (("told", ("--block", "0.21", "0.02")), ("unknown", ())):
            done = twinarm("record", name, *common, *told)
            assert done.returncode == 0, done.stderr
    told, unknown = (DatasetReader(tmp_path / name).episode(0) for name in ("told", "unknown"))
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
        terminal.when("episode 0: not done", b"\x1b[C")
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
def test_a_person_leads_a_remote_arm_until_the_clip_ends(twinarm: Twinarm, tmp_path: Path) -> None:
    clip = (picture[:, :, ::-1] for picture, _, _ in waves(60, 15))
    write_video(tmp_path / "clip.mp4", clip, 15)
    keys = KeyStore(tmp_path / "keys")
    pair_local(keys)
    with EmulatedServerProcess(keys=keys) as server:
        done = twinarm(
            "record", "set", "--source", "body", "--body-camera", "clip.mp4", "--no-hands",
            "--arm", server.url, "--mirror", "--keys", str(keys.folder), "--cameras", "twin=sim",
            "--episodes", "3",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the recording is at its end" in done.stderr
    reader = DatasetReader(tmp_path / "set")
    assert len(reader) == 1
    episode = reader.episode(0)
    assert np.ptp(episode.actions[:, 0]) > 0.03 and len(list(reader.pictures(0, "twin"))) > 15


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
    twinarm: Twinarm, tmp_path: Path, options: list[str], said: str
) -> None:
    done = twinarm("record", "set", *options)
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert not (tmp_path / "set").exists()
