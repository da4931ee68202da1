"""Runs a grasp policy on a cell, episode by episode, and keeps what happened."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cli.arms import Cell
from cli.places import fault_in
from cli.sight import NoBlockError, Sight
from cli.tables import Table
from hardware.errors import StaleCommandError
from robot.command import ArmState
from robot.depth_image import DepthImage
from robot.errors import RobotError
from robot.grasp_run import Act, GraspRun, Tick
from robot.loop import ControlLoop, LoopReport
from robot.mirror import Divergence, DivergenceSummary, summarise
from robot.tool_task import ToolTask
from sim.grasp_scene import Marked
from sim.world import BodyPose

UNTOLD = ("look", "start", "back")
"""Phases in which a server's soft start may hold the arm back, which says nothing of servos."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One control period of an episode.

    arm: as measured; twin, block: of the scene that simulates or mirrors it, if there is one;
    image: what the policy last saw, if it sees; photo: a JPEG of what its camera did, if filmed.
    mark: on the table of that scene, for people, if there is one.
    """

    episode: int
    tick: Tick
    arm: ArmState
    twin: ArmState | None
    block: BodyPose | None
    divergence: Divergence | None
    image: DepthImage | None = None
    photo: bytes | None = None
    mark: Marked | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an episode ended. success: None if nobody can tell; why: nothing was grasped, or ""."""

    success: bool | None
    why: str = ""


@dataclass(slots=True)
class Deployment:
    """What came of it. filmed: whether to keep photos, too."""

    filmed: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    loop: LoopReport | None = None

    @property
    def episodes(self) -> int:
        """Return how many episodes have ended."""
        return len(self.outcomes)

    @property
    def successes(self) -> int | None:
        """Return how many blocks were lifted and held; None if nobody can tell."""
        told = [outcome.success for outcome in self.outcomes]
        return None if None in told or not told else sum(map(bool, told))

    @property
    def divergence(self) -> DivergenceSummary | None:
        """Return how far the two arms were apart during the grasps; None without a mirror."""
        grasping = [moment for moment in self.moments if moment.tick.phase not in UNTOLD]
        apart = [moment.divergence for moment in grasping if moment.divergence is not None]
        return summarise(apart) if apart else None


Tell = Callable[[int, Outcome], None]
"""Hears how each episode ended."""


@dataclass(frozen=True, slots=True)
class Grasping:
    """Who grasps what: a policy's ``act`` on the arm of ``cell``, by what ``sight`` tells.

    loop: what paces it, by the wall clock if None.
    """

    cell: Cell
    task: ToolTask
    act: Act
    sight: Sight
    table: Table
    loop: ControlLoop | None = None


def deploy(grasping: Grasping, episodes: int, done: Deployment, tell: Tell) -> None:
    """Grasp ``episodes`` times what the table has, and fill ``done`` as it goes.

    ``tell`` hears how each episode ended. What happened until an error or Ctrl-C is in ``done``.
    """
    table, notes = grasping.table, _Notes(grasping.cell, grasping.sight, done)
    cell, sight = grasping.cell, grasping.sight
    run = GraspRun(
        cell.arm,
        grasping.task,
        grasping.act,
        sight,
        grasping.loop,
        table.measure,
        forgive=(StaleCommandError,),
    )
    for number in range(episodes):
        outcome = _play(run, grasping, notes, number)
        done.outcomes.append(outcome)
        if table.put_back and run.closed:
            exhaust(notes.of(number, run.put_down()))
        done.loop = run.loop.report()
        tell(number, outcome)


def _play(run: GraspRun, grasping: Grasping, notes: "_Notes", number: int) -> Outcome:
    """Grasp once; where that makes no sense, withdraw and say why."""
    table = grasping.table
    try:
        exhaust(notes.of(number, grasping.sight.approach(run, lambda: table.lay(number))))
    except NoBlockError as error:
        return Outcome(False, str(error))
    try:
        for tick in notes.of(number, run.grasp()):
            table.watch(tick)
    except NoBlockError as error:
        exhaust(notes.of(number, run.withdraw()))
        return Outcome(False, str(error))
    held = table.held()
    return Outcome(held, fault_in(grasping.task) if held is False else "")


@dataclass(frozen=True, slots=True)
class _Notes:
    """Writes down what all arms do while ticks are taken."""

    cell: Cell
    sight: Sight
    done: Deployment

    def of(self, number: int, ticks: Iterator[Tick]) -> Iterator[Tick]:
        """Yield ``ticks`` of episode ``number``, each with its moment noted."""
        for tick in ticks:
            self.done.moments.append(self._moment(number, tick))
            yield tick

    def _moment(self, number: int, tick: Tick) -> Moment:
        cell, scene, mirror = self.cell, self.cell.scene, self.cell.mirror
        return Moment(
            number,
            tick,
            arm=cell.arm.state(),
            divergence=mirror.divergence() if mirror else None,
            twin=mirror.twin.state() if mirror else None,
            block=scene.block_pose() if scene else None,
            image=None if tick.phase in UNTOLD else self.sight.image,
            photo=self.sight.photo() if self.done.filmed else None,
            mark=scene.marked if scene else None,
        )


def exhaust(ticks: Iterator[Tick]) -> None:
    """Take all ``ticks``."""
    for _ in ticks:
        pass


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
