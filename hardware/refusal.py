"""Why a request was dropped: a reason for programs and counters, a sentence for people."""

from enum import StrEnum


class Reason(StrEnum):
    """Every ground on which the server drops a request; each has a counter ``refused_<reason>``."""

    MALFORMED = "malformed"
    WRONG_ARM = "wrong_arm"
    LEASE_HELD = "lease_held"
    NO_LEASE = "no_lease"
    REPLAYED = "replayed"
    OUT_OF_ORDER = "out_of_order"
    EXPIRED = "expired"
    DEADLINE = "deadline"
    UNSAFE = "unsafe"
    STOPPED = "stopped"
    BUSY = "busy"
    UPLOAD = "upload"
    LAUNCH = "launch"


class Refusal(Exception):  # noqa: N818 - an answer, not an error of the server
    """Raised while a request is judged; answered to the client as ``Refused``."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
