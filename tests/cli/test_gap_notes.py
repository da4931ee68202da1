"""What is kept of pictures in which a block is looked for, with a recording as the camera."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from marker_pictures import CUBE, LENS, at, picture
from true_files import exact_place

from cli.camera_eye import Eye
from cli.deployment import Outcome
from cli.gap_notes import NotedTable, Shown, Side
from cli.marker_sight import Located
from cli.tables import RealTable
from perception.jpeg import decode
from perception.locate import Locator
from perception.open_camera import open_camera
from perception.watch import Watch
from robot.command import JointCommand
from robot.grasp_run import Tick
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm
from robot.task import GraspTask

MODEL = load_arm("dofbot")
TASK = GraspTask(MODEL)
POSE = at(0.04, 0.03, 0.4, 0.5, 0.55, 0.2)
STAY = JointCommand(MODEL.home, 0.03)


class Looked:
    """A table of which notes are taken, and a sight that looks only when it is told to."""

    def __init__(self, arm: KinematicArm, sight: Located, watch: Watch) -> None:
        self.side = Side()
        self.table = NotedTable(RealTable(arm, TASK), sight, None, self.side, range(1))
        self._sight, self._watch = sight, watch

    def look(self) -> np.ndarray:
        self._watch.step()
        self._sight.seen = self._watch.newest()
        assert self._sight.seen is not None
        return self._sight.seen.frame.image

    def policy(self) -> None:
        self.table.watch(Tick("policy", STAY, STAY))

    @property
    def shown(self) -> Shown | None:
        return self.side.attempts[-1].shown


@pytest.fixture
def looked(tmp_path: Path) -> Iterator[Looked]:
    for i in range(3):
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture((CUBE, POSE), seed=i) // (i + 1))
    with open_camera(f"images:{tmp_path}") as camera, KinematicArm(MODEL) as arm:
        first = camera.read()
        assert first is not None
        eye = Eye(camera, first, LENS, exact_place(MODEL, camera.name, False, np.eye(4)), None)
        watch = Watch(camera, Locator(LENS, [CUBE]), lambda stamp: np.eye(4))
        yield Looked(arm, Located(eye, watch, CUBE, TASK, None), watch)


def test_the_picture_from_when_the_arm_set_out_is_kept_small(looked: Looked) -> None:
    looked.table.lay(0)
    image = looked.look()
    looked.policy()
    looked.look()
    looked.policy()
    looked.table.end(Outcome(True))
    assert looked.shown is not None and "cube" in looked.shown.look.sightings
    assert len(looked.shown.jpeg) < image.nbytes / 5
    assert np.abs(decode(looked.shown.jpeg).astype(float) - image).mean() < 5.0


def test_of_an_attempt_that_was_given_up_the_newest_picture_is_kept(looked: Looked) -> None:
    looked.table.lay(0)
    looked.look()
    image = looked.look()
    looked.table.end(Outcome(False, "leans"))
    assert looked.shown is not None
    assert np.abs(decode(looked.shown.jpeg).astype(float) - image).mean() < 5.0
