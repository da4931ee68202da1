"""The folder of keys, laid out as SSH does it.

server.key, client.key: private keys of this machine in each role, mode 0600.
authorized_clients: one ``token name`` a line; who may connect to the server here.
known_servers: one ``host[:port] token`` a line; which server key to expect where.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import zmq

from hardware.errors import KeyStoreError
from hardware.tokens import Role, fingerprint, read_token, token

FOLDER_VARIABLE = "TWINARM_KEYS"


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """A CURVE key pair in ZeroMQ's z85 form."""

    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"KeyPair({fingerprint(self.public)})"


class KeyStore:
    """Reads and writes one folder of keys. Every method raises KeyStoreError, with the mend."""

    def __init__(self, folder: Path | str | None = None) -> None:
        """Use ``folder``, else ``$TWINARM_KEYS``, else ``~/.config/twinarm/keys``."""
        chosen = folder or os.environ.get(FOLDER_VARIABLE) or "~/.config/twinarm/keys"
        self.folder = Path(chosen).expanduser()
        self.authorized_path = self.folder / "authorized_clients"
        self.known_path = self.folder / "known_servers"

    def own(self, role: Role) -> KeyPair:
        """Return this machine's key pair in ``role``."""
        path = self._key_path(role)
        if not path.exists():
            raise KeyStoreError(
                f"no {role} key at {path}: run `twinarm pair` or `twinarm pair --local`"
            )
        _check_private(path)
        return _pair(_read(path), path)

    def own_or_new(self, role: Role) -> KeyPair:
        """Return this machine's key pair in ``role``, made now if there was none."""
        path = self._key_path(role)
        if not path.exists():
            _, secret = zmq.curve_keypair()
            self._create_private(path, secret)
        return self.own(role)

    def authorized_clients(self) -> dict[bytes, str]:
        """Return the name of every client that may connect, by public key."""
        return {
            read_token("client", key): name for key, name in _lines(self.authorized_path, fields=2)
        }

    def authorize(self, public: bytes, name: str) -> None:
        """Let the client with key ``public`` connect from now on, also to a running server.

        Spaces in ``name`` become hyphens.
        """
        word = "-".join(name.split())
        if not (word and name.isprintable()):
            raise KeyStoreError(
                f"{name!r} is no name for a client: give it one of printable characters"
            )
        if public not in self.authorized_clients():
            self._append(self.authorized_path, f"{token('client', public)} {word}")

    def known_server(self, host: str, port: int) -> bytes:
        """Return the public key expected of the server at ``host:port``."""
        known = self._known_servers()
        key = known.get(f"{host}:{port}") or known.get(host)
        if key is None:
            raise KeyStoreError(
                f"the server {host}:{port} is not in {self.known_path}: pair with it first "
                "(`twinarm pair --local` on this machine, `twinarm pair` on the other)"
            )
        return key

    def trust(self, server: str, public: bytes) -> None:
        """Expect key ``public`` of ``server``, a host (any port) or ``host:port``."""
        known = self._known_servers().get(server)
        if known == public:
            return
        if known is not None:
            raise KeyStoreError(
                f"{server} is known by another key ({fingerprint(known)}); if it was set up "
                f"anew, delete its line in {self.known_path} and pair again"
            )
        self._append(self.known_path, f"{server} {token('server', public)}")

    def _known_servers(self) -> dict[str, bytes]:
        return {
            server: read_token("server", key) for server, key in _lines(self.known_path, fields=2)
        }

    def _key_path(self, role: Role) -> Path:
        return self.folder / f"{role}.key"

    def _create_private(self, path: Path, secret: bytes) -> None:
        self._make_folder()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secret + b"\n")
        except OSError as error:
            raise KeyStoreError(f"cannot write {path}: {error.strerror}") from error

    def _append(self, path: Path, line: str) -> None:
        self._make_folder()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise KeyStoreError(f"cannot write {path}: {error.strerror}") from error

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyStoreError(f"cannot make {self.folder}: {error.strerror}") from error


def _check_private(path: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyStoreError(f"others can read the private key {path}: run `chmod 600 {path}`")


def _check_only_owner_writes(path: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o022:
        raise KeyStoreError(f"others can write to {path}: check it, then run `chmod go-w {path}`")


def _pair(secret: bytes, path: Path) -> KeyPair:
    try:
        return KeyPair(zmq.curve_public(secret), secret)
    except (ValueError, zmq.ZMQError) as error:
        raise KeyStoreError(f"{path} holds no private key: delete it and pair again") from error


def _lines(path: Path, fields: int) -> list[list[str]]:
    if not path.exists():
        return []
    _check_only_owner_writes(path)
    rows = [line.split() for line in _read(path).decode(errors="replace").splitlines() if line]
    for number, row in enumerate(rows, start=1):
        if len(row) != fields:
            raise KeyStoreError(f"{path}, entry {number}: {fields} words expected, got {len(row)}")
    return rows


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise KeyStoreError(f"cannot read {path}: {error.strerror}") from error
