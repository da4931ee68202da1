"""How exactly, steadily and promptly an arm follows a body, and whether within its limits."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.random_streams import Stream, violations
from benchmarks.synthetic_body import Pose, View, person
from perception.body_angles import body_angles
from perception.body_teleoperator import BodyTeleoperator
from perception.person import Person
from perception.retarget import JointRetarget
from robot.command import ArmState, JointCommand
from robot.model import ArmModel, load_arm
from urdf import arm_names

NAME = "retargeting"

Points = NDArray[np.float64]

CAMERA_RATE, ARM_RATE = 30.0, 60.0  # [Hz]
NOISE = 0.005  # [m] of each landmark coordinate
MOTION = 0.5  # [Hz]
STILL = Pose()
SWING = np.full(5, np.radians(20.0))  # to either side, of each body angle
PHASES = np.array([0.0, 0.0, 0.5, 1.0, 0.5]) * np.pi  # no joint is asked for 30 deg or more
_SETTLING = 8.0  # [s] left out: the slow approach, and the filter's first average


Figures = dict[str, float | int | str | None]


def run(
    arms: tuple[str, ...] | None = None, streams: int = 10_000, seconds: float = 60.0
) -> Figures:
    """Drive ``arms``, all that a body can drive if None, by bodies of known angles.

    In joint mode. joint_error_deg: greatest over 1000 noiseless poses, seen from any side.
    jitter_deg: of the commands for a still person with landmarks good to 5 mm in each direction,
    root mean square. lag_ms: that filtering adds to a person with such landmarks who swings all
    angles by 20 deg to either side at 0.5 Hz, filmed at 30 Hz without delay, by the phase.
    command_lag_ms: the same of the commands, which keep to the arm's acceleration. Each is the
    worst joint's, of each arm and of the worst arm. violations: commands beyond velocity or
    acceleration limits over random streams with drop-outs and jumps, shared among the arms.
    """
    arms = arms or tuple(name for name in arm_names() if load_arm(name).sections.teleop)
    each = {arm: _figures(load_arm(arm), streams // len(arms), seconds) for arm in arms}
    figures: Figures = {
        name: max(own[name] for own in each.values())
        for name in ("joint_error_deg", "jitter_deg", "lag_ms", "command_lag_ms")
    }
    for name in ("violations", "commands", "streams"):
        figures[name] = int(sum(own[name] for own in each.values()))
    figures["arms"] = " ".join(arms)
    return figures | {
        f"{arm}_{name}": value for arm, own in each.items() for name, value in own.items()
    }


def _figures(model: ArmModel, streams: int, seconds: float) -> dict[str, float]:
    jitters, (lags, command_lags) = jitter(model, seconds), lag(model, seconds)
    broken = [violations(model, Stream(seed)) for seed in range(streams)]
    figures = {
        "joint_error_deg": joint_error(model, 1000),
        "jitter_deg": float(jitters.max()),
        "lag_ms": float(lags.max()),
        "command_lag_ms": float(command_lags.max()),
        "violations": sum(count for count, _ in broken),
        "commands": sum(commands for _, commands in broken),
        "streams": streams,
    }
    for i, joint in enumerate(model.joints):
        figures |= {
            f"{joint}_jitter_deg": float(jitters[i]),
            f"{joint}_lag_ms": float(lags[i]),
            f"{joint}_command_lag_ms": float(command_lags[i]),
        }
    return figures


def joint_error(model: ArmModel, poses: int) -> float:
    """Return by how much joints miss what the body's true angles ask for, at most [deg]."""
    random, retarget = np.random.default_rng(0), JointRetarget(model)
    here = JointCommand(model.home, model.gripper.max_opening)
    worst = 0.0
    for _ in range(poses):
        pose = drawn_pose(random)
        turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
        view = View(turn=turn * np.linalg.det(turn))
        found = body_angles(person(pose, "right", view=view), "right").values
        true = np.append(pose.angles, np.full(4, np.nan))
        asked, given = (retarget.target(values, here).positions for values in (true, found))
        worst = max(worst, float(np.abs(asked - given).max()))
    return float(np.degrees(worst))


def drawn_pose(random: np.random.Generator) -> Pose:
    """Return what an arm can do with its hand in front of the shoulder."""
    yaw, shoulder, elbow = random.uniform((-1.4, -1.2, 0.1), (1.4, 0.4, 1.4))
    wrist, roll, flare = random.uniform((-0.9, -1.5, -0.12), (0.9, 1.5, 0.12))
    return Pose(yaw, shoulder, elbow, wrist, roll, flare=flare)


def jitter(model: ArmModel, seconds: float) -> Points:
    """Return the root mean square of each joint's command for a still person [n] [deg]."""
    _, _, commands = _driven(model, seconds, np.zeros(len(SWING)))
    spread: Points = np.degrees(commands.std(axis=0))
    return spread


def lag(model: ArmModel, seconds: float) -> tuple[Points, Points]:
    """Return how long targets and commands are behind the body, each [n] [ms]."""
    times, targets, commands = _driven(model, seconds, SWING)
    asked = np.array([_asked(model, _swung(t, SWING)) for t in times])
    return _behind(times, asked, targets), _behind(times, asked, commands)


def _behind(times: Points, asked: Points, given: Points) -> Points:
    """Return by how much each joint is late, by the phase; one that nothing asks to move is not."""
    wave = np.exp(-2j * np.pi * MOTION * times)
    first, second = (wave @ (x - x.mean(axis=0)) for x in (asked, given))
    moves = np.ptp(asked, axis=0) > 0.0
    turned = np.divide(first, second, out=np.ones_like(first), where=moves)
    late: Points = np.angle(turned) / (2.0 * np.pi * MOTION) * 1e3
    return late


def _asked(model: ArmModel, pose: Pose) -> Points:
    values = np.append(pose.angles, np.full(4, np.nan))
    here = JointCommand(model.home, 0.0)
    return JointRetarget(model).target(values, here).positions


def _swung(t: float, swing: Points) -> Pose:
    angles = STILL.angles + swing * np.sin(2.0 * np.pi * MOTION * t + PHASES)
    return Pose(*angles.tolist())


class _Scene:
    """A person who swings, filmed at the camera's rate; ``now`` is its clock [s]."""

    def __init__(self, swing: Points) -> None:
        self.now = 0.0
        self._swing, self._random = swing, np.random.default_rng(0)
        self._person: Person | None = None

    def newest(self) -> Person | None:
        stamp = np.floor(self.now * CAMERA_RATE + 1e-6) / CAMERA_RATE
        if self._person is None or stamp > self._person.stamp:
            pose = _swung(stamp, self._swing)
            self._person = person(pose, view=View(noise=NOISE), stamp=stamp, random=self._random)
        return self._person


class _Noted(JointRetarget):
    """Keeps the joints it last returned."""

    last: Points

    def target(self, values: Points, here: JointCommand) -> JointCommand:
        command = super().target(values, here)
        self.last = command.positions
        return command


def _driven(model: ArmModel, seconds: float, swing: Points) -> tuple[Points, Points, Points]:
    """Return times [t] [s], targets and commands [t, n] [rad] for such a person, once settled."""
    scene, retarget = _Scene(swing), _Noted(model)
    teleoperator = BodyTeleoperator(model, scene, retarget, clock=lambda: scene.now)
    state = ArmState(model.home, np.zeros(model.n), model.gripper.max_opening, 0.0)
    times, targets, commands = [], [], []
    for tick in range(round((_SETTLING + seconds) * ARM_RATE)):
        scene.now = tick / ARM_RATE
        command = teleoperator.command(state)
        if command is not None and scene.now >= _SETTLING:
            times.append(scene.now)
            targets.append(retarget.last)
            commands.append(command.positions)
    return np.array(times), np.array(targets), np.array(commands)
