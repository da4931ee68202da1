"""How well hidden servos are identified, and how far a twin with them is from the arm."""

import multiprocessing
import statistics
import time

import numpy as np

from benchmarks.hidden_servos import Witness, hidden_errors, true_lag
from cli.emulated_arm import emulated_arm
from cli.identification import Identification, fit, identified, record
from cli.stand import RATE, Stand, remote_sample
from hardware.remote_arm import RemoteArm
from robot.command import Vector
from robot.loop import ControlLoop
from robot.model import ArmModel, load_arm
from robot.pilot import Pilot
from robot.servo_file import IdentifiedServos
from robot.tool_fix import FixNoise
from robot.tour import tour
from robot.verification import Distances
from robot.viewpoints import Viewpoint, table_grid, telling_poses
from sim.clock import SimClock
from sim.grasp_scene import GraspScene
from sim.identified import twin_servos
from sim.servos import Servos

Point = tuple[float, float, float]

NAME = "identification"

SEEDS = (1, 2, 3)
POINTS = 20
COLUMNS, ROWS, HEIGHT = 4, 3, 0.04


def run(board: str = "i2c", seeds: tuple[int, ...] = SEEDS) -> dict[str, float | int | str | None]:
    """Identify arms with hidden servos, all at once, each in a process of its own.

    An arm's zeros, gains, latency and lag are drawn from its seed and its play is 0.5 deg; it is
    driven over its board's bytes and seen to 0.5 mm and 0.5 deg. lag_error_ms, zero_error_deg,
    gain_error_percent: greatest over joints and arms, and the medians over all. divergence:
    between the true tool positions of arm and twin, root mean square over a grid on the table
    that no fit saw, the worst arm's, with a faultless twin and with an identified one.
    """
    start = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(len(seeds)) as pool:
        arms = pool.starmap(measure, [(board, seed) for seed in seeds])
    worst: dict[str, float | int | str | None] = {}
    for name in ("lag_error_ms", "zero_error_deg", "gain_error_percent"):
        errors = [error for arm in arms for error in arm[name]]
        worst |= {name: max(errors), f"{name}_median": statistics.median(errors)}
    for name in ("divergence_before_mm", "divergence_after_mm"):
        each = [arm[name][0] for arm in arms]
        worst |= {name: max(each), f"{name}_median": statistics.median(each)}
    seconds = time.perf_counter() - start
    return worst | {"arms": len(arms), "board": board, "seconds": seconds}


def measure(board: str, seed: int) -> dict[str, list[float]]:
    """Identify one arm; return its errors, one a joint but for lag and divergence."""
    model, noise = load_arm("dofbot"), FixNoise()
    grid = table_grid(model, COLUMNS, ROWS, HEIGHT)
    points = telling_poses(model, POINTS)
    with emulated_arm(model, board, seed, hidden_errors(seed)) as arm, RemoteArm(arm.url) as remote:
        witness = Witness(model, arm.true_positions, noise, seed)
        loop, sample = ControlLoop(RATE), remote_sample(remote)
        stand = Stand(remote, loop, witness, sample, None, "emulated")
        done = Identification()
        record(stand, points, done, quiet=True)
        truth = witness.calibration(done.visits, hidden_errors(seed).backlash)
        lag = true_lag(stand.pilot(), sample, arm.true_positions, truth)
        before = len(witness.true)
        list(tour(stand.pilot(), grid, witness))
        reached = [model.kinematics.tool_position(q) for q in witness.true[before:]]
    servos = identified(model, done, fit(model, done, noise))
    return _errors(servos, truth, lag) | {
        "divergence_before_mm": [_divergence(model, Servos(), grid, reached)],
        "divergence_after_mm": [_divergence(model, twin_servos(servos, model), grid, reached)],
    }


def _errors(
    servos: IdentifiedServos, calibration: tuple[Vector, Vector], lag: float
) -> dict[str, list[float]]:
    """Return by how much the identified values miss the truth; what was left open, as nominal."""
    zeros, gains = calibration
    zero = np.array([one.value if one else 0.0 for one in servos.zero_offset])
    gain = np.array([one.value if one else 1.0 for one in servos.joint_gain])
    found = servos.lag.value if servos.lag else 0.0
    return {
        "lag_error_ms": [abs(found - lag) * 1e3],
        "zero_error_deg": np.degrees(np.abs(zero - zeros)).tolist(),
        "gain_error_percent": (np.abs(gain / gains - 1.0) * 100.0).tolist(),
    }


def _divergence(
    model: ArmModel, servos: Servos, grid: list[Viewpoint], reached: list[Point]
) -> float:
    """Return how far the tool of a twin with ``servos`` is from ``reached``, rms [mm]."""
    clock = SimClock()
    with GraspScene(model, clock=clock) as scene, scene.arm as twin:
        twin.set_servos(servos)
        witness = Witness(model, twin.true_positions, FixNoise(), 0)
        pilot = Pilot(twin, ControlLoop(RATE, clock=clock, sleep=clock.sleep))
        list(tour(pilot, grid, witness))
    there = [model.kinematics.tool_position(q) for q in witness.true]
    return Distances.of(np.subtract(reached, there)).rms * 1e3
