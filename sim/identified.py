"""Identified servos, as the simulation and the randomisation take them."""

import json
from dataclasses import replace
from pathlib import Path

from robot.errors import RobotError, UnknownNameError
from robot.estimate import Estimate
from robot.model import ArmModel
from robot.servo_file import Estimates, IdentifiedServos, read_servos, servos_from_json
from sim.randomization import (
    RANDOMIZATIONS,
    Randomization,
    Range,
    Ranges,
    each_range,
    named_randomization,
)
from sim.servos import Servos
from sim.world import TIMESTEP

_SLOWEST = 0.01  # share of the velocity limit: no servo stands still


def twin_servos(identified: IdentifiedServos, model: ArmModel) -> Servos:
    """Return servos that follow set-points as the identified ones do; faultless where unknown."""
    nominal = Servos()
    lag, speed, backlash = identified.lag, identified.speed, identified.backlash
    return Servos(
        speed=nominal.speed if speed is None else speed.value / float(model.max_velocity.max()),
        lag=nominal.lag if lag is None else max(0.0, lag.value - own_lag(nominal)),
        backlash=nominal.backlash if backlash is None else backlash.value,
        zero_offset=_values(identified.zero_offset, 0.0),
        joint_gain=_values(identified.joint_gain, 1.0),
    )


def own_lag(servos: Servos) -> float:
    """Return how late simulated servos follow a slow motion by their gain alone [s].

    Each step closes ``gain`` of the error, so a ramp is followed 1 / gain steps late; a target
    counts as given in the middle of the step for which it holds.
    """
    return TIMESTEP * (1.0 / servos.gain - 0.5)


def identified_randomization(identified: IdentifiedServos, model: ArmModel) -> Randomization:
    """Return the default randomization, narrowed to what is known of these servos.

    Each range is the value and two standard deviations to either side; what was not identified
    keeps the default's.
    """
    base = _of_arm("default", model)
    own, top = own_lag(Servos()), float(model.max_velocity.max())
    lag = _range(identified.lag, (base.servo_lag[0] + own, base.servo_lag[1] + own))
    speed = _range(identified.speed, (base.servo_speed[0] * top, base.servo_speed[1] * top))
    return replace(
        base,
        servo_lag=(max(0.0, lag[0] - own), max(0.0, lag[1] - own)),
        servo_speed=(max(_SLOWEST, speed[0] / top), speed[1] / top),
        backlash=_not_negative(_range(identified.backlash, base.backlash)),
        zero_offset=_ranges(identified.zero_offset, base.zero_offset),
        joint_gain=_ranges(identified.joint_gain, base.joint_gain),
    )


def find_randomization(randomization: str | Randomization, model: ArmModel) -> Randomization:
    """Return the randomization of that name, of that servo file, or of a servo file's own text.

    The text, see ``randomization_text``, lets a run's settings hold what they were made with.
    Raises UnknownNameError with the valid names, RobotError for a file of another arm.
    """
    if isinstance(randomization, Randomization):
        return randomization
    if randomization.startswith("{"):
        return identified_randomization(_from_text(randomization, model), model)
    if randomization.endswith(".json"):
        return identified_randomization(read_servos(Path(randomization), model), model)
    return _of_arm(randomization, model)


def randomization_text(randomization: str, model: ArmModel) -> str:
    """Return what means the same as ``randomization`` where its file is not: a name, or JSON.

    Raises UnknownNameError with the valid names, RobotError for a file of another arm.
    """
    find_randomization(randomization, model)
    if not randomization.endswith(".json"):
        return randomization
    return json.dumps(read_servos(Path(randomization), model).to_json())


def _of_arm(name: str, model: ArmModel) -> Randomization:
    """Return the randomization of that name, with what ``arm.toml`` says of it for this arm."""
    general, told = named_randomization(name), model.sections.randomization
    for other in told:
        if other not in RANDOMIZATIONS:
            where = f"randomization in {model.name}'s arm.toml"
            raise UnknownNameError(where, other, RANDOMIZATIONS)
    own, where = told.get(name, {}), f"randomization.{name} of {model.name}'s arm.toml"
    for condition in own:
        if condition not in general.ranges():
            raise UnknownNameError(f"condition in {where}", condition, general.ranges())
    try:
        return replace(general, **{condition: tuple(ends) for condition, ends in own.items()})
    except (TypeError, ValueError) as error:
        raise RobotError(f"{where}: a condition there is no [low, high]: {error}") from error


def _from_text(text: str, model: ArmModel) -> IdentifiedServos:
    try:
        return servos_from_json(json.loads(text), model)
    except ValueError as error:
        raise RobotError(f"randomization: no JSON of a servo file: {error}") from error


def _values(estimates: Estimates, otherwise: float) -> tuple[float, ...]:
    return tuple(otherwise if one is None else one.value for one in estimates)


def _range(estimate: Estimate | None, otherwise: Range) -> Range:
    return otherwise if estimate is None else estimate.range


def _ranges(estimates: Estimates, otherwise: Ranges) -> Ranges:
    (known,) = each_range(otherwise)
    return tuple(_range(one, known) for one in estimates)


def _not_negative(own: Range) -> Range:
    return max(0.0, own[0]), max(0.0, own[1])
