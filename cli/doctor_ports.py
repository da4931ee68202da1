"""Where servos may be plugged in, and whether this user's programs can get at them."""

import grp
import os
from collections.abc import Iterator
from pathlib import Path

from cli.finding import Finding
from cli.root_steps import user_name
from hardware.servos.port_user import user_of

CANDIDATES = ("myserial", "ttyUSB*", "ttyACM*", "i2c-*")


def port_findings(folder: Path = Path("/dev")) -> Iterator[Finding]:
    """Yield what there is to say of every port in ``folder``."""
    ports = [port for pattern in CANDIDATES for port in sorted(folder.glob(pattern))]
    if not ports:
        yield Finding(None, "servo ports: none here, neither serial nor I2C")
    yield from (_port(port) for port in ports)


def _port(port: Path) -> Finding:
    if not port.exists():
        return Finding(None, f"port {port}: leads nowhere", "plug the board in again")
    if not os.access(port, os.R_OK | os.W_OK):
        return Finding(None, f"port {port}: {user_name()} may not use it", let_in(port))
    if user := user_of(str(port)):
        return Finding(True, f"port {port}: in use by {user}; only one program may drive an arm")
    return Finding(True, f"port {port}: free")


def let_in(port: Path) -> str:
    """Return the command that gives this user the port."""
    number = port.stat().st_gid
    group = next((each for each in grp.getgrall() if each.gr_gid == number), None)
    if group is None or number == 0:
        return "`twinarm install` tells the udev rule that gives it a group"
    if user_name() in group.gr_mem:
        return f"{user_name()} is in group {group.gr_name} since the last log-in: log in anew"
    return f"sudo usermod -aG {group.gr_name} {user_name()}, then log in anew"
