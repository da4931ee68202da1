import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import MODEL

from hardware.errors import ServerGoneError
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.remote_arm import RemoteArm
from hardware.serve import main
from hardware.servos.boards import BOARDS
from hardware.servos.calibration import nominal
from hardware.servos.calibration_file import save_calibration

ROOT = Path(__file__).parents[2]


def run(*arguments: str, module: str = "hardware.serve") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, input="", timeout=60, check=False
    )


HEAVY = ("pybullet", "gymnasium", "torch", "cv2", "mediapipe", "matplotlib", "sim", "policies")


def test_the_server_loads_no_simulator_no_learner_and_no_camera_library() -> None:
    program = (
        "import sys, hardware.pairing, hardware.remote_arm, hardware.serve as serve\n"
        "config = serve.ServeConfig(port=0, insecure_loopback=True, until_stdin_closes=True,\n"
        "                           park=False)\n"
        "serve.run_server(config)\n"
        f"sys.exit(', '.join(name for name in {HEAVY} if name in sys.modules) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        input="",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_server_process_serves_and_leaves_no_process_behind(store: KeyStore) -> None:
    with EmulatedServerProcess(keys=store) as server, RemoteArm(server.url, keys=store) as arm:
        assert arm.state().faults == ()
    assert server.process.returncode == 0


def test_a_server_process_that_cannot_start_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(ServerGoneError, match="did not start"),
        EmulatedServerProcess(keys=KeyStore(tmp_path)),
    ):
        pass


def test_a_terminals_ctrl_c_does_not_reach_the_server_process(store: KeyStore) -> None:
    with EmulatedServerProcess(keys=store) as server:
        assert os.getpgid(server.process.pid) != os.getpgrp()


def test_the_ready_line_names_the_driver() -> None:
    done = run("--insecure-loopback", "--port", "0", "--no-park", module="hardware.local")
    assert re.fullmatch(r"ready at tcp://127\.0\.0\.1:\d+ \(emulated arm\)\n", done.stdout)
    assert "emulated" in done.stderr, "the log"


def test_what_is_for_parent_processes_is_not_in_the_help() -> None:
    shown = run("--help").stdout
    assert "--driver" in shown and "stdin" not in shown


def test_a_server_behind_nohup_outlives_its_terminal() -> None:
    command = [
        "nohup",
        sys.executable,
        "-m",
        "hardware.serve",
        "--insecure-loopback",
        "--port",
        "0",
    ]
    with subprocess.Popen([*command, "--no-park"], cwd=ROOT, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None and server.stdout.readline()
        server.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(0.5)
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


@pytest.fixture
def signals() -> Iterator[None]:
    """Put back who hears signals, which a server takes over."""
    numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--arm", "dofbt"], "did you mean 'dofbot'"),
        (["--driver", "emulatd"], "did you mean 'emulated'"),
        (["--insecure-loopback", "--host", "0.0.0.0"], "without keys"),
        (["--keys", "/nonexistent/keys"], "twinarm pair"),
        (["--host", "here/there"], "no arm address"),
        (["--timing.control-hz", "0"], "control_hz must be 1 to 1000, got 0"),
        (["--timing.watchdog-s", "inf"], "watchdog_s must be 0.05 to 5, got inf"),
        (["--timing.telemetry-hz", "1e-12"], "telemetry_hz must be 1 to 1000, got 1e-12"),
        (["--timing.control-hz", "100"], "more than the 50 Hz"),
        (["--servos.latency-s", "-1"], "latency_s must not be negative"),
        (["--faults.rate", "2"], "0 to 1, got 2"),
        (["--faults.missing", "7"], "faults.missing: there is no servo 7, only 1 to 6"),
        (["--servos.reversed-servos", "0"], "reversed-servos: there is no servo 0, only 1 to 6"),
        (["--seed", "-1"], "--seed -1: 0 or more"),
        (["--insecure-loopback", "--port", "65535"], "a port below 65535"),
        (["--board", "lx16"], "did you mean 'lx16a'"),
        (["--device", "/dev/ttyUSB0"], "an emulated board has no device"),
        (["--calibration", "/nonexistent/file"], "twinarm calibrate joints"),
    ],
)
def test_a_users_mistake_is_one_line_and_status_two(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["serve", *arguments])
    assert main() == 2
    told = capfd.readouterr().err
    assert said in told and "Traceback" not in told
    assert len(told.strip().splitlines()) == 1


def test_a_users_mistake_ends_the_process_with_status_two() -> None:
    done = run("--seed", "-1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--seed -1: 0 or more\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--driver", "ds", "--device", "/nonexistent/port"], "there is no port /nonexistent/port"),
        (["--driver", "i2c", "--device", "/nonexistent/i2c-9"], "I2C"),
        (["--faults.missing", "3"], "joint3: servo 3 gives no answer"),
        (["--faults.replies", "CHECKSUM"], "check cable and ground"),
        (["--faults.stuck"], "switch the servo supply on"),
    ],
)
def test_servos_that_cannot_be_had_are_told_with_the_mend(arguments: list[str], said: str) -> None:
    done = run("--insecure-loopback", "--port", "0", "--quiet", *arguments)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


def test_the_calibration_of_another_board_is_refused(tmp_path: Path) -> None:
    file, other = tmp_path / "joints.json", BOARDS["i2c"]
    save_calibration(file, nominal(MODEL, other), MODEL, other)
    done = run("--calibration", str(file), "--board", "ds")
    assert done.returncode == 2
    assert "made for the board 'i2c', not for 'ds'" in done.stderr
    assert "twinarm calibrate joints" in done.stderr
