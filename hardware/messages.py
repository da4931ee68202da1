"""Every message of the bridge. Field types are the schema that ``protocol`` enforces.

Stamps and deadlines are seconds on the server's monotonic clock (see ``clock``).
"""

from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True, slots=True)
class Hello:
    """First message of a client: who it is, which arm it expects, and whether it wants to move it.

    arm: expected arm name, or "" for whichever arm is served.
    control: True asks for the lease, False only observes.
    """

    version: int
    sequence: int
    client: str
    arm: str
    control: bool


@dataclass(frozen=True, slots=True)
class Command:
    """Move towards these positions [rad] and gripper opening [m], unless ``expires`` has passed."""

    sequence: int
    lease: str
    expires: float
    positions: tuple[float, ...]
    gripper: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Hold at once and refuse commands.

    emergency: True needs no lease (whoever sees the danger may stop the arm) and is latched until
    Rearm; False is the holder ending its own motion, until it connects anew.
    """

    sequence: int
    client: str
    emergency: bool


@dataclass(frozen=True, slots=True)
class Rearm:
    """Undo a latched stop. Only for the holder of the lease."""

    sequence: int
    lease: str


@dataclass(frozen=True, slots=True)
class Release:
    """Give the lease back; the arm holds where it is."""

    sequence: int
    lease: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answer to Hello: the arm served, and the lease ("" for an observer).

    digest: of the arm's description, so that both ends mean the same joints and limits.
    """

    version: int
    sequence: int
    stamp: float
    arm: str
    digest: str
    lease: str
    telemetry_port: int
    watchdog_s: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """Answer to Command: what was taken after every limit, and the names of what was clamped."""

    sequence: int
    stamp: float
    positions: tuple[float, ...]
    gripper: float
    clamped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """Answer to Stop, Rearm and Release."""

    sequence: int
    stamp: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer to anything dropped: a reason for programs and a sentence for people.

    sequence: that of the request, or 0 where the request could not be read.
    """

    sequence: int
    stamp: float
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Published to every client: the newest measurement and what the server is doing.

    positions [rad], velocities [rad/s], gripper [m]: measured at ``stamp``.
    target_positions, target_gripper: set-point last written to the driver.
    mode: one of ``motion.Mode``; cause: why the arm is in it.
    holder: client that holds the lease, or "".
    counters: events since the server started, by name.
    """

    stamp: float
    positions: tuple[float, ...]
    velocities: tuple[float, ...]
    gripper: float
    target_positions: tuple[float, ...]
    target_gripper: float
    mode: str
    cause: str
    faults: tuple[str, ...]
    holder: str
    counters: dict[str, int]


Request = Hello | Command | Stop | Rearm | Release
Reply = Welcome | Accepted | Done | Refused
Message = Request | Reply | Telemetry
