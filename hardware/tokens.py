"""Public keys as text that survives a shell, a chat window and a pair of eyes.

twinarm-client-mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiydcmrtgq2q-k7ya
        role   32 bytes of the key, base32                          checksum
"""

import base64
import hashlib
import re
from typing import Literal

from zmq.utils import z85

from hardware.errors import KeyStoreError

Role = Literal["server", "client"]

_FORM = re.compile(r"twinarm-(server|client)-([a-z2-7]{52})-([a-z2-7]{4})")


def token(role: Role, public: bytes) -> str:
    """Return the token of ``public``, a key in ZeroMQ's z85 form (40 characters)."""
    body = _base32(z85.decode(public))
    return f"twinarm-{role}-{body}-{_checksum(role, body)}"


def read_token(role: Role, text: str) -> bytes:
    """Return the z85 key in ``text``. Raises KeyStoreError if damaged or of the other role."""
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise KeyStoreError(f"{text!r} is no pairing token: copy all of twinarm-{role}-…, one line")
    found, body, checksum = match.groups()
    if checksum != _checksum(found, body):
        raise KeyStoreError(f"{text!r} is damaged (its checksum is wrong): copy the token again")
    if found != role:
        raise KeyStoreError(f"that is a {found} token, a {role} token is needed here")
    public: bytes = z85.encode(base64.b32decode(body.upper() + "===="))
    return public


def fingerprint(public: bytes) -> str:
    """Return a short digest of a z85 key, for two people to compare."""
    digest = hashlib.sha256(z85.decode(public)).hexdigest()
    return ":".join(digest[start : start + 4] for start in range(0, 24, 4))


def _checksum(role: str, body: str) -> str:
    return _base32(hashlib.sha256(f"{role}-{body}".encode()).digest())[:4]


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
