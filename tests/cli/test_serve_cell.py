"""The served cell: grasped in over the bridge, seen over the bridge, judged beside it."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from cli.cameras import open_any
from cli.deploy import trained_task
from cli.depth_sight import open_depth_sight
from cli.emulated_cell import cell_props
from cli.judged_cell import JudgedCell
from hardware.remote_arm import RemoteArm
from perception.board import named_board
from perception.cube import CubeTarget
from perception.lens import Lens
from perception.markers import MarkerDetector
from policies.policy_files import load_policy
from policies.runs import find_policy
from robot.errors import RobotError
from robot.grasp_run import GraspRun
from robot.model import load_arm
from robot.task import Block
from sim.cell_scene import pose_matrix
from sim.cell_truth import draw_cell
from sim.grasp_scene import GraspScene

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
SEED = 1
SETTLED = 0.5  # [s]


@pytest.fixture(scope="module")
def cell() -> Iterator[JudgedCell]:
    with JudgedCell(SEED, camera="fixed") as cell:
        yield cell


def test_locate_would_see_the_block_through_the_bridge_where_it_truly_is(cell: JudgedCell) -> None:
    cell.place_block(0.22, 0.03, 0.4)
    truth, score = cell.truth(), cell.score()
    target, hidden = CubeTarget(), draw_cell(SEED).lens("fixed")
    lens = Lens(hidden.matrix, hidden.distortion, hidden.size)
    with open_any(cell.url, insecure=True) as camera:
        time.sleep(0.3)
        frame = camera.read()
    assert frame is not None and camera.name == f"cell-{SEED}-fixed"
    markers = MarkerDetector(target.dictionary, lens).detect(frame.image[:, :, 1].copy())
    assert markers
    T_base_block = pose_matrix((score["block_position"], score["block_turn"]))
    T = np.linalg.inv(np.array(truth["T_base_camera"])) @ T_base_block
    for marker in markers:
        face = T @ target.faces[marker.id]
        half = target.tag / 2.0
        corners = np.array([[-half, half], [half, half], [half, -half], [-half, -half]])
        points = corners @ face[:3, :2].T + face[:3, 3]
        expected = lens.project(points)
        assert np.abs(marker.corners - expected).max() < 1.5


def test_a_judge_is_told_what_is_wrong_with_a_question(cell: JudgedCell) -> None:
    with pytest.raises(RobotError, match="waved"):
        cell.set_stage("tabel")
    with pytest.raises(RobotError, match="a judge asks one of place_block"):
        cell._ask("process")
    assert cell.score()["lifted_s"] == 0.0


def lifts(cell: JudgedCell, run: GraspRun) -> bool:
    """Grasp once the block that is in the ``cell``; return whether it is lifted then."""
    for tick in run.grasp():  # noqa: B007  the last one is held
        pass
    for _ in range(10):  # the arm lags behind what it was told
        time.sleep(0.05)
        run.arm.command(tick.asked)
    return bool(cell.score()["lifted_s"] >= SETTLED)


@pytest.mark.slow
def test_a_policy_that_is_told_where_the_block_truly_is_lifts_it(cell: JudgedCell) -> None:
    saved = load_policy(find_policy("dofbot-state"))
    task = trained_task(saved, "dofbot-state")
    blocks: list[Block] = []
    with RemoteArm(cell.url, keys=None) as arm:
        run = GraspRun(arm, task, saved.act, lambda state: task.observation(state, blocks[-1]))
        for _ in run.go_to_start():
            pass
        cell.place_block(0.21, 0.02)
        time.sleep(0.1)
        blocks.append(Block(np.array(cell.score()["block_position"])))
        assert lifts(cell, run)


@pytest.mark.slow
def test_a_policy_that_sees_lifts_the_block_through_the_cells_depth_camera() -> None:
    saved = load_policy(find_policy("dofbot-depth"))
    task = trained_task(saved, "dofbot-depth")
    with (
        JudgedCell(101, camera="depth") as cell,
        RemoteArm(cell.url, keys=None) as arm,
        GraspScene(MODEL) as shown,
        open_depth_sight(cell.url, task, saved.contract, None, True, shown) as sight,
    ):
        run = GraspRun(arm, task, saved.act, sight)
        for _ in sight.approach(run, lambda: cell.place_block(0.21, -0.03)):
            pass
        assert np.hypot(*(shown.block().position[:2] - (0.21, -0.03))) < 0.02
        truth = cell.truth()
        assert truth["fov_degrees"] == MODEL.depth_camera.fov_degrees + truth["values"]["depth_fov"]
        assert lifts(cell, run)


def test_what_is_printed_for_a_cell_is_what_perception_looks_for() -> None:
    props, board = cell_props("a4"), named_board("a4")
    assert len(props.block) == 6 and props.block_edge == CubeTarget().size
    wide, high, _ = np.ptp(props.board[0].corners, axis=0)
    assert (wide, high) == pytest.approx((board.columns * board.square, board.rows * board.square))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cell", "1", "--driver", "i2c"), "leave out --driver i2c"),
        (("--cell", "1", "--camera", "0"), "leave out --camera"),
        (("--cell", "-1"), "0 or more"),
        (("--cell", "1", "--cell-board", "a0"), "a4"),
        (("--cell", "1", "--cell-camera", "depth", "--cell-shows", "board"), "sees no print"),
    ],
)
def test_options_that_no_cell_can_have_are_told(
    twinarm: Callable[..., object], options: tuple[str, ...], said: str
) -> None:
    done = twinarm("serve", "--insecure-loopback", *options)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
