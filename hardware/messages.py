"""Every message of the bridge. Field types are the schema that ``protocol`` enforces.

Stamps and deadlines are seconds on the server's monotonic clock (see ``clock``).
"""

from dataclasses import dataclass
from typing import NewType

VERSION = 4

Jpeg = NewType("Jpeg", bytes)
"""A JPEG file, which may be longer than any other field."""
Png = NewType("Png", bytes)
"""A PNG file, which may be as long."""
Unit = NewType("Unit", float)
"""One step of a depth picture [m], 0.000001 to 0.01."""
FieldOfView = NewType("FieldOfView", float)
"""From edge to edge of a picture [deg], 1 to 179."""


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
class Upload:
    """Begin to send one file of a policy, of ``size`` bytes with the SHA-256 ``digest`` in hex.

    part: of ``runner.FILES``. No path: where files lie is the server's business.
    """

    sequence: int
    lease: str
    part: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next bytes of the file that is being sent, from ``offset``."""

    sequence: int
    lease: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Launch:
    """Run the policy that was sent, on the server, until it is done, aborted or watched no more.

    arm: name of the arm the policy was trained for.
    manifest, weights: digests of the files, so that both ends mean the same policy.
    task: fields of ``GraspTaskConfig`` by name; what is None is left out.
    places: x and y of the block in each episode, one pair after the other, base frame [m].
    """

    sequence: int
    lease: str
    arm: str
    manifest: str
    weights: str
    task: dict[str, float]
    places: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Abort:
    """End the policy that runs; the arm holds."""

    sequence: int
    lease: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Ask how the policy on the server gets on. It runs only while its launcher keeps asking."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answer to Hello: the arm served, and the lease ("" for an observer).

    digest: of the arm's description, so that both ends mean the same joints and limits.
    camera: name of the server's camera, or "" if it has none; then camera_port is 0.
    """

    version: int
    sequence: int
    stamp: float
    arm: str
    digest: str
    lease: str
    telemetry_port: int
    watchdog_s: float
    camera: str
    camera_port: int


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
    """Answer to Stop, Rearm, Release, Upload, Chunk, Launch and Abort."""

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
class Progress:
    """Answer to Watch: what the policy on the server is doing, or did last.

    state: one of ``policy_run.RunState``; phase: of the grasp (see ``grasp_run.Tick``).
    message: why it failed. loop: fields of ``LoopReport``, once finished.
    """

    sequence: int
    stamp: float
    state: str
    episode: int
    phase: str
    message: str
    loop: dict[str, float]


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


@dataclass(frozen=True, slots=True)
class Frame:
    """Published to every client that wants pictures: the newest of the server's colour camera.

    stamp: when it was taken. sent: when it was published, which tells the server's clock.
    number: see ``frames.EncodedFrame``. width, height [px].
    """

    stamp: float
    sent: float
    number: int
    width: int
    height: int
    jpeg: Jpeg


@dataclass(frozen=True, slots=True)
class Depth:
    """Published in place of ``Frame`` by a server whose camera measures distances.

    stamp, sent, number, width, height: as in ``Frame``. png, unit, fov_degrees: see
    ``frames.EncodedDepth``.
    """

    stamp: float
    sent: float
    number: int
    width: int
    height: int
    png: Png
    unit: Unit
    fov_degrees: FieldOfView


RunRequest = Upload | Chunk | Launch | Abort | Watch
Request = Hello | Command | Stop | Rearm | Release | RunRequest
Reply = Welcome | Accepted | Done | Refused | Progress
Shot = Frame | Depth
Message = Request | Reply | Telemetry | Shot
