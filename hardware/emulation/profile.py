"""The trapezoid of velocity by which a bus servo goes to a target in a given time."""

from math import copysign, sqrt

Phase = tuple[float, float]
"""How long it lasts [s], and its acceleration [units/s²]."""

_REST = 1e-12  # [units/s] slower than that is standing still


def trapezoid(
    distance: float, velocity: float, duration: float, speed: float, acceleration: float
) -> list[Phase]:
    """Return the phases that end ``distance`` away, at rest, after ``duration`` [s].

    A duration that is too short for ``speed`` and ``acceleration``, 0 for instance, gives the
    fastest way. A servo that starts at a ``velocity`` above ``speed`` brakes to it; one that
    moves the wrong way, or too fast to stop at its target, first comes to rest. Any unit of
    length.
    """
    if distance < 0.0:
        mirrored = trapezoid(-distance, -velocity, duration, speed, acceleration)
        return [(time, -rate) for time, rate in mirrored]
    braking = velocity * velocity / (2.0 * acceleration)
    if velocity < 0.0 or braking > distance:
        stop = abs(velocity) / acceleration
        left = distance - copysign(braking, velocity)
        onward = trapezoid(left, 0.0, duration - stop, speed, acceleration)
        return [(stop, -copysign(acceleration, velocity)), *onward]
    cruise = min(speed, _cruise(distance, velocity, duration, acceleration))
    if cruise < _REST:
        return [(velocity / acceleration, -acceleration)]
    ramp = (cruise * cruise - velocity * velocity) / (2.0 * acceleration)
    coast = distance - abs(ramp) - cruise * cruise / (2.0 * acceleration)
    return [
        (abs(cruise - velocity) / acceleration, copysign(acceleration, cruise - velocity)),
        (max(0.0, coast) / cruise, 0.0),
        (cruise / acceleration, -acceleration),
    ]


def _cruise(distance: float, velocity: float, duration: float, acceleration: float) -> float:
    """Return the velocity between the ramps that takes ``duration`` in all, or the least more."""
    braking = velocity * velocity / (2.0 * acceleration)
    if velocity * (duration - velocity / acceleration) > distance - braking:
        return (distance - braking) / (duration - velocity / acceleration)
    half = (duration + velocity / acceleration) / 2.0
    rest = half * half - (distance + braking) / acceleration
    if duration <= 0.0 or rest <= 0.0:
        return sqrt(acceleration * (distance + braking))
    # half - sqrt(rest) without the difference, which would leave nothing of a short way.
    return (distance + braking) / (half + sqrt(rest))
