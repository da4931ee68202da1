"""A policy run by a real ``twinarm serve`` that has nothing installed but what a Pi has."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from forged_policies import GOOD, arrays, contract, forged
from safetensors.numpy import save
from verb_process import Interrupted, environment

from cli.sent_policy import pack_policy
from hardware.keys import KeyStore
from hardware.pairing import pair_local
from hardware.policy_run import RunState
from hardware.remote_arm import RemoteArm
from hardware.remote_run import RemoteRun
from policies.runs import find_policy
from robot.task import GraspTask

pytestmark = pytest.mark.real_time

ABSENT = (
    "gymnasium", "pybullet", "sim", "benchmarks", "cv2", "mediapipe", "matplotlib",
    "tensorboardX", "av", "torch", "stable_baselines3", "scipy", "PIL",
)  # fmt: skip
PI = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT}:
            raise ImportError(name + " is not on the Pi")

sys.meta_path.insert(0, Absent())
from cli.main import main
sys.exit(main(["serve", "--port", "0", "--keys", "keys", "--no-park"]))
"""
BLOCK = ("--block", "0.22", "0.01")


@pytest.fixture
def keys(tmp_path):
    store = KeyStore(tmp_path / "keys")
    pair_local(store)
    return store


@pytest.fixture
def pi(tmp_path, keys):
    """The address of the server."""
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PI],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    line = process.stdout.readline()
    assert "ready" in line, (tmp_path / "server.log").read_text()
    yield re.search(r"tcp://\S+\d", line).group()
    assert process.poll() is None, "the server died"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "Traceback" not in (tmp_path / "server.log").read_text()


@pytest.fixture
def observer(pi, keys):
    with RemoteArm(pi, keys=keys, observe=True) as arm:
        yield arm


def on_pi(pi, *more):
    return ("deploy", "dofbot-state", "--arm", pi, "--on", "pi", "--keys", "keys", *more)


def started(observer):
    """Whether the policy has moved the arm a good way to where the grasp begins."""
    return observer.state().positions[2] > 0.3


def assert_holds(observer):
    time.sleep(0.3)  # the servos come to rest
    here = observer.state().positions
    time.sleep(0.4)
    assert abs(observer.state().positions - here).max() < 0.01
    assert observer.telemetry().mode in ("holding", "stopped")


def assert_run_failed(observer, patience=20.0):
    limit = time.monotonic() + patience
    while observer.telemetry().counters.get("runs_failed") != 1:
        assert time.monotonic() < limit, "it goes on"
        time.sleep(0.02)
    assert_holds(observer)
    assert "runs_finished" not in observer.telemetry().counters


def test_the_pi_grasps_with_numpy_alone_and_is_watched(twinarm, pi, observer, tmp_path):
    told = twinarm(*on_pi(pi, *BLOCK, "--json", "--out", "out"))
    assert told.returncode == 0, told.stderr + (tmp_path / "server.log").read_text()
    figures = json.loads(told.stdout)
    assert figures["episodes"] == 1 and figures["successes"] is None, "nobody can know"
    assert figures["loop"]["rate"] == pytest.approx(20, rel=0.05)
    with (tmp_path / "out/moments.csv").open() as file:
        phases = [row["phase"] for row in csv.DictReader(file)]
    assert list(dict.fromkeys(phases)) == ["start", "policy", "close", "lift", "hold"]
    assert phases.count("policy") == pytest.approx(100, abs=10)
    counters = observer.telemetry().counters
    assert counters["runs_finished"] == 1 and "runs_failed" not in counters


@pytest.mark.slow
def test_the_twin_that_follows_tells_whether_the_block_was_grasped(twinarm, pi):
    told = twinarm(*on_pi(pi, "--mirror", "--json"))
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert figures["episodes"] == figures["successes"] == 1
    assert 0 < figures["divergence"]["tool_rms"] < 0.02


def test_a_workstation_that_is_killed_ends_the_run(pi, observer, tmp_path):
    going = Interrupted(tmp_path, *on_pi(pi, *BLOCK))
    going.until(lambda: started(observer))
    going.process.kill()
    going.process.communicate()
    assert_run_failed(observer)
    assert observer.telemetry().holder == ""


def test_a_workstation_that_freezes_ends_the_run(pi, observer, tmp_path):
    going = Interrupted(tmp_path, *on_pi(pi, *BLOCK))
    going.until(lambda: started(observer))
    going.process.send_signal(signal.SIGSTOP)
    assert_run_failed(observer)
    going.process.kill()
    going.process.communicate()


def test_ctrl_c_on_the_workstation_ends_the_run(pi, observer, tmp_path):
    code, output = Interrupted(tmp_path, *on_pi(pi, *BLOCK, "--out", "out")).when(
        lambda: started(observer)
    )
    assert code == 130 and "the arm holds" in output, output
    assert "Traceback" not in output
    assert_holds(observer)
    assert len((tmp_path / "out/moments.csv").read_text().splitlines()) > 5


def test_an_emergency_stop_ends_the_run_and_is_told(pi, observer, tmp_path):
    going = Interrupted(tmp_path, *on_pi(pi, *BLOCK))
    going.until(lambda: started(observer))
    observer.emergency_stop()
    output, _ = going.process.communicate(timeout=60)
    assert going.process.returncode == 2
    assert "twinarm: the run on the server ended: stopped (emergency stop by" in output
    assert "re-arm it" in output
    assert "episode 1/1: to the start" in output
    assert_holds(observer)


def hostile():
    """Yield what no workstation of ours would send, and what the server says to it."""
    yield pack_policy(find_policy("dofbot-depth")), "with a camera"
    yield forged(**contract(env_id="twinarm/UR5Grasp-v0")), "UR5Grasp-v0, but this server moves"
    yield forged(b"cbuiltins\nprint\n."), "not a safetensors file"
    yield forged(file="../../keys/server.key"), "names its weights '../../keys/server.key'"
    yield GOOD | {"weights": GOOD["weights"][:-1]}, "names its weights"
    yield GOOD | {"manifest": b"[" * 60_000}, "cannot be read"
    yield forged(save(arrays() | {"1.bias": np.full(128, np.nan, np.float32)})), "not finite"


def test_what_no_workstation_of_ours_would_send_is_refused_and_nothing_moves(pi, keys):
    with RemoteArm(pi, keys=keys) as arm:
        before = arm.state().positions
        run, task = RemoteRun(arm), GraspTask(arm.model)
        for files, said in hostile():
            run.start(files, task, [arm.model.grasp.area_centre])
            while (status := run.status()).state is RunState.RUNNING:
                time.sleep(0.01)
            assert said in status.message
        assert abs(arm.state().positions - before).max() < 0.01


def test_a_server_without_policies_says_what_to_start(twinarm, keys, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "hardware.local", "--keys", "keys", "--port", "0"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        url = re.search(r"tcp://\S+\d", process.stdout.readline()).group()
        told = twinarm(*on_pi(url, *BLOCK))
        process.kill()
    assert told.returncode == 2
    assert "start it with `twinarm serve`" in told.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("dofbot-state", "--on", "pi"), "--on pi needs a server"),
        (("dofbot-state", "--on", "pi", "--arm", "tcp://h", "--episodes", "33"), "at most 32"),
        (("dofbot-state", "--on", "pi", "--arm", "tcp://h"), "where is the block?"),
        (("dofbot-depth", "--on", "pi", "--arm", "tcp://h", "--mirror"), "finds the block with a"),
        (("dofbot-state", "--on", "mars"), "here"),
    ],
)
def test_what_cannot_run_on_the_pi_is_refused_before_connecting(twinarm, args, said):
    told = twinarm("deploy", *args)
    assert told.returncode == 2
    assert said in told.stderr and "Traceback" not in told.stderr


def test_nothing_that_runs_on_the_pi_names_what_is_not_there():
    root = Path(__file__).parents[2]
    program = (
        f"import sys, cli.serve\nprint(', '.join(name for name in {ABSENT} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
