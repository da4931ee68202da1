from collections.abc import Callable, Iterator
from pathlib import Path

from cli.demonstrated_arm import arm_schema
from cli.episode_sources import Source
from cli.heard_keys import Keys
from cli.key_presses import ESCAPE, LEFT, RIGHT
from cli.record_session import Session
from cli.recorded_arm import RecordedArm
from policies.demonstrations.writer import DatasetWriter
from robot.command import JointCommand
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm

MODEL = load_arm("dofbot")


class Pressed(Keys):
    there = True

    def __init__(self) -> None:
        self.waiting, self.closed = [RIGHT], False

    def next(self, patience_s: float = 0.0) -> str | None:
        if self.closed:
            return ESCAPE  # whenever it is asked
        return self.waiting.pop(0) if self.waiting else None


class Waiting(Source):
    """Stays at home for a moment, until somebody stops it."""

    def __init__(self, arm: RecordedArm, keys: Pressed) -> None:
        self.arm, self.hands, self.pressed = arm, keys, list[str]()

    def prepare(self) -> Iterator[object]:
        self.over = "stopped" if " " in self.pressed else ""
        yield None

    def play(self) -> Iterator[object]:
        for _ in range(2):
            yield self.arm.command(JointCommand(MODEL.home, 0.05))
        self.hands.waiting = [RIGHT]

    def press(self, key: str) -> bool:
        self.pressed.append(key)
        return False

    def success(self) -> None:
        return None


def recorded(folder: Path, meanwhile: Callable[[Pressed], None]) -> tuple[int, Waiting]:
    """Return how many episodes of three were kept, ``meanwhile`` happening as one is saved."""
    now = [0.0]

    def clock() -> float:
        now[0] += 0.05
        return now[0]

    arm, keys = RecordedArm(KinematicArm(MODEL), clock), Pressed()
    arm.connect()
    source = Waiting(arm, keys)
    with DatasetWriter(folder, arm_schema(MODEL, 20.0, {})) as writer:
        session = Session(
            source=source,
            arm=arm,
            eyes={},
            writer=writer,
            keys=keys,
            task="wait",
            keep="ask",
            say=lambda text: None,
            heard=lambda episode: meanwhile(keys),
        )
        return session.record(3), source


def test_a_stop_while_an_episode_is_saved_is_heard(tmp_path: Path) -> None:
    kept, source = recorded(tmp_path / "set", lambda keys: keys.waiting.extend([RIGHT, " "]))
    assert kept == 1 and " " in source.pressed


def test_a_window_that_is_closed_while_an_episode_is_saved_ends_it(tmp_path: Path) -> None:
    def close(keys: Pressed) -> None:
        keys.closed = True

    kept, source = recorded(tmp_path / "set", close)
    assert kept == 1 and source.pressed[-1] == ESCAPE


def test_answers_from_before_an_episode_are_none_to_it(tmp_path: Path) -> None:
    kept, _ = recorded(tmp_path / "set", lambda keys: keys.waiting.extend([LEFT, RIGHT]))
    assert kept == 3
