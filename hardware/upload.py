"""Receives the files of a policy, piece by piece, into memory."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hardware.refusal import Reason, Refusal
from hardware.runner import FILES

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class _Arriving:
    part: str
    size: int
    digest: str
    data: bytearray = field(default_factory=bytearray)


class Uploads:
    """The files of one client: one on its way at most, the others whole and verified.

    Memory grows with what has really arrived, up to the sizes in ``FILES``. Every fault drops
    the file at fault; its sender begins it anew.
    """

    def __init__(self) -> None:
        self._arriving: _Arriving | None = None
        self._whole: dict[str, tuple[str, bytes]] = {}

    def begin(self, part: str, size: int, digest: str) -> None:
        """Expect ``part``, of ``size`` bytes and this SHA-256. Raises Refusal for any other."""
        self._arriving = None
        if part not in FILES:
            raise _refusal(f"{part[:60]!r} is no part of a policy, which are {', '.join(FILES)}")
        if not 0 < size <= FILES[part]:
            raise _refusal(f"the {part} has {size} bytes, 1 to {FILES[part]} are taken")
        if not _DIGEST.fullmatch(digest):
            raise _refusal(f"{digest[:70]!r} is no SHA-256 in lower-case hex")
        self._whole.pop(part, None)
        self._arriving = _Arriving(part, size, digest)

    def add(self, offset: int, data: bytes) -> None:
        """Take the next bytes. Raises Refusal if they are not the next, or too many or false."""
        arriving, self._arriving = self._arriving, None
        if arriving is None:
            raise _refusal("no file was begun, or it was dropped: begin it anew")
        here = len(arriving.data)
        if offset != here:
            raise Refusal(
                Reason.OUT_OF_ORDER,
                f"bytes from {offset} came where those from {here} were next: begin anew",
            )
        if not 0 < len(data) <= arriving.size - here:
            raise _refusal(f"{len(data)} bytes came where 1 to {arriving.size - here} are missing")
        arriving.data += data
        if len(arriving.data) < arriving.size:
            self._arriving = arriving
        else:
            self._keep(arriving)

    def take(self, digests: Mapping[str, str]) -> dict[str, bytes]:
        """Return every file and forget it. Raises Refusal unless each arrived with its digest."""
        for part, digest in digests.items():
            if part not in self._whole:
                raise _refusal(f"the {part} has not arrived: {self._missing(part)}")
            if self._whole[part][0] != digest:
                raise _refusal(f"the {part} that arrived is not the one meant: send it anew")
        files = {part: self._whole[part][1] for part in digests}
        self.drop()
        return files

    def drop(self) -> None:
        """Forget everything."""
        self._arriving = None
        self._whole.clear()

    def _keep(self, arriving: _Arriving) -> None:
        data = bytes(arriving.data)
        found = hashlib.sha256(data).hexdigest()
        if found != arriving.digest:
            raise _refusal(
                f"the {arriving.part} was altered on the way: its SHA-256 is {found[:12]}…, not"
                f" {arriving.digest[:12]}…; send it anew"
            )
        self._whole[arriving.part] = arriving.digest, data

    def _missing(self, part: str) -> str:
        arriving = self._arriving
        if arriving is None or arriving.part != part:
            return "send it"
        return f"{len(arriving.data)} of {arriving.size} bytes are here"


def _refusal(message: str) -> Refusal:
    return Refusal(Reason.UPLOAD, message)
