"""Whether the service that `twinarm install` made is running, and what it said last."""

import shutil
import subprocess
from collections.abc import Iterator

from cli.finding import Finding
from cli.install import UNIT, unit_path


def service_findings() -> Iterator[Finding]:
    """Yield what systemd says of the service, where there are both."""
    if not unit_path().exists() or shutil.which("systemctl") is None:
        return
    state = _told("systemctl", "--user", "is-active", UNIT)
    if state == "active":
        yield Finding(True, f"service {UNIT}: runs")
    elif state == "inactive":
        yield Finding(None, f"service {UNIT}: stopped", "systemctl --user start twinarm")
    elif state:
        said = _told("journalctl", "--user", "-u", UNIT, "-t", "twinarm", "-n", "1", "-o", "cat")
        mend = "mend that, then: systemctl --user restart twinarm"
        yield Finding(False, f"service {UNIT}: does not stay up, it said: {said}", mend)


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
