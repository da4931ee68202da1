"""A person beside the arm: only what they type after a question answers it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from cli.person_table import PersonTable
from cli.typed_lines import TypedLines
from robot.errors import RobotError
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm
from robot.task import GraspTask

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
Type = Callable[[bytes], None]


@pytest.fixture(params=["terminal", "pipe"])
def typed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Type]:
    """Types on a standard input that is a terminal, as at a desk, or a pipe, as over SSH."""
    keyboard, end = os.openpty() if request.param == "terminal" else os.pipe()[::-1]
    monkeypatch.setattr(TypedLines, "_rest", b"")
    with os.fdopen(end) as stdin, os.fdopen(keyboard, "wb", buffering=0) as keys:
        monkeypatch.setattr(sys, "stdin", stdin)

        def type_(text: bytes) -> None:
            keys.write(text)
            time.sleep(0.05)  # a terminal hands it on in its own time

        yield type_


@pytest.fixture
def table() -> Iterator[PersonTable]:
    with KinematicArm(MODEL, positions=MODEL.home) as arm:
        yield PersonTable(arm, GraspTask(MODEL), [None, None], judges=True)


def asked(table: PersonTable) -> Thread:
    """Ask for a block, and give an early answer the time to do harm."""
    asking = Thread(target=table.lay, args=(0,), daemon=True)
    asking.start()
    asking.join(0.3)
    return asking


def test_an_enter_from_before_the_question_does_not_say_that_the_hands_are_away(
    typed: Type, table: PersonTable
) -> None:
    typed(b"\n\n")
    asking = asked(table)
    assert asking.is_alive()
    typed(b"\n")
    asking.join(5.0)
    assert not asking.is_alive()


def test_lines_that_came_along_with_an_answer_do_not_answer_the_next_question(
    typed: Type, table: PersonTable
) -> None:
    typed(b"first\nsecond\nthi")
    assert TypedLines().next() == "first"
    asking = asked(table)
    assert asking.is_alive()
    typed(b"\n")
    asking.join(5.0)
    assert not asking.is_alive()


def test_lines_are_taken_one_by_one_until_the_end(typed: Type) -> None:
    lines = TypedLines()
    assert lines.next() is None
    typed(b"one\ntwo\n")
    assert (lines.next(), lines.next(), lines.next()) == ("one", "two", None)


def test_an_end_of_input_is_told(monkeypatch: pytest.MonkeyPatch, table: PersonTable) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(RobotError, match="nobody answers"):
            table.lay(0)
