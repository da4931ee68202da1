import subprocess
import sys
from pathlib import Path

import pytest
from verb_process import Twinarm, environment

from cli.main import main


@pytest.fixture
def twinarm(tmp_path: Path) -> Twinarm:
    """Run a verb as a user would, in an empty folder."""

    def run(*args: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *args],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def twinarm_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Twinarm:
    """Do the same in this process, which is sooner for what ends at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("DISPLAY", raising=False)

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        try:
            code = main(args)
        except SystemExit as stop:
            assert isinstance(stop.code, int)
            code = stop.code
        return subprocess.CompletedProcess(args, code, *capfd.readouterr())

    return run
