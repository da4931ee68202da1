"""Runs a grasp policy on a cell, episode by episode, and keeps what happened."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cli.arms import Cell
from cli.sight import Sight, Told
from robot.command import ArmState
from robot.depth_image import DepthImage
from robot.errors import RobotError
from robot.grasp_run import Act, GraspRun, Tick
from robot.loop import LoopReport
from robot.mirror import Divergence, DivergenceSummary, summarise
from robot.task import GraspTask
from sim.world import BodyPose

NOTHING = 0.001  # [m] jaws that stay this near to where they were told to close hold nothing


@dataclass(frozen=True, slots=True)
class Moment:
    """One control period of an episode.

    arm: as measured; twin, block: of the scene that simulates or mirrors it, if there is one;
    image: what the policy last saw, if it sees.
    """

    episode: int
    tick: Tick
    arm: ArmState
    twin: ArmState | None
    block: BodyPose | None
    divergence: Divergence | None
    image: DepthImage | None = None


@dataclass(slots=True)
class Deployment:
    """What came of it. successes counts blocks lifted in the scene; None without a scene."""

    episodes: int = 0
    successes: int | None = None
    moments: list[Moment] = field(default_factory=list)
    loop: LoopReport | None = None

    @property
    def divergence(self) -> DivergenceSummary | None:
        """Return how far the two arms were apart during the grasps; None without a mirror.

        On the way to the start the server's soft start holds the arm back, which says nothing
        of the servos.
        """
        grasping = [moment for moment in self.moments if moment.tick.phase != "start"]
        apart = [moment.divergence for moment in grasping if moment.divergence is not None]
        return summarise(apart) if apart else None


def deploy(
    cell: Cell,
    act: Act,
    places: list[tuple[float, float]],
    done: Deployment,
    tell: Callable[[int, bool | None], None],
    task: GraspTask | None = None,
    sight: Sight | None = None,
) -> None:
    """Grasp once at each of ``places`` [m, base frame] and fill ``done`` as it goes.

    ``tell`` hears how each episode ended. What happened until an error or Ctrl-C is in ``done``.
    task: the usual guided grasp if None. sight: makes the observations; if None the policy is
    told where the block is.
    """
    task = task or GraspTask(cell.arm.model)
    done.successes = None if cell.scene is None else 0
    for episode, place in enumerate(places):
        observe = sight or Told(cell, task, place)
        run = GraspRun(cell.arm, task, act, observe, grip=_grip(cell, task))
        success = _Episode(cell, run, observe, episode, done).play(place)
        done.episodes += 1
        if success is not None and done.successes is not None:
            done.successes += success
        tell(episode, success)
        done.loop = run.loop.report()


def _grip(cell: Cell, task: GraspTask) -> Callable[[], ArmState]:
    """Return what measures the closed jaws: the arm, or its twin if the arm holds nothing.

    An emulated arm closes on nothing, however wide the block is in the mirrored simulation.
    """
    pair = cell.mirror
    if pair is None:
        return cell.arm.state

    def measure() -> ArmState:
        arm = pair.primary.state()
        return arm if arm.gripper > task.closed + NOTHING else pair.twin.state()

    return measure


@dataclass(frozen=True, slots=True)
class _Episode:
    cell: Cell
    run: GraspRun
    sight: Sight
    number: int
    done: Deployment

    def play(self, place: tuple[float, float]) -> bool | None:
        """Grasp at ``place``; return whether the scene's block was held up, if there is one."""
        scene = self.cell.scene
        for tick in self.run.go_to_start():
            self._note(tick)
        if scene is not None:
            scene.place_block(*place)
        held = True
        for tick in self.run.grasp():
            self._note(tick)
            if scene is not None and tick.phase == "hold":
                held = held and scene.lifted()
        return None if scene is None else held

    def _note(self, tick: Tick) -> None:
        cell, scene, mirror = self.cell, self.cell.scene, self.cell.mirror
        state = cell.arm.state()
        divergence = mirror.divergence() if mirror else None
        twin = mirror.twin.state() if mirror else None
        block = scene.block_pose() if scene else None
        image = None if tick.phase == "start" else self.sight.image
        moment = Moment(self.number, tick, state, twin, block, divergence, image)
        self.done.moments.append(moment)


def write_moments(path: Path, deployment: Deployment, n: int) -> None:
    """Write one row a control period of an arm of ``n`` joints as CSV. Raises RobotError."""
    try:
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(_header(n))
            rows.writerows(_row(moment) for moment in deployment.moments)
    except OSError as error:
        raise RobotError(f"{path}: the log cannot be written: {error}") from error


def _header(n: int) -> list[str]:
    groups = ("asked", "applied", "measured", "divergence")
    joints = [f"{group}_joint{i + 1}_rad" for group in groups for i in range(n)]
    apart = ("gripper_divergence_m", "tool_divergence_m")
    return ["stamp_s", "episode", "phase", *joints, "gripper_m", *apart]


def _row(moment: Moment) -> list[object]:
    tick, apart = moment.tick, moment.divergence
    joints = [*tick.asked.positions, *tick.applied.positions, *moment.arm.positions]
    joints += [""] * len(moment.arm.positions) if apart is None else list(apart.joints)
    numbers = [value if value == "" else f"{value:.6f}" for value in joints]
    end = ["", ""] if apart is None else [f"{apart.gripper:.6f}", f"{apart.tool:.6f}"]
    return [
        f"{moment.arm.stamp:.4f}",
        moment.episode,
        tick.phase,
        *numbers,
        f"{moment.arm.gripper:.5f}",
        *end,
    ]
