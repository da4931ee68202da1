"""Judges requests about policies that run on the server: upload, launch, watch, abort."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict

from hardware.counters import Counters
from hardware.lease import LeaseDesk
from hardware.local_arm import LocalArm
from hardware.messages import Abort, Chunk, Done, Launch, Progress, RunRequest, Upload, Watch
from hardware.motion import Mode, Motion, Order
from hardware.policy_run import PolicyRun, RunStatus
from hardware.refusal import Reason, Refusal
from hardware.runner import MOST_EPISODES, Runner, RunOrder
from hardware.task_numbers import read_task
from hardware.upload import Uploads
from robot.command import ArmState
from robot.errors import RobotError
from robot.model import ArmModel

log = logging.getLogger(__name__)

WATCHED_S = 1.0
"""How long a run goes on after its launcher last asked how it gets on [s]."""
SILENCE_S = 5.0
"""How long a policy may give no command, loading included, before its run has failed [s]."""


class RunDesk:
    """Holds what was uploaded and the run there is; called by the network thread alone."""

    def __init__(
        self,
        model: ArmModel,
        motion: Motion,
        leases: LeaseDesk,
        counters: Counters,
        *,
        measured: Callable[[], ArmState],
        runner: Runner | None,
    ) -> None:
        """Let ``runner`` move the arm of ``motion``; None refuses every policy."""
        self._model, self._motion, self._leases = model, motion, leases
        self._counters, self._measured, self._runner = counters, measured, runner
        self._uploads = Uploads()
        self._run: PolicyRun | None = None

    @property
    def running(self) -> bool:
        """Whether a policy moves the arm."""
        return self._run is not None and self._run.running

    def answer(self, connection: bytes, request: RunRequest) -> Done | Progress:
        """Do what ``request`` asks. Raises Refusal."""
        if isinstance(request, Watch):
            return self._watch(connection, request)
        holder = self._leases.check(connection, request.lease).client
        match request:
            case Upload():
                self._refuse_now()
                self._uploads.begin(request.part, request.size, request.digest)
            case Chunk():
                self._uploads.add(request.offset, request.data)
            case Launch():
                self._launch(request, holder)
            case Abort():
                self.end(f"aborted by {holder}")
                self._motion.hold(f"the policy was aborted by {holder}")
        return Done(request.sequence, time.monotonic())

    def end(self, cause: str) -> None:
        """End the run, if there is one, and forget what was uploaded. Moves and holds nothing."""
        self._uploads.drop()
        if self._run is not None:
            order = self._motion.order
            self._run.end(_stopped(order) if order.mode is Mode.STOPPED else cause)

    def close(self) -> None:
        """End the run and hold; its thread moves nothing any more, and is not waited for."""
        if self.running:
            self.end("the server is shutting down")
            self._motion.hold("the server is shutting down")

    def _launch(self, launch: Launch, holder: str) -> None:
        runner = self._refuse_now()
        order = self._order(launch)
        arm = LocalArm(self._model, self._motion, self._measured, WATCHED_S)
        arm.connect()
        self._run = PolicyRun(runner, order, arm, self._counters)
        self._run.start()
        self._counters.add("runs")
        log.info("%s runs policy %s here", holder, launch.weights[:12])

    def _order(self, launch: Launch) -> RunOrder:
        if launch.arm != self._model.name:
            raise Refusal(
                Reason.WRONG_ARM,
                f"the policy is for a {launch.arm[:60]!r}, this server moves {self._model.name!r}",
            )
        try:
            task = read_task(launch.task, self._model)
            places = _read_places(launch.places, self._model)
        except RobotError as error:
            raise Refusal(Reason.LAUNCH, str(error)) from error
        digests = {"manifest": launch.manifest, "weights": launch.weights}
        return RunOrder(self._uploads.take(digests), task, places)

    def _refuse_now(self) -> Runner:
        """Return the runner. Raises Refusal if no policy can be taken at present."""
        if self._runner is None:
            raise Refusal(
                Reason.LAUNCH, "this server runs no policies: start it with `twinarm serve`"
            )
        if self.running:
            raise Refusal(Reason.BUSY, "a policy is running here: wait for its end or abort it")
        if self._run is not None and not self._run.returned:
            raise Refusal(Reason.BUSY, "the policy that ran last hangs: restart the server")
        if self._motion.order.mode is Mode.STOPPED:
            raise Refusal(Reason.STOPPED, _stopped(self._motion.order))
        return self._runner

    def _watch(self, connection: bytes, watch: Watch) -> Progress:
        run = self._run
        if run is not None and run.running:
            if self._leases.holds(connection):
                run.arm.watched()
            self._end_if_silent(run)
        return _progress(watch.sequence, run.status if run else RunStatus())

    def _end_if_silent(self, run: PolicyRun) -> None:
        silence = time.monotonic() - run.arm.last_command
        if silence > SILENCE_S:
            run.end(f"the policy gave no command for {silence:.0f} s")
            self._motion.hold("the policy hangs")


def _stopped(order: Order) -> str:
    rearm = "once it is safe, re-arm it (`RemoteArm.rearm`) or restart the server"
    return f"stopped ({order.cause}): {rearm if order.emergency else 'connect anew'}"


def _read_places(values: tuple[float, ...], model: ArmModel) -> tuple[tuple[float, float], ...]:
    """Return the pairs in ``values``. Raises RobotError if there are none, or one is far away."""
    places = tuple(zip(values[::2], values[1::2], strict=False))
    if len(values) % 2 or not 1 <= len(places) <= MOST_EPISODES:
        raise RobotError(f"places: {len(values)} numbers are not 1 to {MOST_EPISODES} pairs")
    for place in places:
        model.grasp.check_place(*place)
    return places


def _progress(sequence: int, status: RunStatus) -> Progress:
    return Progress(
        sequence=sequence,
        stamp=time.monotonic(),
        state=status.state,
        episode=status.episode,
        phase=status.phase,
        message=status.message[:300],
        loop={} if status.loop is None else asdict(status.loop),
    )
