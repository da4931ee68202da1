"""Opening a serial port for this program alone, or saying why not and what to do."""

import errno
import fcntl
import os
import termios
from contextlib import suppress

import serial
from serial.tools.list_ports import comports

from hardware.servos.bus import PortError
from hardware.servos.port_user import in_use, user_of

PSEUDO_TERMINALS = "/dev/pts/"
"""Of these the program at the other end may hold this end too."""


def open_port(device: str, baud: int) -> serial.Serial:
    """Return the port, which no other program has or can open. Raises PortError."""
    try:
        port = serial.Serial(device, baud, timeout=0, exclusive=True)
    except (OSError, ValueError, termios.error) as error:
        raise _why(device, error) from error
    if not os.path.realpath(device).startswith(PSEUDO_TERMINALS) and user_of(device):
        port.close()
        raise in_use(device)
    with suppress(OSError):
        fcntl.ioctl(port.fd, termios.TIOCEXCL)
    with suppress(ValueError, NotImplementedError, OSError):
        port.set_low_latency_mode(True)  # else an FTDI adapter withholds replies for 16 ms
    return port


def close_port(port: serial.Serial) -> None:
    """Let go of the port, for other programs too."""
    with suppress(OSError):
        fcntl.ioctl(port.fd, termios.TIOCNXCL)
    port.close()


def _why(device: str, error: Exception) -> PortError:
    """Return the error that names the mend for a port that does not open."""
    code = getattr(error, "errno", None)
    if code in (errno.EAGAIN, errno.EBUSY):
        return in_use(device)
    if code == errno.ENOENT:
        ports = ", ".join(port.device for port in comports()) or "none"
        return PortError(
            f"there is no port {device}: plug the board in, or name its port with --device"
            f" (serial ports here: {ports})"
        )
    if code in (errno.EACCES, errno.EPERM):
        return PortError(
            f"no permission for {device}: sudo usermod -aG dialout $USER, then log in again"
        )
    return PortError(f"{device} is no serial port that can be used: {error}")
