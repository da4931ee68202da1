"""An arm on a hand-wound clock, and a camera that renders the board it sees from there."""

from dataclasses import dataclass, field
from functools import cache
from math import radians

import numpy as np
from hand_clock import HandClock

from cli.board_tour import Watch
from perception.board import BOARDS
from perception.camera import Camera, Frame
from perception.hand_eye_model import HandEyeView, Rig, Setup
from perception.lens import Lens
from perception.rigid import moved
from robot.kinematic_arm import KinematicArm
from robot.link_chain import LinkChain, mount_of
from robot.loop import ControlLoop
from robot.model import load_arm
from robot.pilot import Pilot
from sim.optics import RayMap
from sim.photo import Exposure
from sim.quads import Quad
from sim.textured_scene import TexturedBody, render

MODEL = load_arm("dofbot")
BOARD = BOARDS["a4"]
LENS = Lens(
    np.array([[540.0, 0.0, 325.0], [0.0, 541.0, 236.0], [0.0, 0.0, 1.0]]),
    np.array([-0.2, 0.05, 0.0005, -0.0005, 0.0]),
    (640, 480),
)


@cache
def _rays() -> RayMap:
    return RayMap(LENS)


@dataclass
class BoardCamera(Camera):
    """Sees the board where the hidden ``truth`` has it with the arm where it is."""

    arm: KinematicArm
    rig: Rig
    truth: Setup
    clock: HandClock
    seed: int = 0
    joint_noise: float = radians(0.05)
    shown: int = 0
    late: float = 0.0
    hidden_after: int = 10**6
    moved_after: int = 10**6
    size: tuple[int, int] = LENS.size
    name: str = "rendered"
    _pose: np.ndarray = field(default_factory=lambda: np.full(MODEL.n, np.nan))

    def __post_init__(self) -> None:
        width, height = BOARD.columns * BOARD.square, BOARD.rows * BOARD.square
        corners = np.array([[0, 0, 0], [width, 0, 0], [width, height, 0], [0, height, 0]])
        self._quad = Quad(corners.astype(float), BOARD.texture(48))
        self._rays = _rays()
        self._random = np.random.default_rng(self.seed)

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def read(self, patience_s: float = 1.0) -> Frame | None:
        self.shown += 1
        image = self._picture() if self.shown <= self.hidden_after else self._rays_only()
        width, height = self.size
        return Frame(image[:height, :width], self.clock() - self.late, self.shown)

    def _picture(self):
        truth = self.truth
        if self.shown > self.moved_after:
            shifted = moved(truth.T_other_board, np.array([0.03, 0.0, 0.0, 0.0, 0.0, 0.05]))
            truth = Setup(truth.T_parent_camera, shifted, truth.zero, truth.gain)
        here = self.arm.state().positions
        if not np.array_equal(here, self._pose):
            self._pose = here
            self._off = self._random.normal(0.0, self.joint_noise, MODEL.n)
        view = HandEyeView(here + self._off, 0.0 * here, BOARD.points, BOARD.points[:, :2])
        body = TexturedBody([self._quad], self.rig.T_camera_board(truth, view))
        return render(self._rays, [body], Exposure(blur=0.5, noise=2.0), seed=self.shown)

    def _rays_only(self):
        return render(self._rays, [], Exposure(noise=2.0), seed=self.shown)


def wrist_rig() -> Rig:
    return Rig(LinkChain(MODEL, mount_of(MODEL, "camera")[0]), LENS, camera_moves=True)


def tripod_rig() -> Rig:
    return Rig(LinkChain(MODEL, MODEL.tool_link), LENS, camera_moves=False)


def watch(rig: Rig, truth: Setup, **changes) -> Watch:
    """Return an arm and a camera ready for a tour, with ``changes`` to the camera."""
    clock = HandClock()
    arm = KinematicArm(MODEL, clock=clock)
    arm.connect()
    camera = BoardCamera(arm, rig, truth, clock, **changes)

    def sleep(seconds: float) -> None:
        clock.now += seconds

    loop = ControlLoop(20.0, clock=clock, sleep=sleep)
    return Watch(Pilot(arm, loop), camera, LENS, BOARD, clock)
