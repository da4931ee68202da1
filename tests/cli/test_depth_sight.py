"""The depth camera of an arm's server as a policy's eye, with real sockets and real faults."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread, Timer
from typing import Any, Self

import cv2
import numpy as np
import pytest
from camera_contract import jpeg
from camera_server import camera_server

from cli.cameras import open_any
from cli.depth_sight import DepthSight, open_depth_sight, resampling_for, why_no_block
from cli.depth_watch import STALE
from cli.main import main
from cli.sight import NoBlockError
from hardware.frames import Encoded, EncodedDepth, EncodedFrame
from hardware.remote_arm import RemoteArm
from perception.depth_frame import DepthFrame
from perception.errors import CameraError
from perception.standing import Standing, standing
from policies.errors import CheckpointError
from policies.policy_files import load_policy
from policies.runs import find_policy
from robot.command import ArmState
from robot.depth_image import DepthRange
from robot.grasp_run import GraspRun
from robot.link_chain import LinkChain
from robot.model import load_arm
from robot.task import GraspTask
from sim.cell_depth import CellDepth
from sim.cell_scene import CellScene
from sim.cell_truth import draw_cell
from sim.randomization import ROBUST_TASK

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
SAVED = load_policy(find_policy("dofbot-depth"))
CONTRACT = SAVED.contract
TASK = GraspTask(MODEL, ROBUST_TASK)
UNIT, SIDE, FIELD = 1e-4, 96, 82.0
SCENE = np.random.default_rng(0).integers(300, 3500, (SIDE, SIDE), np.uint16)
STATE = ArmState(TASK.start_command.positions, np.zeros(MODEL.n), 0.06, 0.0)


def png(values: np.ndarray = SCENE) -> bytes:
    return bytes(cv2.imencode(".png", values)[1])


class TestDepth:
    """Measures at 30 Hz; what a test changes in it, it changes in the next picture."""

    __test__ = False
    name = "deep"

    def __init__(self) -> None:
        self.going, self._over = Event(), Event()
        self.frame: Encoded | None = None
        self.right()
        self._thread = Thread(target=self._run, daemon=True)

    def right(self) -> None:
        """Measure as it should."""
        self.going.set()
        self.make: Callable[[float, int], Encoded] = lambda stamp, number: EncodedDepth(
            png(), stamp, number, SIDE, SIDE, UNIT, FIELD
        )

    def spoil(self, **changes: Any) -> None:
        """Measure with ``changes`` in each picture."""
        good = EncodedDepth(png(), 0.0, 0, SIDE, SIDE, UNIT, FIELD)
        self.make = lambda stamp, number: replace(good, stamp=stamp, number=number, **changes)

    def latest(self) -> Encoded | None:
        return self.frame

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self.going.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(1 / 30):
            self.going.wait()
            number += 1
            self.frame = self.make(time.monotonic(), number)


@pytest.fixture(scope="module")
def source() -> Iterator[TestDepth]:
    with TestDepth() as source:
        yield source


@pytest.fixture(scope="module")
def url(source: TestDepth) -> Iterator[str]:
    with camera_server(source) as url:
        yield url


@pytest.fixture
def sight(url: str, source: TestDepth) -> Iterator[DepthSight]:
    try:
        with open_depth_sight(url, TASK, CONTRACT, None, True) as sight:
            yield sight
    finally:
        source.right()


def look_until_it_fails(sight: DepthSight, seconds: float = 3.0) -> None:
    """Look at the pace of a grasp for as long as that is safe."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sight(STATE)
        time.sleep(0.02)


def test_a_policy_is_shown_what_its_own_camera_would_see(sight: DepthSight) -> None:
    packed = sight(STATE)
    wanted = DepthRange(0.04, 0.3).encode(SCENE[1::3, 1::3].astype(np.float32) * np.float32(UNIT))
    np.testing.assert_array_equal(packed["depth"], wanted)
    np.testing.assert_array_equal(packed["state"], TASK.proprioception(STATE))
    assert np.array_equal(sight.image, packed["depth"])
    assert SAVED.act(packed).shape == (2,)


def test_each_look_is_at_the_newest_picture(sight: DepthSight, source: TestDepth) -> None:
    source.spoil(png=png(np.full((SIDE, SIDE), 1000, np.uint16)))
    deadline = time.monotonic() + 20.0
    while not (sight(STATE)["depth"] == DepthRange(0.04, 0.3).encode(np.full((1, 1), 0.1))).all():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_camera_that_stands_still_is_told_before_the_arm_gropes(
    sight: DepthSight, source: TestDepth
) -> None:
    sight(STATE)
    source.going.clear()
    stood = time.monotonic()
    with pytest.raises(CameraError, match=r"newest depth picture of deep is 0\.\d\d s old.*still"):
        look_until_it_fails(sight)
    assert STALE - 0.1 < time.monotonic() - stood < STALE + 0.5


def test_a_hiccup_of_the_camera_is_waited_out(sight: DepthSight, source: TestDepth) -> None:
    sight(STATE)
    source.going.clear()
    stood = time.monotonic()
    Timer(STALE + 0.05, source.going.set).start()
    while time.monotonic() < stood + 1.0:
        sight(STATE)
        assert time.monotonic() - sight._watch.newest().stamp < STALE + 0.01


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"png": png()[:-20]}, r"s old.*\d+ pictures came damaged"),
        ({"png": png(SCENE[:50])}, r"s old.*came damaged"),
        ({"png": jpeg(1)}, r"s old.*came damaged"),
        ({"width": 48, "height": 48}, r"changed from \(96, 96\) to \(48, 48\)"),
        ({"unit": 1.0}, "is .* s old"),
    ],
)
def test_what_is_no_whole_picture_of_that_size_is_never_shown(
    sight: DepthSight, source: TestDepth, changes: dict[str, Any], said: str
) -> None:
    source.spoil(**changes)
    with pytest.raises(CameraError, match=said):
        look_until_it_fails(sight)


def test_a_camera_that_turns_into_one_of_colour_is_told(
    sight: DepthSight, source: TestDepth
) -> None:
    source.make = lambda stamp, number: EncodedFrame(jpeg(number), stamp, number, 64, 48)
    with pytest.raises(CameraError, match="takes pictures in colour, and depth is needed"):
        look_until_it_fails(sight)


def test_a_server_that_is_gone_is_told() -> None:
    with TestDepth() as source:
        with camera_server(source) as url:
            opened = open_depth_sight(url, TASK, CONTRACT, None, True)
            sight = opened.__enter__()
            sight(STATE)
        with pytest.raises(CameraError, match=r"connection was lost|s old"):
            look_until_it_fails(sight)
        opened.__exit__(None, None, None)


def test_a_grasp_ends_where_its_camera_stood_still(url: str, source: TestDepth) -> None:
    with (
        RemoteArm(url, keys=None) as arm,
        open_depth_sight(url, TASK, CONTRACT, None, True) as sight,
    ):
        ticks = 0
        with pytest.raises(CameraError, match="safe to move by"):
            for _ in GraspRun(arm, TASK, SAVED.act, sight).grasp():
                ticks += 1
                if ticks == 10:
                    source.going.clear()
        source.right()
    assert 10 <= ticks < 10 + 20 * (STALE + 0.2), "and no command while it was stale"


def test_whoever_needs_colour_refuses_a_depth_camera(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        open_any(url, insecure=True) as camera,
        pytest.raises(CameraError, match=r"deep at tcp.* measures depth.*--cell-camera wrist"),
    ):
        camera.read()
    assert main(["locate", "--camera", url, "--insecure-loopback", "--once"]) == 2
    assert "measures depth, and pictures in colour are needed" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["0", "video:film.mp4", "sim"])
def test_only_a_server_has_a_depth_camera(address: str) -> None:
    with (
        pytest.raises(CameraError, match=r"depth comes only from an arm's server.*tcp://"),
        open_depth_sight(address, TASK, CONTRACT, None, True),
    ):
        pass


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"fov_degrees": 58.0}, "sees 58 deg from top to bottom.*trained for 82 deg"),
        ({"depth": np.zeros((24, 96), np.float32)}, "24.* px.*32 px"),
        ({"unit": 4e-6}, "no more than 0.262 m.*0.3 m"),
        ({"unit": 2e-3}, "steps of 2 mm.*1 mm"),
    ],
)
def test_a_camera_that_cannot_serve_the_policy_is_refused(frame: dict[str, Any], said: str) -> None:
    good = DepthFrame(np.zeros((96, 96), np.float32), 0.0, 1, UNIT, FIELD)
    with pytest.raises(CheckpointError, match=said):
        resampling_for("deep", replace(good, **frame), CONTRACT)


@pytest.mark.parametrize("fov", [78.0, 82.0, 100.0])
def test_a_camera_that_sees_about_as_much_or_more_is_taken(fov: float) -> None:
    frame = DepthFrame(np.ones((96, 128), np.float32), 0.0, 1, 1e-3, fov)
    seen = resampling_for("deep", frame, CONTRACT)(frame.depth)
    assert seen.shape == (32, 32) and (seen[1:-1, 1:-1] == 1.0).all()


@contextmanager
def looked_at(seed: int) -> Iterator[tuple[CellScene, Callable[[], str]]]:
    """Yield the cell of ``seed``, and what tells why no block is seen in it."""
    T_base_camera = LinkChain(MODEL, MODEL.depth_camera.link).pose(MODEL.grasp.look)
    with CellScene(MODEL, draw_cell(seed)) as scene:
        scene.arm.teleport(MODEL.grasp.look, MODEL.gripper.max_opening)
        view = CellDepth(scene)

        def why() -> str:
            frame = DepthFrame(view.picture(), 0.0, 1, UNIT, FIELD)
            return why_no_block(standing(frame, T_base_camera, MODEL.table_height), MODEL)

        yield scene, why


@pytest.mark.parametrize("seed", range(200, 210))
def test_a_block_is_found_in_every_cell_before_the_arm_sets_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    with looked_at(seed) as (scene, why):
        for _ in range(3):
            scene.place_block(*MODEL.grasp.draw_place(random), float(random.uniform(-0.8, 0.8)))
            assert why() == ""
        scene.place_block(0.22, 0.12)
        assert "y = 0.1" in why() and "out of reach" in why()
        scene.place_block(-0.3, 0.3)
        assert "nothing stands on the table" in why()


def stand(scene: CellScene, size: float, x: float, y: float, yaw: float) -> int:
    """Put one more cube of edge ``size`` [m] on the table."""
    body = scene.world.add_block(size, 0.02)
    _, _, table = scene.spot(x, y)[0]
    scene.world.place(body, (x, y, table + size / 2), yaw)
    return body


@pytest.mark.parametrize("size", [0.026, 0.034])
def test_blocks_of_all_sizes_of_training_are_taken_however_they_are_turned(size: float) -> None:
    with looked_at(210) as (scene, why):
        scene.place_block(-0.3, 0.3)
        for yaw in np.radians(range(0, 90, 15)):
            body = stand(scene, size, *MODEL.grasp.area_centre, yaw)
            assert why() == ""
            scene.world.remove(body)


@pytest.mark.parametrize("seed", range(211, 215))
def test_two_blocks_that_touch_or_nearly_do_are_not_one(seed: int) -> None:
    x, y = MODEL.grasp.area_centre
    with looked_at(seed) as (scene, why):
        for yaw in np.radians(range(0, 180, 30)):
            for gap in (0.0, 0.001):
                scene.place_block(x, y, yaw)
                away = scene.truth.block_size + gap
                at = x + away * np.cos(yaw), y + away * np.sin(yaw)
                body = stand(scene, scene.truth.block_size, *at, yaw)
                assert "more than one thing" in why()
                scene.world.remove(body)


@pytest.mark.parametrize("seed", range(211, 215))
def test_a_thing_of_half_the_size_is_no_block(seed: int) -> None:
    with looked_at(seed) as (scene, why):
        scene.place_block(-0.3, 0.3)
        stand(scene, 0.014, *MODEL.grasp.area_centre, 0.0)
        assert "too small for a block" in why() or "nothing stands" in why()


def test_more_than_one_block_is_told() -> None:
    assert "is 70 mm wide, or more than one thing" in why_no_block(Standing(0.2, 0, 0.07), MODEL)


def test_a_small_thing_is_told() -> None:
    assert "is 12 mm wide: too small" in why_no_block(Standing(0.2, 0, 0.012), MODEL)


def test_nothing_is_grasped_where_no_block_is(url: str, source: TestDepth) -> None:
    source.spoil(png=png(np.full((SIDE, SIDE), 1900, np.uint16)))
    laid = []
    with (
        RemoteArm(url, keys=None) as arm,
        open_depth_sight(url, TASK, CONTRACT, None, True) as sight,
    ):
        run = GraspRun(arm, TASK, SAVED.act, sight)
        with pytest.raises(NoBlockError, match="nothing stands on the table"):
            for tick in sight.approach(run, lambda: laid.append("a block that is not there")):
                assert tick.phase == "look"
    source.right()
    assert laid
