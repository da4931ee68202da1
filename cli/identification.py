"""Finds out how an arm's servos are: records a motion, has the tool seen, fits both."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cli.console import CountBar
from cli.stand import RATE, Stand
from robot.calibration_fit import CalibrationFit, fit_calibration
from robot.excitation import ExcitationConfig, excitation
from robot.lag_fit import LagFit, fit_lag
from robot.model import ArmModel
from robot.recording import Recorder, Recording, Visit
from robot.servo_file import IdentifiedServos
from robot.tool_fix import FixNoise
from robot.tour import tour
from robot.viewpoints import Viewpoint


@dataclass(slots=True)
class Identification:
    """What was recorded so far; source: what was measured and by whom, "" before that is known."""

    source: str = ""
    blind: bool = False
    recording: Recording | None = None
    visits: list[Visit] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fits:
    """What the recorded motion tells, and what the seen tool tells; None if nobody saw it."""

    lag: LagFit
    calibration: CalibrationFit | None


def record(
    stand: Stand,
    points: list[Viewpoint],
    done: Identification,
    quiet: bool = False,
    config: ExcitationConfig | None = None,
) -> None:
    """Move as ``excitation`` says, then visit ``points``; fill ``done`` as it goes."""
    done.source, done.blind = stand.source, stand.probe.blind
    done.recording = record_motion(stand, quiet, config)
    pilot = stand.pilot()
    with CountBar("measuring", 2 * len(points), quiet=quiet) as bar:
        for visit in tour(pilot, points, stand.probe):
            done.visits.append(visit)
            bar.add(None)


def record_motion(
    stand: Stand, quiet: bool = False, config: ExcitationConfig | None = None
) -> Recording:
    """Return what the servos were told and measured while they moved slowly, then fast."""
    pilot = stand.pilot()
    pilot.go(stand.model.home)
    pilot.rest(0.0)
    recorder = Recorder()
    course = list(excitation(stand.model, 1.0 / RATE, config))
    with CountBar("moving", len(course), quiet=quiet) as bar:
        for tick in stand.loop.run(len(course)):
            positions, slow = course[tick]
            pilot.send(positions)
            recorder.add(*stand.sample(pilot.applied), slow)
            bar.add(None)
    return recorder.recording()


def fit(model: ArmModel, done: Identification, noise: FixNoise) -> Fits:
    """Return what ``done`` tells. Raises RobotError if nothing was recorded."""
    assert done.recording is not None
    calibration = None
    if done.visits and not done.blind:
        calibration = fit_calibration(model.kinematics, done.visits, noise)
    return Fits(fit_lag(done.recording), calibration)


def identified(model: ArmModel, done: Identification, fits: Fits) -> IdentifiedServos:
    """Return the servos as the fits have them, what nobody could tell left open."""
    calibration, unknown = fits.calibration, (None,) * model.n
    return IdentifiedServos(
        arm=model.name,
        date=datetime.now(UTC).date().isoformat(),
        source=done.source,
        lag=fits.lag.lag,
        speed=fits.lag.speed,
        backlash=calibration.play if calibration else None,
        zero_offset=calibration.zero if calibration else unknown,
        joint_gain=calibration.gain if calibration else unknown,
        residual=calibration.residual if calibration else None,
    )
