"""What teleoperation needs besides a camera: networks that see people, a display, a gamepad."""

import importlib.util
import os
import sys
from collections.abc import Iterator

from cli.display import display_there
from cli.finding import Finding, tried
from cli.gamepad import Gamepad
from perception.models import missing_models, models_folder
from robot.errors import RobotError

_WINDOWS = "`twinarm view` and `twinarm teleop`"


def teleop_findings() -> Iterator[Finding]:
    """Yield what there is to say of each."""
    yield _display()
    yield _models()
    yield _gamepad()


def _display() -> Finding:
    name = os.environ.get("DISPLAY")
    if sys.platform != "linux" or display_there():
        return Finding(True, f"display: {_WINDOWS} open windows")
    if name:
        what = f"display: none answers at {name}, so {_WINDOWS} film"
        return Finding(None, what, "log in at the machine, or by `ssh -X`, or unset DISPLAY")
    return Finding(None, f"display: none, so {_WINDOWS} film instead of opening windows")


def _models() -> Finding:
    if not _installed("mediapipe"):
        return Finding(None, "models that see people: cannot run without mediapipe")
    wrong = missing_models()
    if wrong:
        what = f"models that see people: {', '.join(wrong)} missing or damaged"
        return Finding(None, what, "twinarm models fetch")
    return tried("models that see people", _looked)


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # whoever keeps packages from being imported may say so
        return False


def _looked() -> str:
    import numpy as np

    from perception.camera import Frame
    from perception.landmarker import Landmarker
    from perception.models import model_path

    with Landmarker(model_path("pose"), model_path("hand")) as landmarker:
        landmarker.detect(Frame(np.zeros((240, 320, 3), np.uint8), 0.0, 0))
    return f"they run, from {models_folder()}"


def _gamepad() -> Finding:
    if not _installed("pygame"):
        return Finding(None, "gamepad: cannot be read without pygame-ce")
    try:
        with Gamepad() as gamepad:
            return Finding(True, f"gamepad: {gamepad.name}")
    except RobotError as error:
        what, _, mend = str(error).partition(": ")
        return Finding(None, f"gamepad: {what}", mend)
