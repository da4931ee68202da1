"""Play a recorded episode on an arm: simulated, over TCP, or both at once with --mirror."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from cli.arms import Cell, check_address, open_cell
from cli.console import CountBar, console
from cli.demonstrated_arm import arm_of
from cli.replay_run import Following, Replay
from policies.demonstrations.episode import Episode
from policies.demonstrations.inspection import inspect_episode, jumps_of
from policies.demonstrations.reader import DatasetReader
from robot.errors import RobotError
from robot.model import ArmModel
from robot.place_task import TARGET_NAMES, PlaceTaskConfig
from robot.task import GraspTask
from sim.grasp_scene import GraspScene

EXAMPLES = """
  twinarm replay demos/expert --episode 3
  twinarm replay demos/expert --episode 3 --arm tcp://pi:5555 --mirror --speed 0.5
"""

FASTEST = 4.0


@dataclass(frozen=True)
class Options:
    """Which episode, on which arm, how fast."""

    dataset: tyro.conf.Positional[Path]
    """Folder of a LeRobot dataset v3 of this arm."""
    episode: int = 0
    """Number of the episode, from 0."""
    arm: str = "sim"
    """``sim``, or the address of a server such as tcp://pi:5555."""
    mirror: bool = False
    """Drive a simulated twin with the same commands and measure how far the two part."""
    speed: float = 1.0
    """How many times as fast as it was recorded."""
    anyway: bool = False
    """Also play an episode below the rate limit, or one whose joints jump; the arm limits it."""
    least_rate: float | None = None
    """Rate limit [Hz]; 0.9 of the dataset's rate if not given."""
    servos: Path | None = None
    """Servos of the simulated arm or twin, as `twinarm identify` found the real ones to be."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""
    json: bool = False
    """Print the figures as one JSON object and nothing else."""


def run(options: Options) -> int:
    """Play it, and say how far the arm was from the recording."""
    check_address(options.arm)
    if not 0.0 < options.speed <= FASTEST:
        raise RobotError(f"--speed {options.speed}: more than 0, at most {FASTEST:g}")
    reader = DatasetReader(options.dataset)
    model = arm_of(reader.schema)
    episode = reader.episode(options.episode)
    if not options.anyway:
        _check(options, episode, reader.schema.rate, model)
    insecure = options.insecure_loopback
    with open_cell(
        options.arm, model.name, options.mirror, options.keys, insecure, options.servos
    ) as cell:
        lay_block(cell.scene, reader.schema.environment, episode)
        replay = Replay(cell.arm, episode, options.speed)
        try:
            _play(options, cell, replay)
        except (RobotError, KeyboardInterrupt, SystemExit):
            console.print("ended: the arm holds where it is")
            raise
        lifted = None if cell.scene is None else cell.scene.lifted()
        _print(options, cell, replay.following(), lifted)
    return 0


def _check(options: Options, episode: Episode, rate: float, model: ArmModel) -> None:
    """Raise RobotError for an episode that is not to be played just so."""
    found = inspect_episode(episode, rate, model.max_velocity, options.least_rate)
    name = f"{options.dataset}: episode {episode.index}"
    if found.slow:
        raise RobotError(
            f"{name} was recorded at {found.rate:.1f} Hz, below the rate limit; --anyway plays it"
        )
    jumps = jumps_of(episode, rate, model.max_velocity, options.speed)
    if len(jumps):
        raise RobotError(
            f"{name} has {len(jumps)} jumps beyond the arm's velocity limit at speed"
            f" {options.speed:g}, the first at {episode.stamps[jumps[0]]:.2f} s; play it more"
            " slowly, or --anyway within the arm's limits"
        )


def lay_block(scene: GraspScene | None, names: tuple[str, ...], episode: Episode) -> None:
    """Lay a simulated block where the recorded one was, and mark its target if it had one."""
    told = dict(zip(names, episode.environment[0].tolist(), strict=True))
    if scene is None or not told.keys() >= set(GraspTask.block_names):
        return
    scene.place_block(told["block_x"], told["block_y"], told.get("block_yaw", 0.0))
    if told.keys() >= set(TARGET_NAMES):
        x, y = (told[name] for name in TARGET_NAMES)
        scene.mark(x, y, PlaceTaskConfig().near_target)


def _play(options: Options, cell: Cell, replay: Replay) -> None:
    if not options.json:
        console.print("slowly to the first pose")
    replay.go_to_start()
    with CountBar("replaying", len(replay.episode), quiet=options.json) as bar:
        for _ in replay.frames():
            bar.add(None)
            if cell.mirror is not None:
                cell.mirror.divergence()


def _print(options: Options, cell: Cell, following: Following, lifted: bool | None) -> None:
    divergence = None if cell.mirror is None else cell.mirror.summary()
    if options.json:
        figures = asdict(following) | {
            "episode": options.episode,
            "speed": options.speed,
            "lifted": lifted,
            "divergence": None if divergence is None else asdict(divergence),
        }
        print(json.dumps(figures))
        return
    print(f"played {following.frames} frames in {following.seconds:.1f} s")
    print(f"from the recording: {following}")
    if following.limited:
        print(f"limited by the arm: {following.limited} commands")
    if divergence is not None:
        print(f"divergence of the two arms: {divergence}")
    if lifted:
        print("the simulated block was lifted")
