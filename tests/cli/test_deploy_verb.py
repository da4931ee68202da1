import csv
import json
import time

import pytest
from verb_process import Interrupted

from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from hardware.remote_arm import RemoteArm

pytestmark = pytest.mark.real_time


@pytest.fixture
def keys(tmp_path):
    store = KeyStore(tmp_path / "keys")
    pair_local(store)
    return store


@pytest.mark.slow
def test_the_shipped_policy_grasps_in_simulation_at_the_real_pace(twinarm, tmp_path):
    told = twinarm("deploy", "dofbot-state", "--json", "--out", "out", "--seed", "3")
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert figures["successes"] == figures["episodes"] == 1
    assert figures["loop"]["rate"] == pytest.approx(20, rel=0.1)
    with (tmp_path / "out/moments.csv").open() as file:
        phases = {row["phase"] for row in csv.DictReader(file)}
    assert phases == {"start", "policy", "close", "lift", "hold"}


@pytest.mark.slow
def test_two_arms_follow_the_same_commands_and_stay_close(twinarm, keys):
    with EmulatedServerProcess(keys=keys) as server:
        told = twinarm(
            "deploy", "dofbot-state", "--arm", server.url, "--mirror", "--json",
            "--keys", str(keys.folder), "--out", "out",
        )  # fmt: skip
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert figures["successes"] == 1
    assert 0 < figures["divergence"]["tool_rms"] < 0.02


def test_without_the_right_keys_nothing_moves(twinarm, keys, tmp_path):
    stranger = KeyStore(tmp_path / "stranger")
    for host in ("127.0.0.1", "localhost"):
        stranger.trust(host, keys.own("server").public)
    stranger.own_or_new("client")
    with EmulatedServerProcess(keys=keys) as server:
        told = twinarm(
            "deploy", "dofbot-state", "--arm", server.url, "--mirror", "--keys",
            str(stranger.folder),
        )  # fmt: skip
    assert told.returncode == 2
    assert "refused our key" in told.stderr


def test_ctrl_c_lets_go_of_the_arm_which_holds(keys, tmp_path):
    with EmulatedServerProcess(keys=keys) as server:
        observer = RemoteArm(server.url, keys=keys, observe=True)
        observer.connect()
        going = Interrupted(
            tmp_path, "deploy", "dofbot-state", "--arm", server.url, "--mirror",
            "--keys", str(keys.folder),
        )  # fmt: skip
        code, output = going.when(lambda: observer.state().positions[2] > 0.3)
        assert code == 130, output
        assert "Traceback" not in output
        time.sleep(0.3)  # the servos come to rest
        here = observer.state().positions
        assert abs(observer.state().velocities).max() < 0.05
        observer.disconnect()
        with RemoteArm(server.url, keys=keys) as arm:
            assert abs(arm.state().positions - here).max() < 0.01


def test_a_server_that_dies_in_the_middle_is_reported(keys, tmp_path):
    with EmulatedServerProcess(keys=keys) as server:
        observer = RemoteArm(server.url, keys=keys, observe=True)
        observer.connect()
        going = Interrupted(
            tmp_path, "deploy", "dofbot-state", "--arm", server.url, "--mirror",
            "--keys", str(keys.folder),
        )  # fmt: skip
        while observer.state().positions[2] < 0.3:
            assert going.process.poll() is None, going.process.communicate()[0]
        server.process.kill()
        output, _ = going.process.communicate(timeout=60)
        observer.disconnect()
    assert going.process.returncode == 2, output
    assert "Traceback" not in output
