"""Record what an arm does as a LeRobot dataset: led by you, by the scripted expert, or a policy."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tyro

from cli.arms import Cell, check_address, open_cell
from cli.console import CountBar, console
from cli.demonstrated_arm import arm_schema
from cli.deploy import check_task
from cli.display import display_there
from cli.episode_sources import Grasp, Source, demonstrated_task, find_grasper, open_grasps
from cli.heard_keys import HeardKeys
from cli.key_presses import KeyPresses
from cli.places import draw_clutter, draw_spot
from cli.record_session import MOST_MISSES, Keep, Session
from cli.recorded_arm import RecordedArm
from cli.recorded_cameras import Eye, open_eyes, sizes
from cli.recorded_teleop import RATE as TELEOP_RATE
from cli.recorded_teleop import Blocks, LedOptions, open_teleop
from cli.stage import EXPERT
from cli.tables import Spot
from cli.teleop_sources import KEYBOARD, is_driver
from policies.demonstrations.episode import Episode
from policies.demonstrations.inspection import inspect_episode
from policies.demonstrations.reader import recorded
from policies.demonstrations.writer import DatasetWriter
from policies.errors import PolicyError
from robot.errors import RobotError
from robot.loop import ControlLoop
from robot.model import ArmModel, load_arm
from robot.tool_task import ToolTask
from sim.clock import SimClock
from sim.grasp_tasks import make_scene
from sim.object_families import SplitName, find_split
from sim.world import GRIP

EXAMPLES = """
  twinarm record demos/expert --episodes 10
  twinarm record demos/expert --episodes 100 --fast --keep successes
  twinarm record demos/full --grasp full --episodes 100 --fast --keep successes
  twinarm record demos/clutter --grasp full --clutter train --episodes 100 --fast --keep successes
  twinarm record demos/place --grasp place --episodes 100 --fast --keep successes
  twinarm record demos/policy --source dofbot-state --arm tcp://pi:5555 --mirror
  twinarm record demos/mine --source body --episodes 5        your right arm before camera 0
  twinarm record demos/keys --source keyboard --cameras scene=sim
  twinarm record demos/seen --cameras scene=sim front=0
"""

PLACES = 1000
"""Places for the block that are drawn from a seed, before they begin anew."""


@dataclass(frozen=True)
class Options:
    """What is recorded of whom, and where it goes."""

    dataset: tyro.conf.Positional[Path]
    """Folder of the dataset; one that is there goes on."""
    source: str = EXPERT
    """Who moves the arm: ``expert``; ``body``, ``keyboard``, ``gamepad`` or ``script:FILE.csv`` as
    in teleop; or a policy: a run, a shipped one, or a checkpoint folder."""
    episodes: int = 10
    """Episodes to keep."""
    arm: str = "sim"
    """``sim``, or the address of a server such as tcp://pi:5555."""
    model: str = "dofbot"
    """Which arm it is, by its folder in urdf/; a policy brings its own."""
    mirror: bool = False
    """Drive a simulated twin with the same commands; the block lies there."""
    fast: bool = False
    """Simulate as fast as can be computed; time stamps are those of the simulation."""
    keep: Keep = "ask"
    """Episodes to keep: ask, by the arrow keys after each; all; or successes alone. Without a
    terminal all are kept where somebody would be asked."""
    cameras: tuple[str, ...] = ()
    """Cameras to record, each as NAME=ADDRESS: front=0, wrist=tcp://pi:5555, scene=sim."""
    grasp: Grasp = "guided"
    """What the expert, or you, do with the block: guided; full, of blocks that lie turned; or
    place, to put those on a target."""
    clutter: SplitName | None = None
    """With --fast --grasp full: the expert picks one of several objects of this split."""
    task: str = "lift the block"
    """What is done, in words; policies that read are told so."""
    block: tuple[float, float] | None = None
    """Where the block lies: x and y in the base frame [m]. Needed without a simulated scene."""
    led: tyro.conf.OmitArgPrefixes[LedOptions] = field(default_factory=LedOptions)
    seed: int = 0
    """Decides where the block lies; more is drawn from it when a dataset goes on."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""


def run(options: Options) -> int:
    """Record, and say what there is now."""
    _check(options)
    who = _demonstrator(options)
    model, rate = who.model, who.rate
    insecure = options.insecure_loopback
    with _paced(options, model, rate) as (cell, loop, clock):
        arm = RecordedArm(cell.arm, clock)
        with (
            open_eyes(options.cameras, cell.scene, options.keys, insecure) as eyes,
            who.open(replace(cell, arm=arm), loop) as source,
            DatasetWriter(
                options.dataset, arm_schema(model, rate, sizes(eyes), source.environment_names)
            ) as writer,
        ):
            _record(options, source, arm, eyes, writer)
    return 0


@dataclass(frozen=True, slots=True)
class _Demonstrator:
    """Whoever moves the arm: which it is, at what rate [Hz], and what makes episodes of it."""

    model: ArmModel
    rate: float
    open: Callable[[Cell, ControlLoop], AbstractContextManager[Source]]


def _demonstrator(options: Options) -> _Demonstrator:
    """Return who ``options`` mean. Raises RobotError, PolicyError."""
    if is_driver(options.source):
        model = load_arm(options.model)
        task = _told_task(options, model)
        blocks = None if task is None else Blocks(task, _places(options, task))
        access = options.keys, options.insecure_loopback

        def led(cell: Cell, loop: ControlLoop) -> AbstractContextManager[Source]:
            return open_teleop(options.source, options.led, cell, loop, blocks, _say, *access)

        return _Demonstrator(model, TELEOP_RATE, led)
    grasper = find_grasper(
        options.source, options.model, options.grasp, options.clutter is not None
    )
    simulated = options.arm == "sim" or options.mirror
    check_task(grasper.task, options.source, simulated=simulated, camera=False)
    places = _places(options, grasper.task)

    def grasps(cell: Cell, loop: ControlLoop) -> AbstractContextManager[Source]:
        return open_grasps(cell, grasper, places, loop)

    return _Demonstrator(grasper.task.model, 1.0 / grasper.task.config.period, grasps)


def _told_task(options: Options, model: ArmModel) -> ToolTask | None:
    """Return what a person does with a block of which is known where it lies; None for nothing."""
    lies = options.arm == "sim" or options.mirror or options.block is not None
    if not lies or model.sections.grasp is None:
        return None
    return demonstrated_task(options.grasp, model)


def _record(
    options: Options, source: Source, arm: RecordedArm, eyes: dict[str, Eye], writer: DatasetWriter
) -> None:
    before = writer.episodes
    bar = CountBar("recording", options.episodes, quiet=options.json)

    def heard(episode: Episode) -> None:
        bar.add(episode.success)
        if inspect_episode(episode, writer.schema.rate).slow:
            _say(f"episode {episode.index} has {episode.rate:.1f} Hz only: below the rate limit")

    try:
        with KeyPresses() as typed, bar:
            keys = HeardKeys(typed, source.keys, source.heard)
            Session(
                source=source,
                arm=arm,
                eyes=eyes,
                writer=writer,
                keys=keys,
                task=options.task,
                keep=options.keep,
                say=_say,
                heard=heard,
            ).record(options.episodes)
    except (KeyboardInterrupt, SystemExit, RobotError, PolicyError):
        console.print(f"stopped: the episodes in {options.dataset} ({writer.episodes}) are whole")
        raise
    _print(options, writer, before)


@contextmanager
def _paced(
    options: Options, model: ArmModel, rate: float
) -> Iterator[tuple[Cell, ControlLoop, Callable[[], float]]]:
    """Yield the connected cell, what paces commands to it, and the clock of the time stamps."""
    if not options.fast:
        insecure = options.insecure_loopback
        with open_cell(options.arm, model.name, options.mirror, options.keys, insecure) as cell:
            yield cell, ControlLoop(rate), time.monotonic
        return
    clock = SimClock()
    with make_scene(model, options.clutter, clock=clock, pace=GRIP) as scene, scene.arm:
        loop = ControlLoop(rate, clock=clock, sleep=clock.sleep)
        yield Cell(scene.arm, scene, None), loop, clock


def _check(options: Options) -> None:
    check_address(options.arm)
    if options.episodes < 1:
        raise RobotError(f"--episodes {options.episodes}: at least 1 is needed")
    if not options.task.strip():
        raise RobotError("--task is empty: say in words what is done")
    if options.fast and is_driver(options.source):
        raise RobotError(f"--fast is for who needs no eyes: {options.source} keeps to real time")
    if options.source == KEYBOARD and not (sys.stdin.isatty() or display_there()):
        raise RobotError("--source keyboard needs a terminal to type in, or a display")
    if options.fast and options.arm != "sim":
        raise RobotError(f"--fast is for --arm sim alone: {options.arm} keeps to real time")
    if options.fast and any(not address.endswith("=sim") for address in options.cameras):
        raise RobotError("--fast records what is simulated alone: --cameras NAME=sim")
    if options.clutter is not None and not (options.fast and options.source == EXPERT):
        raise RobotError("--clutter is for --source expert with --fast")
    told = options.block is not None or is_driver(options.source)
    if not told and options.arm != "sim" and not options.mirror:
        raise RobotError("where is the block? --block X Y says it, --mirror simulates one")


def _places(options: Options, task: ToolTask) -> list[Spot]:
    """Return where blocks are laid, elsewhere than in the episodes recorded before."""
    if options.block is not None:
        task.model.grasp.check_place(*options.block)
    random = np.random.default_rng((options.seed, recorded(options.dataset)))
    if options.clutter is not None:
        if options.block is not None:
            raise RobotError("--block says where one block lies, --clutter draws several objects")
        split, spots = find_split(options.clutter), min(PLACES, options.episodes + MOST_MISSES)
        return [draw_clutter(task, split, random) for _ in range(spots)]
    return [draw_spot(task, random, options.block) for _ in range(PLACES)]


def _say(words: str) -> None:
    console.print(words, markup=False)


def _print(options: Options, writer: DatasetWriter, before: int) -> None:
    new = writer.episodes - before
    made = {
        "dataset": str(options.dataset),
        "recorded": new,
        "episodes": writer.episodes,
        "frames": writer.frames,
    }
    if options.json:
        print(json.dumps(made))
        return
    print(
        f"recorded {new} episode{'' if new == 1 else 's'}; {options.dataset} has {writer.episodes}"
        f" ({writer.frames} frames at {writer.schema.rate:g} Hz)"
    )
    print(f"see it: twinarm inspect {options.dataset}")
