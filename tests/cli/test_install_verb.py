import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from verb_process import environment

from cli.install import Options, run
from cli.main import main

ANALYZE = shutil.which("systemd-analyze")
UNIT = ".config/systemd/user/twinarm.service"
OPTIONS = ".config/twinarm/serve.env"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's home on a machine without systemd."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def asked(home):
    """What was asked of a systemctl that takes everything."""
    log = home / "asked"
    program = home / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return log


def test_the_unit_runs_this_installation_with_the_options_of_the_file(home, capsys):
    assert run(Options()) == 0
    unit = (home / UNIT).read_text()
    program = Path(sys.executable).parent / "twinarm"
    assert f'ExecStart="{program}" serve $TWINARM_SERVE' in unit
    assert "EnvironmentFile=%E/twinarm/serve.env" in unit
    assert "--driver i2c --device /dev/i2c-1" in (home / OPTIONS).read_text()
    assert "no systemd here" in capsys.readouterr().out


def test_installing_enables_the_service_and_does_not_start_it(asked):
    run(Options())
    assert asked.read_text() == "--user daemon-reload\n--user enable twinarm.service\n"


def test_what_it_says_to_do_next_names_the_board(home, capsys):
    run(Options(board="se"))
    told = capsys.readouterr().out
    assert "twinarm doctor --driver se" in told and "twinarm calibrate joints --driver se" in told


def test_a_second_time_keeps_what_the_user_wrote(home):
    run(Options(board="ds"))
    mine = (home / OPTIONS).read_text().replace("0.0.0.0", "10.0.0.7")
    (home / OPTIONS).write_text(mine)
    unit = (home / UNIT).read_text()
    run(Options())
    assert (home / OPTIONS).read_text() == mine
    assert (home / UNIT).read_text() == unit


@pytest.mark.parametrize(
    ("board", "said", "unsaid"),
    [("se", "99-twinarm.rules", "raspi-config"), ("i2c", "raspi-config", "99-twinarm.rules")],
)
def test_root_is_asked_for_what_the_board_needs(home, capsys, board, said, unsaid):
    run(Options(board=board))
    told = capsys.readouterr().out
    assert said in told
    assert unsaid not in told
    assert "enable-linger" in told


def test_a_spoiled_options_file_is_named(home):
    run(Options())
    (home / OPTIONS).write_text("TWINARM=--driver ds\n")
    assert main(["install"]) == 2
    assert main(["install", "--board", "ds"]) == 0


def test_an_unknown_board_is_refused_before_anything_is_written(home, capsys):
    assert main(["install", "--board", "dss"]) == 2
    assert "did you mean 'ds'?" in capsys.readouterr().err
    assert not (home / OPTIONS).exists()


@pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")
def test_systemd_takes_the_unit(home, tmp_path):
    run(Options())
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(home), "PATH": os.defpath}
    told = subprocess.run(
        [ANALYZE, "--user", "verify", str(home / UNIT)],
        env={**environment(), **runtime},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "twinarm.service" not in told.stderr, told.stderr
