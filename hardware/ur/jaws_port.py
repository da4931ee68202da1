"""The gripper maker's URCap on port 63352: lines of text, one answer each.

    GET POS          POS 3          variables: ACT GTO SPE FOR POS PRE OBJ STA FLT
    SET POS 255      ack            several at once: SET GTO 1 SPE 255 FOR 50 POS 0

Bytes, of which 0 is open. Source: Robotiq 2F-85 manual, registers; the URCap's socket as in
ur_rtde's ``robotiq_gripper.cpp``.
"""

import socket

from robot.errors import ArmError

PORT = 63352
_PATIENCE = 1.0  # [s]
_CHUNK = 1024


class JawsPort:
    """The socket of the gripper at ``host``. Every method but ``close`` raises ArmError."""

    def __init__(self, host: str) -> None:
        """Connect."""
        self._host = host
        self._rest = b""
        try:
            self._socket = socket.create_connection((host, PORT), _PATIENCE)
        except OSError as error:
            raise ArmError(
                f"no gripper answers at {host}, port {PORT}: install the Robotiq URCap on the "
                f"pendant and connect the gripper there ({error})"
            ) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, name: str) -> int:
        """Return the variable ``name``."""
        answer = self._ask(f"GET {name}").split()
        if len(answer) != 2 or answer[0] != name or not answer[1].isdecimal():
            raise self._error(f"answers GET {name} with {' '.join(answer)!r}")
        return int(answer[1])

    def set(self, **values: int) -> None:
        """Set variables, all at once."""
        pairs = " ".join(f"{name} {value}" for name, value in values.items())
        answer = self._ask(f"SET {pairs}")
        if answer != "ack":
            raise self._error(f"answers SET {pairs} with {answer!r}")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _ask(self, line: str) -> str:
        try:
            self._socket.sendall(f"{line}\n".encode())
            return self._line()
        except OSError as error:
            raise self._error(f"does not answer {line} ({error})") from error

    def _line(self) -> str:
        """Return the next line; the URCap ends its answers with a newline or with nothing."""
        while b"\n" not in self._rest:
            data = self._socket.recv(_CHUNK)
            if not data:
                raise ConnectionError("it closed the connection")
            self._rest += data
            if not data.endswith(b"\n"):
                break
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("ascii", "replace").strip()

    def _error(self, what: str) -> ArmError:
        return ArmError(f"the gripper at {self._host}, port {PORT}, {what}: see to it, then re-arm")
