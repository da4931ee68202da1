"""What a Pi needs, in a Python where the simulator, the learner and the cameras cannot be had."""

import os
import re
import signal
import subprocess
import sys

import pytest
from verb_process import ROOT

from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from robot.command import JointCommand
from robot.loop import ControlLoop

BLOCKER = """
import importlib.abc, sys
NOT_ON_A_PI = {"pybullet", "pybullet_data", "gymnasium", "mediapipe", "cv2", "matplotlib",
               "tensorboardX", "torch", "stable_baselines3", "av"}
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in NOT_ON_A_PI:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
"""
VERBS = ("serve", "pair", "doctor", "calibrate", "install")


@pytest.fixture
def pi(tmp_path):
    """Return the environment of such a Python, with nothing of this user's in it."""
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    return {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
        "HOME": str(tmp_path),
        "TWINARM_KEYS": str(tmp_path / "keys"),
    }


def twinarm(pi, *args):
    command = [sys.executable, "-m", "cli.main", *args]
    return subprocess.run(
        command, env=pi, cwd=pi["HOME"], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_blocked_packages_cannot_be_imported(pi):
    told = subprocess.run([sys.executable, "-c", "import gymnasium"], env=pi, check=False)
    assert told.returncode == 1


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_a_pi_has_its_help(pi, verb):
    told = twinarm(pi, verb, "--help")
    assert told.returncode == 0, told.stderr
    assert "examples:" in told.stdout


def test_doctor_finds_nothing_broken(pi):
    told = twinarm(pi, "doctor", "--driver", "emulated", "--board", "i2c")
    assert told.returncode == 0, told.stdout
    assert "absent physics" in told.stdout
    assert "ok     policies" in told.stdout


def test_joints_are_calibrated(pi):
    told = twinarm(pi, "calibrate", "joints", "--driver", "emulated", "--readings", "1")
    assert told.returncode == 0, told.stderr


def test_a_verb_of_the_workstation_names_the_extra_it_needs(pi):
    told = twinarm(pi, "train")
    assert told.returncode == 2
    assert "pip install 'twinarm[sim,train]'" in told.stderr


def test_a_served_arm_is_moved(pi, tmp_path):
    assert twinarm(pi, "pair", "--local").returncode == 0
    command = [sys.executable, "-m", "cli.main", "serve", "--driver", "emulated", "--port", "0"]
    with subprocess.Popen(command, env=pi, stdout=subprocess.PIPE, text=True) as server:
        url = re.search(r"tcp://\S+\d", server.stdout.readline()).group()
        keys = KeyStore(tmp_path / "keys")
        keys.trust("127.0.0.1", keys.own("server").public)
        with RemoteArm(url, keys=keys) as arm:
            start = arm.state().positions
            for _ in ControlLoop(20.0).run(30):
                arm.command(JointCommand(start + 0.1, gripper=0.03))
            assert (arm.state().positions > start + 0.03).all()
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
