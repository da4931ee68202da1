import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from nobody import as_nobody
from virtual_gamepad import UNKNOWN, VirtualGamepad

from cli.gamepad import Gamepad
from cli.main import main
from robot.errors import RobotError
from robot.gamepad_teleoperator import Pad

pytestmark = pytest.mark.real_time


@pytest.fixture
def virtual() -> Iterator[VirtualGamepad]:
    with VirtualGamepad() as pad:
        yield pad


def test_sticks_triggers_and_buttons_come_under_their_names(virtual: VirtualGamepad) -> None:
    virtual.plug()
    with Gamepad() as gamepad:
        assert gamepad.name == "Virtual Controller"
        assert gamepad.read() == Pad()
        for axis, value in (("left x", -1.0), ("left y", -0.5), ("right y", 1.0)):
            virtual.push(axis, value)
        virtual.push("right trigger", 1.0)
        virtual.press("left shoulder")
        virtual.press("up")
        pad = gamepad.read()
    assert pad is not None and pad.pressed == {"left shoulder", "up"}
    assert pad.left == pytest.approx((-1.0, 0.5), abs=1e-3), "forwards is positive"
    assert pad.right == pytest.approx((0.0, -1.0)) and pad.triggers == pytest.approx((0.0, 1.0))


def test_a_button_pressed_between_two_looks_is_not_missed(virtual: VirtualGamepad) -> None:
    virtual.plug()
    with Gamepad() as gamepad:
        gamepad.read()
        virtual.press("b")
        gamepad._pygame.event.pump()
        virtual.press("b", False)
        first, second = gamepad.read(), gamepad.read()
    assert first is not None and "b" in first.pressed
    assert second is not None and not second.pressed


def test_one_that_is_unplugged_is_gone_until_it_is_plugged_in_again(
    virtual: VirtualGamepad,
) -> None:
    virtual.plug()
    with Gamepad() as gamepad:
        virtual.press("left shoulder")
        virtual.unplug()
        assert gamepad.read() is None and gamepad.read() is None
        virtual.plug()
        assert gamepad.read() == Pad()


def test_where_there_is_none_it_is_told_with_the_mend(
    virtual: VirtualGamepad, tmp_path: Path
) -> None:
    with pytest.raises(RobotError, match="no gamepad is plugged in: plug one in"), Gamepad():
        pass
    virtual.plug(UNKNOWN)
    with (
        pytest.raises(RobotError, match=r"'Virtual Joystick'.*SDL_GAMECONTROLLERCONFIG"),
        Gamepad(),
    ):
        pass


def told_of(devices: Path) -> list[str]:
    try:
        with Gamepad(devices):
            return ["there is one"]
    except RobotError as error:
        return [str(error)]


def test_one_that_this_user_may_not_read_is_told_with_the_mend() -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "js0").touch(mode=0o600)
        told = as_nobody(lambda: told_of(Path(folder)))
    assert "js0, but you may not use it" in told and "usermod -aG input" in told


def test_a_gamepad_moves_the_arm_and_unplugging_it_lets_it_hold(
    virtual: VirtualGamepad,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    virtual.plug()
    virtual.push("left y", -1.0)
    virtual.press("right shoulder")

    said = ""

    def hear() -> str:
        nonlocal said
        said += capsys.readouterr().err
        return said

    def unplug() -> None:
        while "\nfollowing\n" not in hear():
            time.sleep(0.05)
        virtual.unplug()

    hand = Thread(target=unplug, daemon=True)
    hand.start()
    assert main(["teleop", "--source", "gamepad", "--seconds", "2"]) == 0, hear()
    hand.join(5.0)
    assert "following\nholding: the gamepad is gone, plug it in again\n" in hear()
