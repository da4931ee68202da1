from collections.abc import Iterator
from pathlib import Path

from cli.demonstrated_arm import arm_schema
from cli.episode_sources import Source
from cli.heard_keys import Keys
from cli.key_presses import RIGHT
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
        self.waiting = [RIGHT]

    def next(self, patience_s: float = 0.0) -> str | None:
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


def test_a_stop_while_an_episode_is_saved_is_heard(tmp_path: Path) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 0.05
        return now[0]

    arm, keys = RecordedArm(KinematicArm(MODEL), clock), Pressed()
    arm.connect()
    source = Waiting(arm, keys)
    with DatasetWriter(tmp_path / "set", arm_schema(MODEL, 20.0, {})) as writer:
        session = Session(
            source=source,
            arm=arm,
            eyes={},
            writer=writer,
            keys=keys,
            task="wait",
            keep="ask",
            say=lambda text: None,
            heard=lambda episode: keys.waiting.extend([RIGHT, " "]),
        )
        assert session.record(3) == 1
    assert " " in source.pressed
