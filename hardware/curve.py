"""CURVE on ZeroMQ sockets: encryption, and both ends proving who they are."""

import logging
from typing import Any

import zmq
from zmq.auth.thread import ThreadAuthenticator

from hardware.errors import KeyStoreError
from hardware.keys import KeyPair, KeyStore
from hardware.tokens import fingerprint

log = logging.getLogger(__name__)


def secure_server(socket: zmq.Socket[bytes], keys: KeyPair) -> None:
    """Let only clients onto ``socket`` that know the server's key and pass its authenticator."""
    socket.curve_server = True
    socket.curve_publickey, socket.curve_secretkey = keys.public, keys.secret


def secure_client(socket: zmq.Socket[bytes], keys: KeyPair, server: bytes) -> None:
    """Talk only to a server that holds the private key of public key ``server``."""
    socket.curve_serverkey = server
    socket.curve_publickey, socket.curve_secretkey = keys.public, keys.secret


class ClientAuthenticator:
    """Admits the clients in a KeyStore's ``authorized_clients``.

    The file is read at each handshake, so a newly paired client needs no restart and a deleted
    line shuts its client out at its next connection.
    """

    def __init__(self, context: zmq.Context[Any], store: KeyStore) -> None:
        """Judge the handshakes of every secured socket of ``context``."""
        self._store = store
        self._zap = ThreadAuthenticator(context)

    def start(self) -> None:
        """Begin judging; before any socket is bound."""
        self._zap.start()
        self._zap.configure_curve_callback("*", credentials_provider=self)

    def close(self) -> None:
        """End the authenticator's thread."""
        self._zap.stop()

    def callback(self, domain: str, key: bytes) -> bool:
        """Return whether the client with public ``key`` may connect."""
        try:
            name = self._store.authorized_clients().get(key)
        except KeyStoreError as error:
            log.error("no client can connect: %s", error)
            return False
        if name is None:
            log.warning("refused a client with the unknown key %s", fingerprint(key))
        return name is not None
