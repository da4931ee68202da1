"""A person whom tests move as they like, an arm that does what it is told, and one clock."""

from dataclasses import replace

import numpy as np

from benchmarks.synthetic_body import Pose, person
from perception.body_teleoperator import BodyTeleoperator
from perception.person import Person
from perception.retarget import JointRetarget, Retarget
from robot.command import ArmState, JointCommand
from robot.model import load_arm

MODEL = load_arm("dofbot")
PERIOD = 1.0 / 30.0
OPEN = MODEL.gripper.max_opening


class Scene:
    """``scene.run(1.0)``: pictures and commands at 30 Hz; ``shown`` is edited in between."""

    def __init__(self, retarget: Retarget | None = None, **options) -> None:
        self.now = 100.0
        self.shown: Pose | Person | None = Pose()
        self.frozen = False
        self.delay = 0.0
        self._seen: Person | None = None
        self.state = ArmState(MODEL.home, np.zeros(MODEL.n), OPEN, 0.0)
        self.log: list[JointCommand | None] = []
        self.teleoperator = BodyTeleoperator(
            MODEL, self, retarget or JointRetarget(MODEL), clock=lambda: self.now, **options
        )

    def newest(self) -> Person | None:
        if not self.frozen:
            shown, stamp = self.shown, self.now - self.delay
            self._seen = (
                person(shown, stamp=stamp)
                if isinstance(shown, Pose)
                else shown and replace(shown, stamp=stamp)
            )
        return self._seen

    def run(self, seconds: float) -> list[JointCommand | None]:
        """Go on for some time; return the commands."""
        commands = [self.tick() for _ in range(round(seconds / PERIOD))]
        self.log += commands
        return commands

    def tick(self) -> JointCommand | None:
        self.now += PERIOD
        command = self.teleoperator.command(self.state)
        if command is not None:
            speed = (command.positions - self.state.positions) / PERIOD
            self.state = ArmState(command.positions, speed, command.gripper, self.now)
        return command

    @property
    def status(self) -> str:
        return self.teleoperator.status


def asked(pose: Pose) -> np.ndarray:
    """Return the joints that ``pose`` stands for."""
    values = np.append(pose.angles, np.full(4, np.nan))
    return JointRetarget(MODEL).target(values, JointCommand(MODEL.home, OPEN)).positions
