"""A policy on the arm's server, from the workstation: send it, launch it, watch it."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hardware.messages import Abort, Chunk, Done, Launch, Progress, Upload, Watch
from hardware.policy_run import RunState, RunStatus
from hardware.protocol import MAX_DATA
from hardware.remote_arm import RemoteArm
from hardware.task_numbers import task_numbers
from robot.errors import ArmError
from robot.loop import LoopReport
from robot.task import GraspTask


class RemoteRun:
    """A run on the server behind ``arm``, which must be connected for control.

    The server runs the policy only while ``status`` keeps being asked for, twice a second at
    the least, and ends it with the connection.
    """

    def __init__(self, arm: RemoteArm) -> None:
        """Use the lease of ``arm``."""
        self._arm = arm

    def start(
        self,
        files: Mapping[str, bytes],
        task: GraspTask,
        places: Sequence[tuple[float, float]],
    ) -> None:
        """Send ``files`` and let the server grasp with them at each of ``places`` [m, base frame].

        files: the bytes of each of ``runner.FILES``. Raises ArmError if the server refuses.
        """
        for part, data in files.items():
            self.upload(part, data)
        launch = partial(
            Launch,
            arm=task.model.name,
            manifest=_digest(files["manifest"]),
            weights=_digest(files["weights"]),
            task=task_numbers(task.config),
            places=tuple(value for place in places for value in place),
        )
        self._arm.ask(Done, launch)

    def upload(self, part: str, data: bytes) -> None:
        """Send the bytes of one of ``runner.FILES``. Raises ArmError if the server refuses."""
        self._arm.ask(Done, partial(Upload, part=part, size=len(data), digest=_digest(data)))
        for offset in range(0, len(data), MAX_DATA):
            piece = data[offset : offset + MAX_DATA]
            self._arm.ask(Done, partial(Chunk, offset=offset, data=piece))

    def status(self) -> RunStatus:
        """Return what the run is doing, and let it go on. Raises ArmError if the server is gone."""
        progress = self._arm.ask(Progress, lambda sequence, lease: Watch(sequence))
        try:
            state = RunState(progress.state)
            loop = _loop_report(progress.loop) if progress.loop else None
        except (KeyError, TypeError, ValueError) as error:
            raise ArmError(
                f"the server tells of a run what this end does not know ({error}); install the "
                "same twinarm on both machines"
            ) from error
        return RunStatus(state, progress.episode, progress.phase, progress.message, loop)

    def abort(self) -> None:
        """End the run; the arm holds. Raises ArmError if the server is gone."""
        self._arm.ask(Done, Abort)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _loop_report(values: Mapping[str, float]) -> LoopReport:
    fields: dict[str, Any] = dict(values)
    return LoopReport(**fields | {name: int(values[name]) for name in ("count", "overruns")})
