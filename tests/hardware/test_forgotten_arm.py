import subprocess
import sys

from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local

FORGETFUL = """
import sys
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
arm = RemoteArm(sys.argv[1], keys=KeyStore(sys.argv[2]))
arm.connect()
{}
"""


def _run(program, url, keys):
    command = [sys.executable, "-c", FORGETFUL.format(program), url, str(keys.folder)]
    return subprocess.run(command, timeout=60, capture_output=True, text=True, check=False)


def test_a_program_that_never_disconnects_still_ends(tmp_path):
    keys = KeyStore(tmp_path / "keys")
    pair_local(keys)
    with EmulatedServerProcess(keys=keys) as server:
        assert _run("", server.url, keys).returncode == 0
        assert _run("del arm; import gc; gc.collect()", server.url, keys).returncode == 0
        assert _run("raise SystemExit(3)", server.url, keys).returncode == 3
