"""Whoever teleoperates, as a source of episodes: from when they are followed until Enter."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cli.arms import Cell
from cli.display import display_there
from cli.episode_sources import Source
from cli.key_presses import ESCAPE
from cli.model_files import ModelOptions, ready_models
from cli.record_session import Say
from cli.source import open_source
from cli.tables import Spot, TargetTable, told_table
from cli.teleop_lead import Lead
from cli.teleop_run import RELEASE, STOP, STOPPED, TeleopRun
from cli.teleop_show import Shown, shown
from cli.teleop_sources import BodyOptions, Driver, Mode, Side, open_driver
from robot.command import Vector
from robot.loop import ControlLoop
from robot.task import GraspTaskConfig
from robot.tool_task import ToolTask

RATE = 1.0 / GraspTaskConfig().period
"""Commands a second [Hz]: as many as policies that learn from it give."""
HELP = "Enter ends an episode; space stops the arm until Enter"


@dataclass(frozen=True)
class LedOptions:
    """How the arm is led where a body, keys, a gamepad or a script is the source."""

    body_camera: str = "0"
    """What sees the body: 0, a video file, a folder of images, or tcp://pi:5555."""
    side: Side = "right"
    """Which of your arms is followed."""
    mode: Mode = "joint"
    """``joint``: your angles become the arm's; ``tool``: the tool moves as your hand does."""
    scale: float | None = None
    """Metres of tool for one of hand, in tool mode; the arm's own if not given."""
    mirrored: bool = False
    """The pictures of that camera are as in a mirror."""
    hands: bool = True
    """Look for hands as well."""
    live: int | None = None
    """Show it on a page of this machine's own, at this port, such as 8000."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is done with a block, and the ``places`` where it lies in turn."""

    task: ToolTask
    places: Sequence[Spot]


class TeleopSource(Source):
    """Plays what ``driver`` does with an arm; between episodes the arm holds.

    Keys are the driver's while it is followed, and its judge's between episodes.
    """

    def __init__(
        self,
        driver: Driver,
        cell: Cell,
        loop: ControlLoop,
        shown: Shown,
        blocks: Blocks | None,
        say: Say,
    ) -> None:
        """Lead the arm of ``cell`` once a tick of ``loop``, and show it where it is ``shown``."""
        show, self._elsewhere = shown
        self._driver, self._waiting = driver, deque[str]()
        lead = Lead(cell, driver.teleoperators[0])
        self._going = TeleopRun([lead], driver, self._heard, say, show)
        self._going.loop = loop
        self._scene, self._attempt = cell.scene, -1
        self._table = None if blocks is None else told_table(cell, blocks.task, blocks.places)
        self._places = 0 if blocks is None else len(blocks.places)
        self._led = self._playing = self._enough = False
        self._say = say
        self.heard = display_there()
        self._judge = self._table if isinstance(self._table, TargetTable) else None
        self._task = None if blocks is None else blocks.task
        self.environment_names = () if blocks is None else blocks.task.scene_names
        say("\n".join([*driver.legend, HELP]))

    def environment(self) -> Vector:
        """Return where the block is, if that is known."""
        if self._table is None or self._task is None:
            return np.zeros(0)
        return self._task.scene_values(self._table.block())

    def prepare(self) -> Iterator[object]:
        """Lay the block, and wait until somebody is followed."""
        self._attempt += 1
        if self._table is not None:
            self._table.lay(self._attempt % self._places)
        self._going.restart()
        self._led = True
        for tick in self._going.ticks():
            if self._going.following():
                return
            yield tick
        self.over = self._going.ended

    def play(self) -> Iterator[object]:
        """Let the arm be led until Enter, and come to rest."""
        self._playing, self._enough = True, False
        for tick in self._going.ticks():
            self._look()
            yield tick
            if self._enough:
                break
        self._playing = False
        self._going.clutch(True)
        for tick in self._going.ticks():
            self._look()
            yield tick
            if not self._going.leads[0].asked:
                break
        self._led = False

    def keys(self) -> Iterator[str]:
        """Yield what was pressed in a window, or on a gamepad."""
        yield from self._elsewhere()
        yield from self._driver.keys()

    def press(self, key: str) -> bool:
        """Hear of a key; Enter ends the episode, unless it releases a stop.

        Between episodes stopping and releasing alone mean anything, and at once.
        """
        if key == ESCAPE:
            return False
        if not self._led:
            return self._press_between(key)
        stopped = self._going.stopped or STOP in self._waiting
        if key in RELEASE and self._playing and not stopped:
            self._enough = True
        else:
            self._waiting.append(key)
        return True

    @property
    def stopped(self) -> bool:
        """Return whether somebody stopped the arm."""
        return self._going.stopped

    def _press_between(self, key: str) -> bool:
        before = self._going.stopped
        if key == STOP or key in RELEASE:
            self._going.press(key)
        if self._going.stopped != before:
            self._say(STOPPED if self._going.stopped else "released")
        return self._going.stopped != before

    def success(self) -> bool | None:
        """Return whether the block is up, or at its target; None if nobody can tell."""
        if self._judge is not None:
            return self._judge.held()
        if self._table is None or self._scene is None:
            return None
        return self._scene.lifted()

    def _look(self) -> None:
        if self._judge is not None:
            self._judge.look()

    def _heard(self) -> Iterable[str]:
        while self._waiting:
            yield self._waiting.popleft()


@contextmanager
def open_teleop(
    source: str,
    options: LedOptions,
    cell: Cell,
    loop: ControlLoop,
    blocks: Blocks | None,
    say: Say,
    keys: Path | None = None,
    insecure: bool = False,
) -> Iterator[Source]:
    """Yield whom ``source`` means as they lead the arm of ``cell``; see ``TeleopSource``.

    keys, insecure: of a camera that is at an arm's server. Raises RobotError.
    """

    def person() -> BodyOptions:
        pose, hand = ready_models(ModelOptions(hands=options.hands))
        camera = open_source(options.body_camera, keys, insecure)
        mode, scale, mirrored = options.mode, options.scale, options.mirrored
        return BodyOptions(camera, pose, hand, (options.side,), mode, scale, mirrored)

    model = cell.arm.model
    with (
        open_driver(source, model, person) as driver,
        shown(model, options.live, told=False) as place,
    ):
        yield TeleopSource(driver, cell, loop, place, blocks, say)
