import signal
import subprocess
from pathlib import Path

import pytest
from stalling_index import stalling_index
from terminal import Terminal
from verb_process import Interrupted

from policies.demonstrations.reader import DatasetReader

pytestmark = pytest.mark.real_time

ENDS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


def processes_about(folder: Path) -> list[str]:
    """Return those whose command line names ``folder``."""
    listed = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_whatever_ends_a_download_leaves_neither_pip_nor_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    monkeypatch.setenv("TWINARM_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with stalling_index() as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        going = Interrupted(tmp_path, "models", "fetch")
        going.until(lambda: bool(list(tmp_path.glob("twinarm-models-*/**/*.whl"))))
        assert processes_about(tmp_path)
        going.process.send_signal(number)
        output, _ = going.process.communicate(timeout=30)
    assert going.process.returncode == code and "Traceback" not in output, output
    assert not processes_about(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "code"), [*ENDS, (signal.SIGHUP, 129)])
def test_whatever_ends_a_recording_that_asks_leaves_terminal_and_episodes_whole(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with Terminal(tmp_path, "record", "set", "--fast", "--episodes", "9") as terminal:
        terminal.when("episode 0: done", b"\x1b[C")
        terminal.when("episode 1: done")
        assert not terminal.restored
        terminal.process.send_signal(number)
        ended, said = terminal.end()
        assert terminal.restored
    assert ended == code and "Traceback" not in said, said
    assert "the episodes in set (1) are whole" in said
    assert len(DatasetReader(tmp_path / "set")) == 1


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        going = Interrupted(tmp_path, "record", "set", "--fast", "--episodes", "2", "--keep", "all")
    finally:
        signal.signal(signal.SIGHUP, before)
    going.until((tmp_path / "set/data").exists)
    going.process.send_signal(signal.SIGHUP)
    assert going.process.wait(30) == 0
    going.process.communicate()
    assert len(DatasetReader(tmp_path / "set")) == 2
