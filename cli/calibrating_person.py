"""Who puts the limp arm into poses: a person at the arm, or the emulated arm's own."""

import math
import time
from typing import Protocol

import numpy as np

from hardware.emulation.servos import EmulatedServoSet
from hardware.servos.boards import Board
from hardware.servos.calibration import Calibration, nominal
from hardware.servos.hand_poses import HandPose
from robot.command import Vector
from robot.errors import RobotError
from robot.gripper_kinds import CrankGripper
from robot.model import ArmModel


class Person(Protocol):
    """Does what the calibration asks for. KeyboardInterrupt from anywhere ends it."""

    def support(self) -> None:
        """Return once the arm may go limp."""

    def place(self, pose: HandPose) -> None:
        """Return once the arm stands still in ``pose``."""

    def lay_down(self) -> None:
        """Let go of the limp arm, also if something went wrong."""

    def agrees(self, question: str) -> bool:
        """Return the answer to ``question``."""


class PersonAtTheArm:
    """Somebody with a keyboard, who needs both hands for the arm."""

    def __init__(self, delay: float) -> None:
        """Leave ``delay`` [s] between Enter and the reading."""
        self._delay = delay

    def support(self) -> None:
        """Ask for the arm to be held."""
        _ask("Hold the arm, so that it cannot fall. Enter makes it limp, Ctrl-C leaves it. ")

    def place(self, pose: HandPose) -> None:
        """Ask for the pose and wait."""
        _ask(f"\n{pose.words}\n  Enter, then hold it there for {self._delay:g} s ")
        time.sleep(self._delay)

    def lay_down(self) -> None:
        """Say that nothing but hands holds the arm."""
        print("\nThe arm is limp and stays so: lay it down.")

    def agrees(self, question: str) -> bool:
        """Ask; only a yes is one."""
        return _ask(f"\n{question} [y/N] ").strip().lower() in ("y", "yes")


class EmulatedPerson:
    """Puts the emulated arm by eye where it is asked: sees where it truly is, not its counts."""

    def __init__(self, servos: EmulatedServoSet, model: ArmModel) -> None:
        """Stand at the arm of these ``servos``."""
        self._servos, self._model = servos, model
        self._put = np.array([*model.home, 1.2])  # [rad] as measured; jaws half closed

    def support(self) -> None:
        """Say that it is held."""
        print("An emulated arm, held and put into its poses by the program itself.")

    def place(self, pose: HandPose) -> None:
        """Turn the joints of the pose until they look right."""
        print(f"  {pose.words}")
        for servo, angle in pose.angles.items():
            self._turn(servo - 1, angle)

    def lay_down(self) -> None:
        """Do nothing: an emulated arm does not fall."""

    def agrees(self, question: str) -> bool:
        """Agree."""
        return True

    def error(self, calibration: Calibration, board: Board) -> tuple[float, float]:
        """Return how far off ``calibration`` and a nominal one are at most, over the joints [deg].

        In ten poses, drawn at random.
        """
        random = np.random.default_rng(0)
        usual = nominal(self._model, board)
        errors = []
        for _ in range(10):
            self._put[:-1] = random.uniform(0.7 * self._model.lower, 0.7 * self._model.upper)
            self._servos.hand(self._put)
            counts, true = self._servos.measured(), self._servos.true_positions
            told = [each.place(counts, self._model)[0] for each in (calibration, usual)]
            errors.append([np.abs(positions - true).max() for positions in told])
        found, before = np.degrees(np.max(errors, axis=0))
        return float(found), float(before)

    def _turn(self, index: int, angle: float) -> None:
        """Turn one joint, or the crank, until it is at ``angle`` [rad] seen from outside."""
        slope = self._seen(index, self._put[index] + 0.2) - self._seen(index, self._put[index])
        for _ in range(6):
            off = angle - self._seen(index, self._put[index])
            self._put[index] += 0.2 * off / slope

    def _seen(self, index: int, put: float) -> float:
        """Return where a joint is [rad] if it measures ``put``."""
        places: Vector = self._put.copy()
        places[index] = put
        self._servos.hand(places)
        if index < self._model.n:
            return float(self._servos.true_positions[index])
        gripper = self._model.gripper
        assert isinstance(gripper, CrankGripper), "whatever servo boards drive has a crank"
        share = (self._servos.true_opening - gripper.offset) / gripper.amplitude
        return math.acos(min(1.0, max(-1.0, share))) - gripper.phase


def _ask(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        raise RobotError(
            "nobody answers: calibrate at a terminal, or see it with --driver emulated"
        ) from None
