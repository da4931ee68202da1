"""Tells a policy where the tagged block is that a camera sees, and when there is none to grasp."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import degrees, hypot, radians

import numpy as np
from numpy.typing import NDArray

from cli.camera_eye import Eye
from cli.carried import Carried
from cli.sight import NoBlockError, Sight
from perception.jpeg import encode
from perception.locate import Locator, Sighting
from perception.overlay import overlay
from perception.targets import Target
from perception.tracker import Track
from perception.watch import Watch, Watched
from robot.command import ArmState, JointCommand, Vector
from robot.errors import RobotError
from robot.full_task import FullGraspTask
from robot.grasp_run import GraspRun, Tick
from robot.play import Play
from robot.task import GraspTask
from robot.tool_task import Block, ToolTask
from sim.grasp_scene import GraspScene

LOOKS = 6
"""Sightings that are averaged before the arm sets out."""
PATIENCE = 3.0
"""How long a block is looked for [s]."""
LOST = 0.6
"""How long ago a camera beside the arm may have seen the block last [s]."""
HIDING = 0.015
"""Jaws that are this far around the block may hide it from such a camera [m]."""
SURE = 0.004
"""Largest standard deviation of the block's place that jaws forgive [m]."""
RAISED = 0.007
"""A block's middle is within this of where a block on the table has it [m]."""
CROOKED = radians(12.0)
"""A block that leans more does not lie on its face."""
TURNED = radians(12.0)
"""A block whose sides are turned more than this slips from jaws that close along y."""
BESIDE = 0.005
"""How far a block may lie beside the spawn area, which ends for people, not for the arm [m]."""
MOVED = 0.002
"""A block that seems to have moved by less has not [m]."""


class Located(Sight):
    """Looks from a pose where nothing hides the block, and goes on looking where it can.

    seen: newest picture. sightings: single ones of the block since it was laid, before the arm
    set out; of these and later ones comes its ``track``.
    """

    def __init__(
        self, eye: Eye, watch: Watch, target: Target, task: ToolTask, scene: GraspScene | None
    ) -> None:
        """Look through ``eye`` for ``target``; show in ``scene`` where that is, if there is one."""
        assert eye.place is not None
        self.place, self.lens = eye.place, eye.lens
        self._watch, self._target, self._task, self._scene = watch, target, task, scene
        self._carried = Carried(task) if isinstance(task, FullGraspTask) else None
        self._model = task.model
        self._play = Play(task.model.n, eye.place.half_play)
        self._drawn: tuple[Watched | None, bytes | None] = None, None
        self.seen: Watched | None = None
        self.track: Track | None = None
        self.sightings: list[Sighting] = []

    def approach(self, run: GraspRun, lay: Callable[[], None]) -> Iterator[Tick]:
        """Draw the arm back, ``lay`` the block, look, and bring the arm to its start."""
        self.seen = self.track = None
        look = JointCommand(self._model.grasp.look, self._model.gripper.max_opening)
        yield from run.go_to(look, "look")
        lay()
        yield from self._find(run, look)
        for tick in run.go_to_start():
            self._play.side(run.arm.state().positions)
            yield tick

    def photo(self) -> bytes | None:
        """Return the newest picture that was looked at, with the block drawn in."""
        newest = self._watch.newest()
        if newest is not None and newest is not self._drawn[0]:
            drawn = overlay(newest.frame.image, newest.look, self.lens)
            self._drawn = newest, encode(drawn)
        return self._drawn[1]

    def __call__(self, state: ArmState) -> NDArray[np.float32]:
        """Return ``ToolTask.observation`` of the block where the arm believes to meet it."""
        carried = self._carried
        if not self.place.on_arm and not (carried and carried.taken):
            self._follow(state)
        assert self.track is not None
        block = Block(self.track.pose[:3, 3] - self._error(state), heading(self.track))
        return self._task.observation(state, carried.block(state, block) if carried else block)

    def _find(self, run: GraspRun, look: JointCommand) -> Iterator[Tick]:
        """Look until the block was seen often enough. Raises NoBlockError."""
        start, stamp, name = time.monotonic(), -np.inf, self._target.name
        self.sightings = []
        for tick in run.stay(look, "look"):
            yield tick
            newest = self._watch.newest()
            if newest is not None and newest.frame.stamp > max(start, stamp):
                stamp, self.seen = newest.frame.stamp, newest
                if name in newest.look.sightings:
                    self.sightings.append(newest.look.sightings[name])
                if len(self.sightings) >= LOOKS:
                    break
            if time.monotonic() - start > PATIENCE:
                raise NoBlockError(self._why(len(self.sightings)))
        assert self.seen is not None
        self._take(self.seen.look.tracks[name])

    def _why(self, count: int) -> str:
        if self.seen is None:
            return f"no picture in {PATIENCE:.0f} s of an arm at rest; does it swing, or sag?"
        remarks = "; ".join(self.seen.look.remarks)
        seen = f"seen in {count} pictures" if count else "not seen"
        return f"{self._target.name}: {seen} in {PATIENCE:.0f} s" + (f": {remarks}" * bool(remarks))

    def _follow(self, state: ArmState) -> None:
        """Take what a camera beside the arm saw since. Raises NoBlockError if that is nothing."""
        newest = self._watch.newest()
        assert newest is not None
        track = newest.look.tracks[self._target.name]
        if newest is not self.seen and not track.unseen:
            self._take(track)
        self.seen = newest
        age = time.monotonic() - newest.frame.stamp
        if track.unseen + age > LOST and self._height(state) > HIDING:
            raise NoBlockError(f"{self._target.name}: {_lost(newest, track.unseen, age)}")

    def _take(self, track: Track) -> None:
        """Grasp at ``track`` from now on. Raises NoBlockError for what is not to be grasped."""
        look, place = self._model.grasp.look, track.pose[:3, 3]
        of_camera = self.place.covariance_of(self._model, look, place)
        track = replace(track, covariance=track.covariance + of_camera)
        check_block(self._target.name, track, self._task)
        last, self.track = self.track, track
        x, y, _ = track.pose[:3, 3]
        if self._scene is not None and (last is None or _apart(last, track) > MOVED):
            self._scene.place_block(float(x), float(y), heading(track))

    def _height(self, state: ArmState) -> float:
        """Return how far the tool is above the block [m]."""
        assert self.track is not None
        height = self._model.kinematics.tool_position(state.positions)[2]
        return float(height - self.track.pose[2, 3])

    def _error(self, state: ArmState) -> Vector:
        """Return how far the tool is from where the arm believes it, as calibrated [3] [m]."""
        tool = self._model.kinematics.tool_position
        there = tool(self.place.joints(state.positions, self._play.side(state.positions)))
        return np.subtract(there, tool(state.positions))


def _lost(newest: Watched, unseen: float, age: float) -> str:
    if age > LOST:
        return f"no picture for {age:.1f} s: the camera stands still, or the network is slow"
    remarks = "; ".join(newest.look.remarks)
    return f"lost sight of it {unseen + age:.1f} s ago" + (f": {remarks}" if remarks else "")


def check_block(name: str, track: Track, task: ToolTask) -> None:
    """Raise NoBlockError if the block of ``track`` is none that this ``task`` can grasp."""
    x, y, z = track.pose[:3, 3]
    if track.position_std > SURE:
        raise NoBlockError(
            f"{name}: known to ±{1e3 * track.position_std:.1f} mm only; a larger picture of it, or"
            " more light, tells more, and so does a hand-eye calibration from more poses"
        )
    above = z - task.block_height
    if abs(above) > RAISED:
        raise NoBlockError(
            f"{name}: its middle is {1e3 * above:+.0f} mm from where a block on the table has it;"
            " is it in a hand, or the camera's calibration of another place?"
        )
    lean = np.arccos(np.clip(np.abs(track.pose[2, :3]).max(), 0.0, 1.0))
    if lean > CROOKED:
        raise NoBlockError(f"{name}: leans by {degrees(lean):.0f} deg; lay it on a face")
    turn = degrees(heading(track))
    if isinstance(task, GraspTask) and abs(turn) > degrees(TURNED):
        raise NoBlockError(
            f"{name}: turned by {turn:.0f} deg, and the jaws of this policy do not turn; lay it"
            " with its sides along and across the line ahead of the arm"
        )
    try:
        task.model.grasp.check_place(float(x), float(y), slack=BESIDE)
    except RobotError as error:
        raise NoBlockError(f"{name}: {error}") from error


def heading(track: Track) -> float:
    """Return how far a cube's sides are turned from the base's axes [rad], within 45 deg."""
    # The axis that points up says nothing; either other one does, up to quarter turns.
    axis = int(np.argmin(np.abs(track.pose[2, :3])))
    turn = np.arctan2(track.pose[1, axis], track.pose[0, axis])
    return float((turn + np.pi / 4) % (np.pi / 2) - np.pi / 4)


def _apart(track: Track, other: Track) -> float:
    return hypot(*(track.pose[:2, 3] - other.pose[:2, 3]))


@contextmanager
def open_marker_sight(
    eye: Eye, target: Target, task: ToolTask, scene: GraspScene | None
) -> Iterator[Located]:
    """Yield what looks for ``target`` through ``eye``, whose place has to be known."""
    locator = Locator(eye.lens, [target], lost_after=LOST)
    with Watch(eye.camera, locator, eye.place_at_rest()) as watch:
        yield Located(eye, watch, target, task, scene)
