import csv
import json
import socket
from collections import Counter

import av
import numpy as np
import pytest
from small_policies import DEPTH, STATE, save_untrained

from cli.deploy import Options, check_sight, trained_task
from cli.main import main
from cli.sight import Seen, SeenFromAfar
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from policies.errors import CheckpointError
from policies.policy_files import load_policy
from robot.errors import RobotError
from sim.depth_env import DepthGraspEnv
from sim.grasp_scene import GraspScene
from sim.randomization import ROBUST_TASK

pytestmark = pytest.mark.real_time

PLACE = (0.2, 0.02)


@pytest.mark.parametrize("asked", [{"fov_degrees": 75.0}, {"task": "full", "image_size": 48}])
def test_a_deployed_policy_sees_what_it_saw_in_training(tmp_path, asked):
    saved = load_policy(save_untrained(tmp_path, DEPTH, **asked))
    task = trained_task(saved, "p")
    env = DepthGraspEnv(**asked)
    expected, _ = env.reset(seed=0, options={"block": PLACE})
    with GraspScene(task.model) as scene, scene.arm:
        start = task.start_command
        scene.arm.teleport(start.positions, start.gripper)
        scene.world.step(48)
        scene.place_block(*PLACE)
        task.reset(scene.arm.state())
        sight = Seen(scene, task, saved.contract)
        observation = sight(scene.arm.state())
    env.close()
    np.testing.assert_allclose(observation["state"], expected["state"], atol=1e-4)
    differing = observation["depth"].astype(int) - expected["depth"]
    assert abs(differing).max() <= 1
    assert np.array_equal(sight.image, observation["depth"])


def test_beside_a_remote_arm_the_camera_is_where_that_arm_has_its_wrist(tmp_path):
    saved = load_policy(save_untrained(tmp_path, DEPTH))
    task = trained_task(saved, "p")
    env = DepthGraspEnv()
    expected, _ = env.reset(seed=0, options={"block": PLACE})
    state = env.scene.arm.state()
    env.close()
    with GraspScene(task.model) as stage, GraspScene(task.model) as mirrored:
        mirrored.arm.teleport(task.model.rest, 0.0)
        mirrored.place_block(*PLACE)
        task.reset(state)
        observation = SeenFromAfar(stage, mirrored, task, saved.contract)(state)
        np.testing.assert_array_equal(observation["state"], expected["state"])
        assert abs(observation["depth"].astype(int) - expected["depth"]).max() <= 1
        assert np.allclose(mirrored.arm.true_positions(), task.model.rest)


def test_the_task_has_the_timing_that_the_policy_was_trained_with(tmp_path):
    seen = load_policy(save_untrained(tmp_path / "seen", DEPTH))
    told = load_policy(save_untrained(tmp_path / "told", STATE))
    assert trained_task(seen, "p").config == ROBUST_TASK
    assert trained_task(told, "p").config != ROBUST_TASK


def test_a_camera_that_looks_from_elsewhere_is_refused_naming_both(tmp_path):
    saved = load_policy(save_untrained(tmp_path, DEPTH, details={"far": 0.5}))
    with pytest.raises(CheckpointError, match=r"p: made for details.far 0.5, but this needs 0.3"):
        trained_task(saved, "p")
    with DepthGraspEnv().scene as scene, pytest.raises(CheckpointError, match=r"0\.5.*has.*0\.3"):
        Seen(scene, trained_task_of(tmp_path), saved.contract)


def trained_task_of(folder):
    return trained_task(load_policy(save_untrained(folder / "nominal", DEPTH)), "p")


def test_a_real_arm_without_a_camera_is_refused_before_it_is_called(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_untrained(tmp_path / "p", DEPTH)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert main(["deploy", "p", "--arm", address, "--block", "0.2", "0.0"]) == 2
        with pytest.raises(BlockingIOError):
            server.accept()
    told = capsys.readouterr().err
    assert "with a depth camera at the wrist" in told
    assert "--mirror simulates one" in told
    assert not (tmp_path / "runs").exists()


def test_a_policy_that_is_told_the_block_needs_no_camera(tmp_path):
    saved = load_policy(save_untrained(tmp_path, STATE))
    check_sight(saved, Options("p", arm="tcp://pi:5555"))
    with pytest.raises(RobotError, match="depth camera"):
        check_sight(load_policy(save_untrained(tmp_path / "seen", DEPTH)), Options("p", "tcp://pi"))


def test_a_policy_of_another_task_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_untrained(tmp_path / "p", "Pendulum-v1")
    assert main(["deploy", "p"]) == 2
    assert "Pendulum-v1 is no grasp of ours" in capsys.readouterr().err


@pytest.mark.slow
def test_the_mirrored_camera_steers_an_arm_over_tcp(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = KeyStore(tmp_path / "keys")
    pair_local(keys)
    save_untrained(tmp_path / "p", DEPTH)
    with EmulatedServerProcess(keys=keys) as server:
        code = main([
            "deploy", "p", "--arm", server.url, "--mirror", "--json", "--video",
            "--keys", str(keys.folder), "--out", "out",
        ])  # fmt: skip
    assert code == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["episodes"] == 1
    assert figures["loop"]["rate"] == pytest.approx(20, rel=0.1)
    assert 0 < figures["divergence"]["tool_rms"] < 0.02
    with (tmp_path / "out/moments.csv").open() as file:
        phases = Counter(row["phase"] for row in csv.DictReader(file))
    assert phases["close"] == ROBUST_TASK.close_steps
    assert phases["lift"] == ROBUST_TASK.lift_steps + ROBUST_TASK.settle_steps
    with av.open(str(tmp_path / "out/deploy.mp4")) as video:
        last = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)][-1]
    ours, twins = last[:, :400], last[:, 400:]
    assert abs(ours[20:130, -130:].astype(int) - twins[20:130, -130:]).mean() > 20
