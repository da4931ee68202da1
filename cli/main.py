"""The ``twinarm`` command: finds the verb, runs it, and tells users their mistakes plainly."""

import contextlib
import difflib
import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from itertools import takewhile
from types import ModuleType
from typing import Any

import tyro

from cli.end_signals import leaving_in_order
from policies.errors import PolicyError
from robot.errors import RobotError

VERBS = {
    "demo": "see everything in three minutes: learn, evaluate, drive two arms, read the report",
    "train": "train a policy on any registered Gymnasium environment with Box actions",
    "evaluate": "measure a policy on episodes it never trained on",
    "report": "make one page of a run: curves, videos, and what the network looks at",
    "compare": "draw the held-out success of several runs in one plot",
    "view": "watch the simulated arm, in a window or as a video",
    "deploy": "run a policy on an arm: simulated, over TCP, or both at once",
    "teleop": "move an arm with your own, by keys, or by a script",
    "record": "record what an arm does as a LeRobot dataset, episode by episode",
    "inspect": "say what a recorded dataset is worth: rate, dropped frames, jumps, idle spans",
    "replay": "play a recorded episode on an arm: simulated, over TCP, or both at once",
    "gap": "grasp the same on a table and in simulation, and report how far the two part",
    "verify": "drive the tool to a grid of points and measure how far off it comes to be",
    "identify": "find out how an arm's servos are, for the simulation and the randomisation",
    "serve": "run the arm's server, on the Raspberry Pi or with an emulated arm",
    "install": "make the arm's server a service of the machine with the servos",
    "calibrate": "measure what is particular to one arm and its camera: servos, board, lens",
    "locate": "say where tagged blocks are that a camera sees, and how sure that is",
    "models": "fetch the networks that see people, list them, say where they lie",
    "pair": "exchange keys between a workstation and an arm's server",
    "bench": "measure speed, beside the alternatives where they are installed",
    "doctor": "say what works on this machine and how to mend what does not",
}
_CHOICES = "Available subcommands: "
_VISION = "cv2", "mediapipe", "flatbuffers"
USER_ERROR = 2
INTERRUPTED = 130


def main(args: Sequence[str] | None = None) -> int:
    """Run the verb that ``args`` (default: the command line) begin with; return the exit code."""
    args = list(sys.argv[1:] if args is None else args)
    if not args or args[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    verb, rest = args[0], args[1:]
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"valid: {', '.join(VERBS)}"
        return _fail(f"unknown verb {verb!r}; {hint}")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        with leaving_in_order():
            return _run(verb, rest)
    except (RobotError, PolicyError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USER_ERROR


def _run(verb: str, args: list[str]) -> int:
    try:
        module = importlib.import_module(f"cli.{verb}")
        options = _parse(module, verb, args)
        seed = getattr(options, "seed", None)
        if seed is not None and seed < 0:
            return _fail(f"--seed {seed}: 0 or more")
        code: int = module.run(options)
    except ModuleNotFoundError as error:
        extra = "vision" if error.name in _VISION else "sim,train"
        return _fail(
            f"`twinarm {verb}` needs the package {error.name!r}: pip install 'twinarm[{extra}]'"
        )
    return code


def _parse(module: ModuleType, verb: str, args: list[str]) -> Any:
    defaults, rest = (None, args)
    if hasattr(module, "defaults"):
        defaults, rest = module.defaults(args)
    extra = {} if defaults is None else {"default": defaults}
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                module.Options,
                prog=f"twinarm {verb}",
                description=f"{module.__doc__}\n\nexamples:\n{module.EXAMPLES.rstrip()}",
                args=rest,
                **extra,
            )
    except SystemExit as stop:
        if stop.code == USER_ERROR:
            _fail(f"{_in_one_line(complaint.getvalue())} (see twinarm {verb} --help)")
        raise


def _in_one_line(box: str) -> str:
    """Return what a box of tyro says: its first statement, what was probably meant, or is valid."""
    lines = [line.strip("│╭╮╰╯─ ") for line in box.splitlines()[1:]]
    said = " ".join(takewhile(bool, lines)) or "the options are not valid"
    if "Perhaps you meant:" in lines:
        meant = lines[lines.index("Perhaps you meant:") + 1].split()[0]
        said = f"{said}; did you mean {meant}?"
    for line in lines:
        if line.startswith(_CHOICES):
            said = f"{said}; valid: {line.removeprefix(_CHOICES)}"
    return said


def _overview() -> str:
    width = max(map(len, VERBS))
    lines = [f"  {verb:<{width}}  {summary}" for verb, summary in VERBS.items()]
    return "\n".join(
        [
            "twinarm: train a grasp in simulation, deploy to the Raspberry Pi:",
            "one joint command, two arms.",
            "",
            "usage: twinarm VERB [options]        twinarm VERB --help tells more",
            "",
            *lines,
        ]
    )


def _fail(message: str) -> int:
    print(f"twinarm: {message}", file=sys.stderr)
    return USER_ERROR


if __name__ == "__main__":
    sys.exit(main())
