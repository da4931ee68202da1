"""What the events of a client's socket mean, in words that name the mend."""

import zmq

from hardware.endpoint import Endpoint
from hardware.errors import ServerGoneError, ServerRefusedKeyError
from hardware.keys import KeyStore
from hardware.tokens import token
from robot.errors import ArmError

WATCHED = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
)


class Handshake:
    """Follows one connection from greeting to loss."""

    def __init__(self, endpoint: Endpoint, keys: KeyStore | None) -> None:
        """Explain the connection to ``endpoint``, made with ``keys`` or without."""
        self._endpoint, self._keys = endpoint, keys
        self._succeeded = False

    def explain(self, event: int) -> ArmError | None:
        """Return the error that ``event`` means, or None if all is well."""
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._succeeded = True
            return None
        if event == zmq.EVENT_CLOSED:
            return ServerGoneError(
                f"nothing listens at {self._endpoint}: start the server there (`twinarm serve`) "
                "and check host and port"
            )
        if event == zmq.EVENT_DISCONNECTED:
            return ServerGoneError(self._hung_up())
        return ServerRefusedKeyError(self._refused(event))

    def _hung_up(self) -> str:
        if self._succeeded:
            return (
                f"the arm server {self._endpoint} is gone: the connection was lost; see that it "
                "runs there (`twinarm serve`) and that the network is up"
            )
        return f"what listens at {self._endpoint} is no arm server: check host and port"

    def _refused(self, event: int) -> str:
        """Explain a failed handshake.

        A server hangs up without a word on a client that uses no keys or means another server.
        """
        if self._keys is None:
            return (
                f"{self._endpoint} hung up on a client without keys: if an arm server listens "
                "there, pair with it first (`twinarm pair`)"
            )
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            own = token("client", self._keys.own("client").public)
            return (
                f"the server {self._endpoint} refused our key: on its machine run "
                f"`twinarm pair --authorize {own}`"
            )
        return (
            f"the server {self._endpoint} does not hold the key known for it, or uses none: start "
            f"it with keys; if it was set up anew, delete its line in {self._keys.known_path} and "
            "pair again"
        )
