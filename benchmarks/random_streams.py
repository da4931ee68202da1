"""Streams of landmarks at random, with drop-outs and jumps, and what an arm is told by them."""

from dataclasses import dataclass

import numpy as np

from benchmarks.synthetic_body import Pose, View, moving, person
from perception.body_teleoperator import BodyTeleoperator
from perception.person import Person
from perception.retarget import JointRetarget, Retarget
from perception.retarget_tool import ToolRetarget
from robot.command import ArmState, Vector
from robot.model import ArmModel

_ROUNDING = 1e-6
_LOW = np.array([-3.0, -1.6, -0.5, -1.5, -3.0, 0.0, -0.2])
_HIGH = np.array([3.0, 1.6, 2.6, 1.5, 3.0, 0.12, 0.2])
"""Of a pose's values: further than people reach."""


@dataclass(frozen=True, slots=True)
class Stream:
    """seed: of everything that is random in it. commands: how many an arm is asked for."""

    seed: int
    commands: int = 60


class _Chaos:
    """A person who hurries about, vanishes, is seen badly or late, and is swapped for another."""

    def __init__(self, random: np.random.Generator) -> None:
        self.now = 0.0
        self._random = random
        self._here, self._there, self._part = self._pose(), self._pose(), 0.0
        self._pace = random.uniform(0.02, 0.3)
        self._trouble = random.uniform(0.0, 0.05)
        self._gone_until = 0.0
        self._person: Person | None = None

    def newest(self) -> Person | None:
        random = self._random
        if random.random() < self._trouble:
            self._upset()
        if self.now < self._gone_until:
            return None if self._gone_until % 0.02 < 0.01 else self._person
        self._part += self._pace
        if self._part >= 1.0:
            self._here, self._there, self._part = self._there, self._pose(), 0.0
        seen = person(
            moving(self._here, self._there, self._part),
            view=View(noise=random.choice([0.0, 0.005, 0.05]), hand=bool(random.random() < 0.8)),
            stamp=self.now - random.uniform(0.0, 0.1),
            random=random,
        )
        if random.random() < self._trouble:
            seen.visibility[:] = random.uniform(0.0, 1.0, 33)
        if random.random() < 0.3 * self._trouble:
            seen.world[random.integers(33)] = random.choice([np.nan, np.inf, 0.0, 1e9])
        self._person = seen
        return seen

    def _upset(self) -> None:
        random = self._random
        if random.random() < 0.5:
            self._gone_until = self.now + random.exponential(0.3)
        else:
            self._here = self._there = self._pose()

    def _pose(self) -> Pose:
        return Pose(*self._random.uniform(_LOW, _HIGH).tolist())


def violations(model: ArmModel, stream: Stream) -> tuple[int, int]:
    """Return how many commands broke a limit of ``model``, and how many there were.

    Judged from positions and times alone. Between two commands the mean velocity is at most the
    greatest; two means in a row differ by at most acceleration times the time between their
    middles. Where there is none the arm stands.
    """
    random = np.random.default_rng(stream.seed)
    chaos = _Chaos(random)
    retarget: Retarget = ToolRetarget(model) if stream.seed % 4 == 0 else JointRetarget(model)
    teleoperator = BodyTeleoperator(model, chaos, retarget, clock=lambda: chaos.now)
    here = random.uniform(model.lower, model.upper)
    state = ArmState(here, np.zeros(model.n), model.gripper.max_opening, 0.0)
    speed, gap, broken, given = np.zeros(model.n), 0.01, 0, 0
    for _ in range(stream.commands):
        dt = random.choice([0.005, 0.01, 0.033, 0.05, random.uniform(0.001, 0.3)])
        chaos.now += dt
        teleoperator.clutch = bool(random.random() < 0.02)
        command = teleoperator.command(state)
        if command is not None:
            given += 1
            state = ArmState(command.positions, np.zeros(model.n), command.gripper, chaos.now)
        now = (state.positions - here) / dt
        broken += _broken(model, now, speed, (dt + gap) / 2.0)
        here, speed, gap = state.positions, now, dt
    return broken, given


def _broken(model: ArmModel, speed: Vector, last: Vector, between: float) -> bool:
    too_fast = np.abs(speed) > model.max_velocity + _ROUNDING / between
    too_sudden = np.abs(speed - last) > (model.max_acceleration * between + _ROUNDING / between)
    return bool(too_fast.any() or too_sudden.any() or not np.isfinite(speed).all())
