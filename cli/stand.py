"""The arm that is to be measured: simulated, emulated in this process, or over TCP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cli.arms import open_cell
from cli.emulated_arm import emulated_arm
from cli.measured_points import AskedProbe, FiledProbe
from cli.probes import OutsideProbe, OwnReadings
from hardware.errors import StaleCommandError
from hardware.remote_arm import RemoteArm
from robot.arm import Arm
from robot.command import JointCommand, Vector
from robot.errors import RobotError
from robot.loop import ControlLoop
from robot.model import ArmModel, load_arm
from robot.pilot import Pilot
from robot.servo_file import read_servos
from robot.tool_fix import FixNoise
from robot.tour import Probe
from sim.clock import SimClock
from sim.grasp_scene import GraspScene
from sim.identified import twin_servos

EMULATED = "emulated"
RATE = 50.0
"""Commands a second [Hz]."""

Sample = tuple[float, Vector, Vector]
"""Stamp [s], set-point and measured positions [n] [rad]."""


@dataclass(frozen=True)
class StandOptions:
    """Which arm is measured, and who sees where its tool is."""

    arm: str = EMULATED
    """``emulated``, ``sim``, or the address of a server such as tcp://pi:5555."""
    model: str = "dofbot"
    """Which arm it is, by its folder in urdf/."""
    board: str = "i2c"
    """Board of the emulated arm: i2c, se, ds, feetech or lx16a. Those with serial ports answer in
    real time, for which a busy machine may be too slow."""
    seed: int = 0
    """Of the emulated arm's hidden errors, and of the noise of whoever sees it."""
    probe_noise: tuple[float, float] = (0.5, 0.5)
    """Standard deviations with which the tool is seen, or read by a person: along each axis [mm]
    and of the jaws' heading [deg]."""
    ask: bool = False
    """Ask for what a person reads off the grid on the table: x y [z] [jaw heading]."""
    measured: Path | None = None
    """Take that from this file instead, such as an earlier --ask wrote."""
    servos: Path | None = None
    """Identified servos, a file of `twinarm identify`, for the simulated arm or twin."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A connected arm, what paces it, who sees it, and its simulated twin if it has one.

    sample: what the servos were told and measured, given what the arm applied last.
    source: in words, what was measured and by whom.
    """

    arm: Arm
    loop: ControlLoop
    probe: Probe
    sample: Callable[[JointCommand], Sample]
    twin_tool: Callable[[], Vector] | None
    source: str

    @property
    def model(self) -> ArmModel:
        """Return what the arm is."""
        return self.arm.model

    def pilot(self) -> Pilot:
        """Return who moves the arm, and is not put off by a command that came late."""
        return Pilot(self.arm, self.loop, forgive=(StaleCommandError,))


@contextmanager
def open_stand(
    options: StandOptions, visits: int, out: Path, mirror: bool = False
) -> Iterator[Stand]:
    """Yield the arm that ``options`` mean, connected; it is stopped and let go of at the end.

    visits: to be measured. out: folder for the answers of a person. mirror: with a simulated
    twin that is sent the same commands. Raises RobotError.
    """
    _check(options, mirror)
    if options.arm == "sim":
        with _simulated(options, visits, out) as stand:
            yield stand
    elif options.arm == EMULATED:
        with _emulated(options, visits, out, mirror) as stand:
            yield stand
    else:
        with _remote(options, options.arm, visits, out, mirror) as stand:
            yield stand


def _check(options: StandOptions, mirror: bool) -> None:
    if options.arm not in ("sim", EMULATED) and not options.arm.startswith("tcp://"):
        raise RobotError(
            f"--arm {options.arm!r} is neither 'emulated', 'sim' nor an address like tcp://pi:5555"
        )
    if not all(0.0 < noise < 100.0 for noise in options.probe_noise):
        raise RobotError(f"--probe-noise {options.probe_noise}: must be positive, in mm and deg")
    if options.ask and options.measured is not None:
        raise RobotError("--ask and --measured: somebody reads the grid now or has done so")
    if options.servos is not None and options.arm != "sim" and not mirror:
        raise RobotError("--servos is for what is simulated: --arm sim, or a twin (--mirror)")
    if mirror and options.arm == "sim":
        raise RobotError("--mirror needs another arm than the simulation, which is its own twin")


@contextmanager
def _simulated(options: StandOptions, visits: int, out: Path) -> Iterator[Stand]:
    model, clock = load_arm(options.model), SimClock()
    with GraspScene(model, clock=clock) as scene, scene.arm:
        arm = scene.arm
        if options.servos is not None:
            arm.set_servos(twin_servos(read_servos(options.servos, model), model))
        probe = _probe(options, model, visits, out, arm.true_positions)

        def sample(applied: JointCommand) -> Sample:
            state = arm.state()
            return state.stamp, applied.positions, state.positions

        loop = ControlLoop(RATE, clock=clock, sleep=clock.sleep)
        yield Stand(arm, loop, probe, sample, None, f"simulated arm, {probe.source}")


@contextmanager
def _emulated(options: StandOptions, visits: int, out: Path, mirror: bool) -> Iterator[Stand]:
    with (
        emulated_arm(load_arm(options.model), options.board, options.seed) as arm,
        _remote(options, arm.url, visits, out, mirror, arm.true_positions) as stand,
    ):
        yield stand


@contextmanager
def _remote(
    options: StandOptions,
    url: str,
    visits: int,
    out: Path,
    mirror: bool,
    true_positions: Callable[[], Vector] | None = None,
) -> Iterator[Stand]:
    """Yield the stand of the arm at ``url``; one of our own uses no keys."""
    own = true_positions is not None
    model = load_arm(options.model)
    with open_cell(
        url, model.name, mirror, options.keys, own or options.insecure_loopback, options.servos
    ) as cell:
        remote = cell.mirror.primary if cell.mirror else cell.arm
        assert isinstance(remote, RemoteArm)
        probe = _probe(options, model, visits, out, true_positions)
        what = f"emulated arm, seed {options.seed}, board {options.board}" if own else options.arm
        yield Stand(
            cell.arm,
            ControlLoop(RATE),
            probe,
            remote_sample(remote),
            None if cell.scene is None else _tool_of(cell.scene),
            f"{what}, {probe.source}",
        )


def remote_sample(arm: RemoteArm) -> Callable[[JointCommand], Sample]:
    """Return what takes samples of ``arm``: the set-point that its server gave the servos."""

    def sample(applied: JointCommand) -> Sample:
        newest = arm.telemetry()
        return newest.stamp, np.array(newest.target_positions), np.array(newest.positions)

    return sample


def _tool_of(scene: GraspScene) -> Callable[[], Vector]:
    arm, kinematics = scene.arm, scene.model.kinematics

    def tool() -> Vector:
        arm.state()  # lets the simulation catch up with the clock
        return np.array(kinematics.tool_position(arm.true_positions()))

    return tool


def _probe(
    options: StandOptions,
    model: ArmModel,
    visits: int,
    out: Path,
    true_positions: Callable[[], Vector] | None,
) -> Probe:
    if options.ask:
        return AskedProbe(visits, out / "measured.csv")
    if options.measured is not None:
        return FiledProbe(options.measured, visits)
    if true_positions is None:
        return OwnReadings(model)
    noise = FixNoise(options.probe_noise[0] * 1e-3, float(np.radians(options.probe_noise[1])))
    return OutsideProbe(model, true_positions, noise, options.seed)
