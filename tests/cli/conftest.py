import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from verb_process import environment

Twinarm = Callable[..., subprocess.CompletedProcess[str]]


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
