"""Turns ``--source`` of teleop into whoever moves the arm: a body, keys, a gamepad, or a script."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from robot.errors import RobotError
from robot.gamepad_teleoperator import GamepadTeleoperator
from robot.key_teleoperator import KeyTeleoperator
from robot.model import ArmModel
from robot.motion_script import read_script
from robot.script_teleoperator import ScriptTeleoperator
from robot.teleoperator import Teleoperator

if TYPE_CHECKING:
    from perception.camera import Camera
    from perception.landmarker_watch import Seen

BODY, KEYBOARD, GAMEPAD, SCRIPT = "body", "keyboard", "gamepad", "script:"
FORMS = f"{BODY}, {KEYBOARD}, {GAMEPAD} or {SCRIPT}FILE.csv"

Mode = Literal["joint", "tool"]
Side = Literal["left", "right"]


class Clutched(Teleoperator, Protocol):
    """A teleoperator that can be told to hold for a while."""

    clutch: bool


@dataclass(frozen=True, slots=True)
class Driver:
    """Whoever moves the arms, one teleoperator each, and what else there is to know of them.

    press: hears keys that mean nothing to the loop. keys: yields what was pressed elsewhere than
    on a keyboard and stands for a key. seen: the newest picture and who is in it.
    stamp: when the picture was taken that the last command was made of [s]. wait: returns once
    there is something new to follow, or after so long [s]. ended: why it is over, "" while it
    goes on. again: begins anew what has an end. legend: lines on what its keys are for. sides: the
    person's arms that are followed.
    """

    teleoperators: tuple[Clutched, ...]
    press: Callable[[str], None] = lambda key: None
    keys: Callable[[], Iterable[str]] = lambda: ()
    seen: Callable[[], "Seen | None"] = lambda: None
    stamp: Callable[[], float] = lambda: -inf
    wait: Callable[[float], None] = time.sleep
    ended: Callable[[], str] = lambda: ""
    again: Callable[[], None] = lambda: None
    legend: list[str] = field(default_factory=list)
    sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyOptions:
    """How a body drives arms: which ``sides`` of it, in which ``mode``, at what ``scale``.

    pose, hand: bundles of networks. mirrored: whether the pictures are as in a mirror.
    """

    camera: "Camera"
    pose: Path
    hand: Path | None
    sides: tuple[Side, ...]
    mode: Mode
    scale: float | None
    mirrored: bool


def is_driver(source: str) -> bool:
    """Return whether ``source`` is one of FORMS."""
    return source in (BODY, KEYBOARD, GAMEPAD) or source.startswith(SCRIPT)


def check_source(source: str) -> None:
    """Raise RobotError unless ``source`` is one of FORMS."""
    if not is_driver(source):
        raise RobotError(f"--source {source!r} is none: write {FORMS}")


def keyboard(model: ArmModel) -> Driver:
    """Return the driver that is keys, of terminal and window."""
    teleoperator = KeyTeleoperator(model)
    return Driver((teleoperator,), press=teleoperator.press, legend=teleoperator.legend)


@contextmanager
def gamepad(model: ArmModel) -> Iterator[Driver]:
    """Yield the driver that is a gamepad. Raises RobotError if there is none."""
    from cli.gamepad import Gamepad

    with Gamepad() as pad:
        teleoperator = GamepadTeleoperator(model, pad.read)
        yield Driver((teleoperator,), keys=teleoperator.keys, legend=teleoperator.legend)


def script(model: ArmModel, path: Path) -> Driver:
    """Return the driver that is the script at ``path``. Raises RobotError."""
    teleoperator = ScriptTeleoperator(model, read_script(path, model))
    return Driver(
        (teleoperator,),
        ended=lambda: "the script is at its end" if teleoperator.ended else "",
        again=teleoperator.restart,
    )


@contextmanager
def open_driver(
    source: str, model: ArmModel, person: Callable[[], BodyOptions]
) -> Iterator[Driver]:
    """Yield who ``source`` means. person: what is asked where that is a body. Raises RobotError."""
    if source == KEYBOARD:
        yield keyboard(model)
    elif source == GAMEPAD:
        with gamepad(model) as driver:
            yield driver
    elif source == BODY:
        with body(model, person()) as driver:
            yield driver
    else:
        yield script(model, Path(source.removeprefix(SCRIPT)))


@contextmanager
def body(model: ArmModel, options: BodyOptions) -> Iterator[Driver]:
    """Yield the driver that is a person before a camera. Raises CameraError, ModelError."""
    from perception.body_teleoperator import BodyTeleoperator
    from perception.landmarker import Landmarker
    from perception.landmarker_watch import PersonWatch
    from perception.retarget import JointRetarget, Retarget
    from perception.retarget_tool import ToolRetarget

    def retarget() -> Retarget:
        tool = options.mode == "tool"
        return ToolRetarget(model, options.scale) if tool else JointRetarget(model)

    landmarker = Landmarker(options.pose, options.hand, options.sides, options.mirrored)
    # The networks take seconds to load, and a recording begins to run as it is opened.
    with landmarker, options.camera as camera, PersonWatch(camera, landmarker) as watch:
        alone = len(options.sides) == 1
        led = [
            BodyTeleoperator(model, watch, retarget(), side=side, alone=alone)
            for side in options.sides
        ]
        yield Driver(
            tuple(led),
            seen=watch.seen,
            stamp=lambda: max(one.stamp for one in led),
            wait=watch.wait,
            sides=options.sides,
            ended=lambda: f"{camera.name}: the recording is at its end" if watch.ended else "",
        )
