import io
import json
import signal
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from terminal import Terminal
from verb_process import Interrupted, Twinarm

from benchmarks.waving_astronaut import wall, waves
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm
from robot.model import load_arm
from robot.motion_script import columns
from sim.video import write_video

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
LAST = [0.3, 0.2, 0.3, 0.2, 0.0]
ROWS = [[0, 0.1, 0.1, 0.0, 0.0, 0.0, 0.05], [1, *LAST, 0.03]]


@pytest.fixture
def wave(tmp_path: Path) -> str:
    lines = [",".join(columns(MODEL)), *(",".join(map(str, row)) for row in ROWS)]
    (tmp_path / "wave.csv").write_text("\n".join(lines))
    return "script:wave.csv"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_video(path, (picture[:, :, ::-1] for picture, _, _ in waves(45, 15)), 15)
    return path


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    store = KeyStore(tmp_path / "keys")
    pair_local(store)
    return store


def pose(server: EmulatedServerProcess, keys: KeyStore) -> np.ndarray:
    with RemoteArm(server.url, keys=keys, observe=True) as arm:
        return arm.state().positions


def still(server: EmulatedServerProcess, keys: KeyStore) -> bool:
    with RemoteArm(server.url, keys=keys, observe=True) as arm:
        time.sleep(1.0)
        before = arm.state().positions
        time.sleep(0.5)
        return bool(np.abs(arm.state().positions - before).max() < 0.01)


def pictures(path: Path) -> int:
    with av.open(str(path)) as film:
        return sum(1 for _ in film.decode(video=0))


def test_a_script_moves_the_simulated_arm_and_is_filmed(
    twinarm: Twinarm, tmp_path: Path, wave: str
) -> None:
    done = twinarm("teleop", "--source", wave, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ended"] == "the script is at its end"
    assert told["shares"]["following"] > 0.3 and told["latency_ms"] is None
    assert pictures(tmp_path / "teleop.mp4") > 8


def test_a_script_moves_a_remote_arm_and_its_twin(
    twinarm: Twinarm, wave: str, keys: KeyStore
) -> None:
    with EmulatedServerProcess(keys=keys) as server:
        done = twinarm(
            "teleop", "--source", wave, "--arm", server.url, "--mirror", "--json",
            "--keys", str(keys.folder),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        np.testing.assert_allclose(pose(server, keys), LAST, atol=0.05)
    told = json.loads(done.stdout)
    assert 0.0 < told["divergence"]["joint_rms"] < 0.1
    assert told["loop"]["rate"] > 20.0


def test_keys_in_a_terminal_move_the_arm_and_let_it_hold(tmp_path: Path, keys: KeyStore) -> None:
    with EmulatedServerProcess(keys=keys) as server:
        before = pose(server, keys)
        with Terminal(
            tmp_path, "teleop", "--source", "keyboard", "--arm", server.url,
            "--keys", str(keys.folder),
        ) as terminal:  # fmt: skip
            terminal.when("holding: no key")
            terminal.hold(b"q", 1.0)
            terminal.when("holding: no key")
            assert still(server, keys)
            moved = pose(server, keys) - before
            terminal.press(b"\x1b")
            code, said = terminal.end()
            assert terminal.restored
        assert still(server, keys)
    assert code == 0 and "ended by Esc; the arm holds" in said
    assert 0.3 < moved[0] < 1.6 and np.abs(moved[1:]).max() < 0.05


def test_space_stops_the_arm_until_enter(tmp_path: Path, keys: KeyStore) -> None:
    with (
        EmulatedServerProcess(keys=keys) as server,
        Terminal(
            tmp_path, "teleop", "--source", "keyboard", "--arm", server.url,
            "--keys", str(keys.folder),
        ) as terminal,
    ):  # fmt: skip
        terminal.when("holding: no key")
        terminal.hold(b"q", 0.7)
        terminal.press(b" ")
        terminal.when("stopped: Enter releases it")
        assert still(server, keys)
        there = pose(server, keys)
        terminal.hold(b"q", 0.7)
        assert np.abs(pose(server, keys) - there).max() < 0.01
        terminal.press(b"\r")
        terminal.when("holding: no key")
        terminal.hold(b"a", 0.7)
        terminal.when("holding: no key")
        assert there[0] - pose(server, keys)[0] > 0.1
        terminal.press(b"\x1b")
        assert terminal.end()[0] == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_whatever_ends_it_the_terminal_is_as_before(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with Terminal(tmp_path, "teleop", "--source", "keyboard") as terminal:
        terminal.when("holding: no key")
        assert not terminal.restored
        terminal.process.send_signal(number)
        ended, said = terminal.end()
        assert ended == code, said
        assert terminal.restored and "Traceback" not in said


def test_ctrl_c_in_the_middle_leaves_the_arm_holding_and_a_film(
    tmp_path: Path, wave: str, keys: KeyStore
) -> None:
    with EmulatedServerProcess(keys=keys) as server:
        going = Interrupted(
            tmp_path, "teleop", "--source", wave, "--arm", server.url, "--keys", str(keys.folder)
        )
        code, output = going.when(lambda: pose(server, keys)[0] > 0.15)
        assert still(server, keys)
    assert code == 130, output
    assert "the arm holds where it is" in output and "Traceback" not in output
    assert pictures(tmp_path / "teleop.mp4")


def test_a_server_that_goes_is_told_of(tmp_path: Path, wave: str, keys: KeyStore) -> None:
    with EmulatedServerProcess(keys=keys) as server:
        going = Interrupted(
            tmp_path, "teleop", "--source", wave, "--arm", server.url, "--keys", str(keys.folder)
        )
        going.until(lambda: pose(server, keys)[0] > 0.05)
        server.process.kill()
        output, _ = going.process.communicate(timeout=30)
    assert going.process.returncode == 2, output
    assert "Traceback" not in output and "the arm holds" in output


@pytest.mark.usefixtures("model_files")
def test_a_person_in_a_clip_moves_the_arm_and_the_film_shows_both(
    twinarm: Twinarm, clip: Path, tmp_path: Path
) -> None:
    done = twinarm("teleop", "--camera", str(clip), "--out", "overlay.mp4", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "the recording is at its end" in told["ended"]
    assert told["shares"]["following"] > 0.5
    assert 0.0 < told["latency_ms"][0] < 1000.0
    with av.open(str(tmp_path / "overlay.mp4")) as film:
        first, *_, last = (frame.to_ndarray(format="rgb24") for frame in film.decode(video=0))
    assert first.shape == last.shape == (368, 852 + 2, 3)
    arms = np.abs(first[:, 460:].astype(int) - last[:, 460:])
    assert (arms.max(axis=2) > 60).mean() > 0.005, "the arm moved"


@pytest.mark.usefixtures("model_files")
def test_both_arms_of_a_person_move_an_arm_each(twinarm: Twinarm, tmp_path: Path) -> None:
    both = (picture[:, :, ::-1] for picture, _, _ in waves(45, 15, both=True))
    write_video(tmp_path / "both.mp4", both, 15)
    done = twinarm("teleop", "--camera", "both.mp4", "--side", "both", "--no-hands")
    assert done.returncode == 0, done.stderr
    for side in ("left", "right"):
        assert f"{side} arm: following" in done.stderr
    assert "both arms hold where they are" in done.stdout
    with av.open(str(tmp_path / "teleop.mp4")) as film:
        *_, last = (frame.to_ndarray(format="rgb24") for frame in film.decode(video=0))
    assert last.shape == (368, 400 + 454 + 400, 3)


@pytest.mark.usefixtures("model_files")
def test_nobody_in_the_picture_leaves_the_arm_where_it_is(twinarm: Twinarm, tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    for index in range(15):
        cv2.imwrite(str(tmp_path / f"shots/{index}.png"), wall())
    done = twinarm("teleop", "--camera", "images:shots", "--no-hands")
    assert done.returncode == 0, done.stderr
    assert "holding 100%" in done.stdout and "holding: no person" in done.stderr


@pytest.mark.usefixtures("model_files")
def test_pictures_that_change_end_it_plainly(twinarm: Twinarm, tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    for index in range(10):
        cv2.imwrite(str(tmp_path / f"shots/{index}.png"), wall()[: 400 if index > 5 else 480])
    done = twinarm("teleop", "--camera", "images:shots", "--no-hands")
    assert done.returncode == 2
    assert "the arm holds" in done.stderr and "pictures of one camera have one size" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "gamepat"], "'gamepat' is none: write body, keyboard, gamepad or script:"),
        (["--source", "gamepad"], "no gamepad is plugged in"),
        (["--source", "script:none.csv"], "none.csv: no script can be read there"),
        (["--source", "keyboard"], "needs a terminal"),
        (["--camera", "none.mp4", "--no-hands"], "none.mp4: there is no such video file"),
        (["--arm", "dofbot"], "neither 'sim' nor an address"),
        (["--arm-model", "dofbit"], "did you mean 'dofbot'?"),
        (["--seconds", "0"], "--seconds 0"),
        (["--scale", "-1"], "--scale -1"),
        (["--side", "both", "--source", "keyboard"], "--side both is for a body"),
        (["--side", "both", "--arm", "tcp://a:1"], "needs 2, as in --arm tcp://left:5555 tcp://"),
        (["--arm", "sim", "sim"], "--side right needs 1"),
        (["--live", "0"], "--live 0: a port"),
        (["--out", "nowhere/film.mp4"], "--out nowhere/film.mp4"),
        (["--model", "none.task"], "none.task"),
    ],
)
def test_mistakes_are_told_before_anything_moves(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    model_files: dict[str, Path],
    options: list[str],
    said: str,
) -> None:
    from cli.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["teleop", *options]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("*.mp4"))
