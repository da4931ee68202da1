"""What root must have done before a plain user's server can move an arm: the exact commands."""

import grp
import os
import pwd
import shlex
from pathlib import Path

from hardware.servos.boards import Board

RULES = Path(__file__).parents[1] / "hardware" / "install" / "99-twinarm.rules"
RULES_FOLDER = Path("/etc/udev/rules.d")
LINGER = Path("/var/lib/systemd/linger")
RESERVED = "/dev/i2c-"


def root_steps(board: Board | None) -> list[str]:
    """Return the commands that are still missing for ``board``; None is no board at all."""
    steps = []
    if board is not None:
        steps += _i2c(board) if board.device.startswith(RESERVED) else _serial()
    user = user_name()
    if not (LINGER / user).exists():
        steps.append(f"sudo loginctl enable-linger {shlex.quote(user)}")
    return steps


def join_group(group: str) -> str | None:
    """Return the command that puts this user into ``group``; None if they are in it, or root."""
    user = user_name()
    try:
        members = grp.getgrnam(group)
    except KeyError:
        members = None
    if os.getuid() == 0 or (members and user in members.gr_mem):
        return None
    return f"sudo usermod -aG {group} {shlex.quote(user)}"


def user_name() -> str:
    """Return the name of the user who runs this, or their number where they have none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _i2c(board: Board) -> list[str]:
    enable = "sudo raspi-config nonint do_i2c 0"
    steps = [] if Path(board.device).exists() else [enable]
    return [*steps, *filter(None, [join_group("i2c")])]


def _serial() -> list[str]:
    steps = [step for step in [join_group("dialout")] if step]
    installed = RULES_FOLDER / RULES.name
    if not installed.exists() or installed.read_bytes() != RULES.read_bytes():
        steps += [
            f"sudo install -m 644 {shlex.quote(str(RULES))} {RULES_FOLDER}",
            "sudo udevadm control --reload",
            "sudo udevadm trigger --subsystem-match=tty",
        ]
    return steps
