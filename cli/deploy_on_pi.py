"""Lets the arm's server run a policy, and watches: progress, set-points, and the twin beside it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from cli.arms import Cell
from cli.deployment import Deployment, Moment
from cli.sent_policy import check_fits, pack_policy
from hardware.policy_run import RunState, RunStatus
from hardware.remote_arm import RemoteArm
from hardware.remote_run import RemoteRun
from hardware.runner import MOST_EPISODES
from policies.policy_files import SavedPolicy
from robot.command import JointCommand
from robot.errors import ArmError, RobotError
from robot.grasp_run import Tick
from robot.loop import ControlLoop
from robot.task import GraspTask

FOLLOWED = 5  # times in a control period that the twin is sent the newest set-point
LOADING = "load"

Tell = Callable[[int, bool | None], None]


def check_on_pi(saved: SavedPolicy, task: GraspTask, arm: str, episodes: int) -> None:
    """Raise RobotError unless a server at ``arm`` could run ``saved`` for so many episodes."""
    if arm == "sim":
        raise RobotError("--on pi needs a server to run on: --arm tcp://pi:5555 --on pi")
    if episodes > MOST_EPISODES:
        raise RobotError(
            f"--episodes {episodes}: one run on the server takes at most {MOST_EPISODES}"
        )
    check_fits(saved, task)


def deploy_on_pi(
    cell: Cell,
    folder: Path,
    places: list[tuple[float, float]],
    done: Deployment,
    tell: Tell,
    task: GraspTask,
) -> None:
    """Send the checkpoint in ``folder``, let it grasp at each of ``places``, fill ``done``.

    The arm is moved by the server alone; leaving this, however it comes, ends the run and the
    arm holds. ``tell`` hears how each episode ended. Raises ArmError if the run failed.
    """
    remote = cell.mirror.primary if cell.mirror else cell.arm
    assert isinstance(remote, RemoteArm)
    run = RemoteRun(remote)
    run.start(pack_policy(folder), task, places)
    done.successes = None if cell.scene is None else 0
    try:
        _Watcher(cell, remote, run, places, done, tell).watch(task.config.period)
    except BaseException:
        with suppress(ArmError):
            run.abort()
        raise


class _Watcher:
    """Follows one run: what is asked of the arm is the set-point that the server publishes."""

    def __init__(
        self,
        cell: Cell,
        remote: RemoteArm,
        run: RemoteRun,
        places: list[tuple[float, float]],
        done: Deployment,
        tell: Tell,
    ) -> None:
        self._cell, self._remote, self._run = cell, remote, run
        self._places, self._done, self._tell = places, done, tell
        self._placed = -1  # newest episode whose block lies in the scene
        self._held: list[bool] = []

    def watch(self, period: float) -> None:
        """Note a moment every ``period`` [s] until the run has ended."""
        for tick in ControlLoop(FOLLOWED / period).run():
            setpoint = self._follow()
            if tick % FOLLOWED == 0 and not self._attend(self._run.status(), setpoint):
                return

    def _follow(self) -> JointCommand:
        newest = self._remote.telemetry()
        setpoint = JointCommand(np.array(newest.target_positions), newest.target_gripper)
        if self._cell.mirror is not None:
            self._cell.mirror.twin.command(setpoint)
        return setpoint

    def _attend(self, status: RunStatus, setpoint: JointCommand) -> bool:
        """Keep what is seen now; return whether the run goes on."""
        if status.state is RunState.FAILED:
            raise ArmError(f"the run on the server ended: {status.message}")
        if status.episode > self._done.episodes or status.state is RunState.FINISHED:
            self._conclude()
        if status.state is RunState.FINISHED:
            self._done.loop = status.loop
            return False
        if status.phase != LOADING:
            self._note(status, setpoint)
        return True

    def _note(self, status: RunStatus, setpoint: JointCommand) -> None:
        cell, scene, mirror = self._cell, self._cell.scene, self._cell.mirror
        if scene is not None and status.phase != "start" and self._placed < status.episode:
            scene.place_block(*self._places[status.episode])
            self._placed = status.episode
        if scene is not None and status.phase == "hold":
            self._held.append(scene.lifted())
        moment = Moment(
            status.episode,
            Tick(status.phase, setpoint, setpoint),
            cell.arm.state(),
            mirror.twin.state() if mirror else None,
            scene.block_pose() if scene else None,
            mirror.divergence() if mirror else None,
        )
        self._done.moments.append(moment)

    def _conclude(self) -> None:
        """Count the episode that has just ended; a block never seen held was not grasped."""
        success = None if self._cell.scene is None else bool(self._held) and all(self._held)
        if success is not None and self._done.successes is not None:
            self._done.successes += success
        self._held.clear()
        self._tell(self._done.episodes, success)
        self._done.episodes += 1
