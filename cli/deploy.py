"""Run a grasp policy on an arm: simulated, over TCP, or both at once with --mirror."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from cli.arms import Cell, check_address, open_cell
from cli.camera_sight import CameraOptions, check_camera, check_markers, open_camera_sight
from cli.console import console
from cli.deploy_on_pi import check_on_pi, deploy_on_pi
from cli.deployment import Deployment, Grasping, Outcome, Tell, deploy, write_moments
from cli.film import FPS, film_deployment
from cli.folders import new_folder
from cli.grasp_tasks import trained_env
from cli.places import done_in, draw_spot
from cli.sight import open_sight
from cli.tables import RealTable, Spot, told_table
from policies.policy_files import SavedPolicy, load_policy
from policies.runs import find_policy
from robot.errors import RobotError
from robot.full_task import FullGraspTask
from robot.model import ArmModel
from robot.place_task import PlaceTask
from robot.task import GraspTask
from robot.tool_task import ToolTask
from sim.grasp_tasks import Task, fresh_task
from sim.video import write_video

EXAMPLES = """
  twinarm deploy dofbot-state --arm sim
  twinarm deploy dofbot-state --arm tcp://pi:5555 --mirror --episodes 3
  twinarm deploy dofbot-state --arm tcp://pi:5555 --mirror --servos servos-dofbot.json
  twinarm deploy dofbot-state --arm tcp://pi:5555 --block 0.22 0.01
  twinarm deploy dofbot-state --arm tcp://pi:5555 --camera tcp://pi:5555 --mirror
  twinarm deploy dofbot-depth --arm tcp://pi:5555 --mirror --video
  twinarm deploy dofbot-state --arm tcp://pi:5555 --on pi --block 0.22 0.01
"""


@dataclass(frozen=True)
class Options(CameraOptions):
    """Which policy, on which arm, with the block where."""

    policy: tyro.conf.Positional[str]
    """A run, a shipped policy, or a checkpoint folder."""
    arm: str = "sim"
    """``sim``, or the address of a server such as tcp://pi:5555."""
    on: Literal["here", "pi"] = "here"
    """Where the policy runs: on this machine, or on the arm's server while this machine watches."""
    mirror: bool = False
    """Drive a simulated twin with the same commands and measure how far the two part. A policy
    that sees is shown the simulated block, from where the arm's wrist is."""
    servos: Path | None = None
    """Servos of the simulated arm or twin, as `twinarm identify` found the real ones to be."""
    episodes: int = 1
    """Grasps to make."""
    seed: int = 0
    """Decides where the block lies in the simulated or mirrored scene."""
    block: tuple[float, float] | None = None
    """Where the block lies instead: x and y in the base frame [m]. Needed without a scene."""
    out: Path | None = None
    """Folder for the log and the video; runs/deploy-TIME if not given."""
    video: bool = False
    """Also write what happened as a video."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""


def run(options: Options) -> int:
    """Grasp, print how it went, and leave a log."""
    check_address(options.arm)
    if options.episodes < 1:
        raise RobotError(f"--episodes {options.episodes}: at least 1 is needed")
    folder = find_policy(options.policy)
    saved = load_policy(folder)
    task = trained_task(saved, options.policy)
    _check(options, saved, task)
    places = [] if options.camera else draw_places(task, options)
    out = new_folder(options.out, "deploy")
    done, tell = Deployment(options.video), _teller(options, done_in(task))
    try:
        with _cell(options, task.model) as cell:
            if options.on == "pi":
                assert isinstance(task, GraspTask)
                where = [(place[0], place[1]) for place in places]
                deploy_on_pi(cell, folder, where, done, tell, _sayer(options), task)
            else:
                with _grasping(options, cell, saved, task, places) as grasping:
                    deploy(grasping, options.episodes, done, tell)
    except KeyboardInterrupt:
        console.print("stopped: the arm holds where it is")
        raise
    finally:
        write_moments(out / "moments.csv", done, task.model.n)
    if options.video:
        write_video(out / "deploy.mp4", film_deployment(task.model, done), FPS)
    _print(options, done, out, done_in(task))
    return 0


def _check(options: Options, saved: SavedPolicy, task: ToolTask) -> None:
    """Raise RobotError for options that this policy and task cannot be deployed with."""
    camera = options.camera is not None
    simulated = options.arm == "sim" or (options.mirror and not camera)
    check_task(task, options.policy, simulated=simulated, camera=camera)
    if options.on == "pi":
        check_on_pi(saved, task, options.arm, options.episodes)
    check_sight(saved, options)


def _cell(options: Options, model: ArmModel) -> AbstractContextManager[Cell]:
    insecure = options.insecure_loopback
    return open_cell(
        options.arm, model.name, options.mirror, options.keys, insecure, options.servos
    )


@contextmanager
def _grasping(
    options: Options, cell: Cell, saved: SavedPolicy, task: ToolTask, places: list[Spot]
) -> Iterator[Grasping]:
    if options.camera is None:
        told = told_table(cell, task, places)
        with open_sight(cell, task, saved.contract, told.block) as sight:
            yield Grasping(cell, task, saved.act, sight, told)
        return
    with open_camera_sight(options, options.arm, cell.scene, saved.contract, task) as sight:
        yield Grasping(cell, task, saved.act, sight, RealTable(cell.arm, task))


def trained_task(saved: SavedPolicy, name: str) -> Task:
    """Return the task, arm and timing included, that the policy ``name`` was trained on.

    Raises PolicyError if that is no grasp of ours, CheckpointError if the camera or the
    observations are others today.
    """
    with closing(trained_env(saved, name)) as env:
        return fresh_task(env.task)


def check_sight(saved: SavedPolicy, options: Options) -> None:
    """Raise RobotError if the policy needs a camera and there is none, or one is of no use."""
    check_markers(options, _sees(saved))
    if options.camera is not None:
        check_camera(options.camera, options.arm, options.block, options.on)
    elif _sees(saved) and options.arm != "sim" and not options.mirror:
        raise RobotError(
            f"{options.policy} finds the block with a depth camera at the wrist, and {options.arm}"
            " is not said to have one: --camera tcp://pi:5555 names it, --mirror simulates one"
        )


def _sees(saved: SavedPolicy) -> bool:
    return saved.contract.observation.image is not None


def check_task(task: ToolTask, who: str, *, simulated: bool, camera: bool) -> None:
    """Raise RobotError if the task needs to know of the block what nobody tells.

    who: grasps; simulated: whether a simulation has the block; camera: whether one looks for it.
    """
    if isinstance(task, PlaceTask) and not simulated:
        raise RobotError(
            f"{who} puts blocks on a target, and only a simulation tells where that is: --arm sim,"
            " or --mirror without --camera"
        )
    if isinstance(task, FullGraspTask) and not (simulated or camera):
        raise RobotError(
            f"{who} grasps blocks that lie turned, and --block does not say how: --camera looks,"
            " and --mirror simulates one"
        )


def draw_places(task: ToolTask, options: Options) -> list[Spot]:
    """Return where the block lies in each episode. Raises RobotError if nobody knows."""
    if options.block is not None:
        task.model.grasp.check_place(*options.block)
    elif options.arm != "sim" and not options.mirror:
        raise RobotError(
            "where is the block? give --camera to look, --block X Y to say, or --mirror to"
            " simulate one"
        )
    random = np.random.default_rng(options.seed)
    return [draw_spot(task, random, options.block) for _ in range(options.episodes)]


def _teller(options: Options, deed: str) -> Tell:
    def tell(episode: int, outcome: Outcome) -> None:
        if options.json:
            return
        well = "grasped and held" if deed == "grasped" else deed
        ended = {True: well, False: f"not {deed}", None: "done"}[outcome.success]
        why = f": {outcome.why}" if outcome.why else ""
        console.print(f"episode {episode + 1}/{options.episodes}: {ended}{why}")

    return tell


def _sayer(options: Options) -> Callable[[str], None]:
    def say(text: str) -> None:
        if not options.json:
            console.print(text)

    return say


def _print(options: Options, done: Deployment, out: Path, deed: str) -> None:
    if options.json:
        print(json.dumps(figures(done) | {"log": str(out / "moments.csv")}))
        return
    if done.successes is not None:
        print(f"{deed} {done.successes} of {done.episodes} {_judge(options)}")
    print(f"control loop: {done.loop}")
    if done.divergence is not None:
        print(f"divergence of the two arms: {done.divergence}")
    print(f"log: {out}/moments.csv")


def _judge(options: Options) -> str:
    if options.camera is not None:
        return "by what the jaws held at the end"
    return "in the mirrored simulation" if options.mirror else "in the simulation"


def figures(done: Deployment) -> dict[str, object]:
    """Return the figures of a deployment as plain JSON values."""
    return {
        "episodes": done.episodes,
        "successes": done.successes,
        "outcomes": [asdict(outcome) for outcome in done.outcomes],
        "loop": None if done.loop is None else asdict(done.loop),
        "divergence": None if done.divergence is None else asdict(done.divergence),
    }
