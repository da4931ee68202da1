import subprocess
import sys
from collections.abc import Iterator

import pytest

from robot.errors import RobotError
from sim.bullet import pybullet
from sim.world import TIMESTEP, World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.mark.skipif(sys.platform != "linux", reason="only X11 is asked for a display")
def test_a_window_without_a_display_is_refused_with_the_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(RobotError, match="DISPLAY"):
        World(window=True)


def test_time_goes_on_in_fixed_steps(world: World) -> None:
    world.step(240)
    assert world.time == pytest.approx(240 * TIMESTEP) == pytest.approx(1.0)


def test_a_block_falls_as_gravity_says(world: World) -> None:
    block = world.add_block(0.03, 0.02)
    world.place(block, (0.0, 0.0, 2.0), 0.0)
    world.step(48)
    assert world.position(block)[2] == pytest.approx(2.0 - 0.5 * 9.81 * 0.2**2, abs=0.01)


def test_a_block_rests_on_the_table(world: World) -> None:
    world.add_table(-0.012)
    block = world.add_block(0.03, 0.02)
    world.place(block, (0.2, 0.0, 0.003), 0.0)
    world.step(480)
    assert world.position(block) == pytest.approx((0.2, 0.0, 0.003), abs=1e-3)


def test_restore_brings_back_the_very_same_future(world: World) -> None:
    world.add_table(0.0)
    block = world.add_block(0.03, 0.02)
    world.place(block, (0.0, 0.0, 0.05), 0.3)
    world.step(10)
    saved = world.save()
    world.step(60)
    future = world.pose(block)
    world.step(100)
    world.restore(saved)
    world.step(60)
    assert world.pose(block) == future


def test_worlds_are_apart() -> None:
    with World() as first, World() as second:
        falling, resting = first.add_block(0.03, 0.02), second.add_block(0.03, 0.02)
        before = second.position(resting)
        first.step(50)
        assert second.position(resting) == before
        assert first.position(falling)[2] < before[2]
        assert second.time == 0.0


def test_a_closed_world_cannot_reach_into_the_next() -> None:
    with World() as closed:
        block = closed.add_block(0.03, 0.02)
    with World() as world:
        assert world.add_block(0.03, 0.02) == block
        before = world.position(block)
        for act in (lambda: closed.place(block, (0.0, 0.0, 5.0), 0.0), closed.step, closed.save):
            with pytest.raises(pybullet.error):
                act()
        assert world.position(block) == before


def test_closing_twice_is_safe(world: World) -> None:
    world.close()
    world.close()


def test_importing_the_simulation_writes_nothing_to_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sim.world"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
