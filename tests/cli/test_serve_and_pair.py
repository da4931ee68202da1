import re
import signal
import subprocess
import sys

import pytest
from verb_process import environment

from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm

pytestmark = pytest.mark.real_time


@pytest.fixture
def serve(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "serve", "--port", "0", "--keys", "pi"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def test_three_steps_pair_two_machines_and_ctrl_c_ends_the_server(twinarm, tmp_path, request):
    offered = twinarm("pair", "--keys", "pi").stdout
    token = re.search(r"--token (\S+)", offered).group(1)
    trusted = twinarm("pair", "--token", token, "--url", "tcp://127.0.0.1", "--keys", "laptop")
    assert trusted.returncode == 0, trusted.stderr
    token = re.search(r"--authorize (\S+)", trusted.stdout).group(1)
    assert twinarm("pair", "--authorize", token, "--keys", "pi").returncode == 0

    server = request.getfixturevalue("serve")
    url = re.search(r"tcp://\S+\d", server.stdout.readline()).group()
    keys = KeyStore(tmp_path / "laptop")
    keys.trust("127.0.0.1", KeyStore(tmp_path / "pi").own("server").public)
    with RemoteArm(url, keys=keys) as arm:
        assert arm.state().positions.shape == (5,)
    server.send_signal(signal.SIGINT)
    assert server.wait(10) == 0
