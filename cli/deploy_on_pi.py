"""Lets the arm's server run a policy, and watches: progress, set-points, and the twin beside it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cli.arms import Cell
from cli.deployment import Deployment, Moment, Outcome, Tell
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
from robot.tool_task import ToolTask

FOLLOWED = 5  # times in a control period that the twin is sent the newest set-point
PHASES = {
    "load": "the server reads the policy",
    "start": "to the start",
    "policy": "the policy steers",
    "close": "the jaws close",
    "lift": "up",
    "hold": "held",
}
"""What each phase of a run is called to people."""

Say = Callable[[str], None]


def check_on_pi(saved: SavedPolicy, task: ToolTask, arm: str, episodes: int) -> None:
    """Raise RobotError unless a server at ``arm`` could run ``saved`` for so many episodes."""
    if arm == "sim":
        raise RobotError("--on pi needs a server to run on: --arm tcp://pi:5555 --on pi")
    if episodes > MOST_EPISODES:
        raise RobotError(
            f"--episodes {episodes}: one run on the server takes at most {MOST_EPISODES}"
        )
    if not isinstance(task, GraspTask):
        raise RobotError("--on pi: a server is not told how blocks lie turned, so run --on here")
    check_fits(saved, task)


def deploy_on_pi(
    cell: Cell,
    folder: Path,
    places: list[tuple[float, float]],
    done: Deployment,
    tell: Tell,
    say: Say,
    task: GraspTask,
) -> None:
    """Send the checkpoint in ``folder``, let it grasp at each of ``places``, fill ``done``.

    The arm is moved by the server alone; leaving this, however it comes, ends the run and the
    arm holds. ``tell`` hears how each episode ended, ``say`` what begins on the way. Raises
    ArmError if the run failed.
    """
    remote = cell.mirror.primary if cell.mirror else cell.arm
    assert isinstance(remote, RemoteArm)
    run = RemoteRun(remote)
    run.start(pack_policy(folder), task, places)
    try:
        _Watcher(cell, remote, run, places, done, tell, say).watch(task.config.period)
    except BaseException:
        with suppress(ArmError):
            run.abort()
        raise


@dataclass(slots=True)
class _Watcher:
    """Follows one run: what is asked of the arm is the set-point that the server publishes.

    placed: newest episode whose block lies in the scene.
    """

    cell: Cell
    remote: RemoteArm
    run: RemoteRun
    places: list[tuple[float, float]]
    done: Deployment
    tell: Tell
    say: Say
    placed: int = -1
    phase: str = ""
    held: list[bool] = field(default_factory=list)

    def watch(self, period: float) -> None:
        """Note a moment every ``period`` [s] until the run has ended."""
        for tick in ControlLoop(FOLLOWED / period).run():
            setpoint = self._follow()
            if tick % FOLLOWED == 0 and not self._attend(self.run.status(), setpoint):
                return

    def _follow(self) -> JointCommand:
        newest = self.remote.telemetry()
        setpoint = JointCommand(np.array(newest.target_positions), newest.target_gripper)
        if self.cell.mirror is not None:
            self.cell.mirror.twin.command(setpoint)
        return setpoint

    def _attend(self, status: RunStatus, setpoint: JointCommand) -> bool:
        """Keep what is seen now; return whether the run goes on."""
        if status.state is RunState.FAILED:
            raise ArmError(f"the run on the server ended: {status.message}")
        if status.episode > self.done.episodes or status.state is RunState.FINISHED:
            self._conclude()
        if status.state is RunState.FINISHED:
            self.done.loop = status.loop
            return False
        if status.phase != self.phase:
            self.phase = status.phase
            doing = PHASES.get(status.phase, status.phase)
            self.say(f"episode {status.episode + 1}/{len(self.places)}: {doing}")
        if status.phase != "load":
            self._note(status, setpoint)
        return True

    def _note(self, status: RunStatus, setpoint: JointCommand) -> None:
        cell, scene, mirror = self.cell, self.cell.scene, self.cell.mirror
        if scene is not None and status.phase != "start" and self.placed < status.episode:
            scene.place_block(*self.places[status.episode])
            self.placed = status.episode
        if scene is not None and status.phase == "hold":
            self.held.append(scene.lifted())
        moment = Moment(
            status.episode,
            Tick(status.phase, setpoint, setpoint),
            cell.arm.state(),
            mirror.twin.state() if mirror else None,
            scene.block_pose() if scene else None,
            mirror.divergence() if mirror else None,
        )
        self.done.moments.append(moment)

    def _conclude(self) -> None:
        """Count the episode that has just ended; a block never seen held was not grasped."""
        success = None if self.cell.scene is None else bool(self.held) and all(self.held)
        self.held.clear()
        outcome = Outcome(success)
        self.done.outcomes.append(outcome)
        self.tell(self.done.episodes - 1, outcome)
