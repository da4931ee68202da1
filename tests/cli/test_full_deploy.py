import numpy as np
import pytest
from small_policies import STATE, save_untrained

from cli.arms import Cell
from cli.deployment import Deployment, Grasping, deploy
from cli.main import main
from cli.places import draw_spot
from cli.sight import Told
from cli.tables import SceneTable
from robot.full_task import FullGraspTask
from robot.kinematic_arm import KinematicArm
from robot.loop import ControlLoop
from robot.mirror import MirroredArm
from robot.model import load_arm
from sim.clock import SimClock
from sim.full_expert import FullGraspExpert
from sim.grasp_scene import GraspScene
from sim.world import GRIP

pytestmark = pytest.mark.real_time

REMOTE = ["--arm", "tcp://127.0.0.1:9", "--insecure-loopback"]


BLIND = [*REMOTE, "--block", "0.22", "0.0"]


@pytest.mark.parametrize(
    "verb",
    [
        ["deploy", "./full"],
        ["record", "demos", "--source", "./full"],
        ["record", "demos", "--grasp", "full"],
    ],
)
def test_a_turned_block_is_not_grasped_at_where_nobody_tells_its_turn(
    tmp_path, capsys, monkeypatch, verb
):
    monkeypatch.chdir(tmp_path)
    save_untrained(tmp_path / "full", STATE, task="full")
    assert main([*verb, *BLIND]) == 2
    assert "--block does not say how: --camera looks" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "verb",
    [
        ["deploy", *REMOTE, "--camera", "tcp://127.0.0.1:9"],
        ["gap", "--cell", "7"],
    ],
)
def test_nor_is_one_put_on_a_target_that_no_camera_sees(tmp_path, capsys, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    save_untrained(tmp_path / "place", STATE, task="place")
    assert main([verb[0], "./place", *verb[1:]]) == 2
    assert "puts blocks on a target, and only a simulation" in capsys.readouterr().err


def test_nor_is_it_run_by_a_server_that_is_not_told(tmp_path, capsys):
    policy = save_untrained(tmp_path / "full", STATE, task="full")
    assert main(["deploy", str(policy), *REMOTE, "--mirror", "--on", "pi"]) == 2
    assert "so run --on here" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dofbot", "ur5"])
def test_turned_blocks_are_grasped_in_the_mirror_of_an_arm_that_closes_on_nothing(name):
    model, clock, random, done = load_arm(name), SimClock(), np.random.default_rng(1), Deployment()
    task = FullGraspTask(model)
    places = [draw_spot(task, random) for _ in range(2)]
    with GraspScene(model, clock=clock, pace=GRIP) as scene:
        pair = MirroredArm(KinematicArm(model, clock=clock), scene.arm)
        scene.arm.limit_motion()
        with pair:
            table = SceneTable(Cell(pair, scene, pair), task, places)
            loop = ControlLoop(1.0 / task.config.period, clock=clock, sleep=clock.sleep)
            act, sight = FullGraspExpert(task).act, Told(task, table.block)
            grasping = Grasping(Cell(pair, scene, pair), task, act, sight, table, loop)
            deploy(grasping, len(places), done, lambda number, outcome: None)
    assert done.successes == len(places)
    assert min(moment.arm.gripper for moment in done.moments) == pytest.approx(task.closed)
