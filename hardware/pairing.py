"""How two machines that never met come to trust each other's keys, in three steps.

    1. arm machine    offer()              prints its token
    2. workstation    accept_offer(token)  expects that key from now on, prints its own token
    3. arm machine    authorize(token)     lets that key in from now on

The person who carries the tokens over is the trust; the fingerprints let them check.
"""

from dataclasses import dataclass

from hardware.endpoint import Endpoint
from hardware.keys import KeyStore
from hardware.tokens import fingerprint, read_token, token


@dataclass(frozen=True, slots=True)
class PairingToken:
    """What to carry to the other machine: the token itself, and its fingerprint to compare."""

    text: str
    fingerprint: str


def offer(store: KeyStore) -> PairingToken:
    """Return the token of the server on this machine, making its key on first use."""
    public = store.own_or_new("server").public
    return PairingToken(token("server", public), fingerprint(public))


def accept_offer(store: KeyStore, server_token: str, url: str) -> PairingToken:
    """Trust the server at ``url`` by its token; return this client's own token.

    Raises KeyStoreError for a damaged token, or where another key is known for that server.
    """
    endpoint = Endpoint.parse(url)
    store.trust(f"{endpoint.host}:{endpoint.port}", read_token("server", server_token))
    public = store.own_or_new("client").public
    return PairingToken(token("client", public), fingerprint(public))


def authorize(store: KeyStore, client_token: str, name: str) -> PairingToken:
    """Let the client of ``client_token`` connect to the server here, under ``name``."""
    public = read_token("client", client_token)
    store.authorize(public, name)
    return PairingToken(client_token.strip(), fingerprint(public))


def pair_local(store: KeyStore) -> PairingToken:
    """Pair the server and the client of this one machine, for every port."""
    server, client = store.own_or_new("server"), store.own_or_new("client")
    for host in ("127.0.0.1", "localhost"):
        store.trust(host, server.public)
    store.authorize(client.public, "this-machine")
    return PairingToken(token("server", server.public), fingerprint(server.public))
