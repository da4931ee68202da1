import socket
from pathlib import Path

import pytest
from verb_process import Twinarm

from cli.display import display_there
from robot.model import load_arm
from robot.motion_script import columns


@pytest.mark.parametrize(
    "name", ["", ":77", "unix:77.0", "nonsense", "127.0.0.1:59999", "a..b:0", "/no/x:0"]
)
def test_where_no_display_answers_there_is_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DISPLAY", name)
    assert not display_there()


def test_a_display_of_another_machine_that_answers_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as display:
        monkeypatch.setenv("DISPLAY", f"localhost:{display.getsockname()[1] - 6000}.0")
        assert display_there()


def test_a_display_named_by_its_socket_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "org.xquartz:0").touch()
    monkeypatch.setenv("DISPLAY", str(tmp_path / "org.xquartz:0"))
    assert display_there()


def test_what_would_open_a_window_films_where_the_display_has_gone(
    twinarm_here: Twinarm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    model = load_arm("dofbot")
    row = (0.0, *model.home, model.gripper.max_opening)
    lines = [",".join(columns(model)), ",".join(map(str, row))]
    (tmp_path / "home.csv").write_text("\n".join(lines))
    done = twinarm_here("teleop", "--source", "script:home.csv", "--seconds", "0.5")
    assert done.returncode == 0, done.stderr
    assert "Esc" not in done.stdout and "wrote teleop.mp4" in done.stderr
