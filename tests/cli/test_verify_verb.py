import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from verb_process import Interrupted, environment

from hardware.local import EmulatedServerProcess
from hardware.remote_arm import RemoteArm

pytestmark = pytest.mark.real_time

PNG = b"\x89PNG\r\n\x1a\n"
SMALL = ("--rows", "1", "--columns", "2")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_simulated_arm_is_verified_as_table_figures_and_picture(twinarm, tmp_path):
    told = twinarm("verify", "--arm", "sim", "--out", "out")
    assert told.returncode == 0, told.stderr
    assert "root mean square" in told.stdout
    figures = json.loads((tmp_path / "out/verification.json").read_text())
    rows = rows_of(tmp_path / "out/points.csv")
    assert figures["points"] == len(figures["table"]) == len(rows) == 20
    assert 0.3 < figures["mean_mm"] <= figures["rms_mm"] <= figures["max_mm"] < 3.0
    assert float(rows[3]["dx_mm"]) == figures["table"][3]["dx_mm"]
    picture = (tmp_path / "out/grid.png").read_bytes()
    assert picture.startswith(PNG) and len(picture) > 20_000


def test_an_emulated_arm_is_verified_beside_its_twin(twinarm, tmp_path):
    told = twinarm("verify", *SMALL, "--mirror", "--json", "--out", "out", "--seed", "2")
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert figures["points"] == 2 and not figures["blind"]
    assert "seed 2" in figures["source"]
    assert figures["rms_mm"] > 2.0, "hidden zeros and gains did not show"
    assert figures["twin_rms_mm"] == pytest.approx(figures["rms_mm"], abs=3.0)
    assert (tmp_path / "out/grid.png").is_file()


def test_what_a_person_reads_is_kept_and_can_be_given_again(tmp_path):
    verb = [sys.executable, "-m", "cli.main", "verify", "--arm", "sim", *SMALL, "--json"]
    asked = subprocess.run(
        [*verb, "--ask", "--out", "asked"],
        cwd=tmp_path, env=environment(), input="221 -71\nwhat\n-\n220, 72, 30\n219 70 28 4\n",
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "'what' is not two to four numbers" in asked.stderr
    lines = (tmp_path / "asked/measured.csv").read_text().splitlines()
    assert lines[1:] == ["0,221.0,-71.0,,", "1,,,,", "2,220.0,72.0,30.0,", "3,219.0,70.0,28.0,4.0"]
    again = subprocess.run(
        [*verb, "--measured", "asked/measured.csv", "--out", "again"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    first, second = json.loads(asked.stdout), json.loads(again.stdout)
    assert first["rms_mm"] == second["rms_mm"] == pytest.approx(2.0, abs=0.8)


def test_nobody_who_answers_is_told(tmp_path):
    told = subprocess.run(
        [sys.executable, "-m", "cli.main", "verify", "--arm", "sim", *SMALL, "--ask"],
        cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 2
    assert "nobody answers" in told.stderr and "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("visit,x_mm\n", "the first line must be visit,x_mm,y_mm,z_mm,heading_deg"),
        ("visit,x_mm,y_mm,z_mm,heading_deg\n0,220,0,,\n", "1 visits are measured, but 4"),
        ("visit,x_mm,y_mm,z_mm,heading_deg\n0,nan,0,,\n", "line 2: nan is more than 2000 away"),
        ("visit,x_mm,y_mm,z_mm,heading_deg\n1,220,0,,\n", "line 2: expected visit 0"),
        ("visit,x_mm,y_mm,z_mm,heading_deg\n0,220,far,,\n", "line 2: 'far' is not a number"),
    ],
)
def test_a_bad_file_of_what_was_measured_is_refused(twinarm_here, tmp_path, text, why):
    (tmp_path / "measured.csv").write_text(text)
    told = twinarm_here("verify", "--arm", "sim", *SMALL, "--measured", "measured.csv")
    assert told.returncode == 2
    assert why in told.stderr and "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--arm", "pi"), "neither 'emulated', 'sim' nor an address"),
        (("--board", "usb"), "unknown board 'usb'"),
        (("--rows", "0"), "--rows 0: from 1 to 15"),
        (("--height", "2"), "choose another --height"),
        (("--arm", "sim", "--mirror"), "is its own twin"),
        (("--servos", "servos.json"), "--servos is for what is simulated"),
        (("--probe-noise", "0", "1"), "--probe-noise"),
        (("--ask", "--measured", "measured.csv"), "--ask and --measured"),
    ],
)
def test_bad_options_are_refused_with_the_mend(twinarm_here, options, why):
    told = twinarm_here("verify", *options)
    assert told.returncode == 2
    assert why in told.stderr and "Traceback" not in told.stderr


def test_ctrl_c_holds_the_arm_and_keeps_what_was_measured(tmp_path):
    with EmulatedServerProcess() as server:
        observer = RemoteArm(server.url, observe=True)
        observer.connect()
        going = Interrupted(
            tmp_path, "verify", *SMALL, "--arm", server.url, "--insecure-loopback", "--out", "out"
        )
        # On the way from the first point, on the right, to the second one, on the left.
        begun: list[bool] = []

        def on_the_way() -> bool:
            turned = observer.state().positions[0]
            if turned < -0.25:
                begun.append(True)
            return bool(begun) and turned > -0.2

        code, output = going.when(on_the_way)
        assert code == 130, output
        assert "the arm holds where it is" in output and "Traceback" not in output
        time.sleep(0.5)  # the servos come to rest
        here = observer.state().positions
        time.sleep(0.3)
        assert abs(observer.state().positions - here).max() < 0.005
        observer.disconnect()
    assert "in which zero, gain and play errors" in output, "nobody saw the tool"
    assert len(rows_of(tmp_path / "out/points.csv")) == 1
    assert (tmp_path / "out/grid.png").read_bytes().startswith(PNG)
