import pytest
from small_policies import STATE, save_untrained

from cli.main import main

REMOTE = ["--arm", "tcp://127.0.0.1:9", "--insecure-loopback"]


@pytest.mark.parametrize(
    "asked",
    [
        [*REMOTE, "--block", "0.22", "0.0"],
        [*REMOTE, "--mirror"],
        [*REMOTE, "--mirror", "--on", "pi"],
        [*REMOTE, "--mirror", "--camera", "tcp://127.0.0.1:9"],
    ],
)
def test_a_turned_block_is_not_grasped_at_where_nobody_tells_its_turn(tmp_path, capsys, asked):
    policy = save_untrained(tmp_path / "full", STATE, task="full")
    assert main(["deploy", str(policy), *asked, "--out", str(tmp_path / "out")]) == 2
    assert "grasps blocks that lie turned" in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb",
    [
        ["gap", "./full", "--cell", "7"],
        ["record", "demos", "--source", "./full", *REMOTE, "--mirror"],
        ["record", "demos", "--grasp", "full", *REMOTE, "--block", "0.22", "0.0"],
    ],
)
def test_nor_does_another_verb_grasp_at_it_there(tmp_path, capsys, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    save_untrained(tmp_path / "full", STATE, task="full")
    assert main(verb) == 2
    assert "grasps blocks that lie turned" in " ".join(capsys.readouterr().err.split())
