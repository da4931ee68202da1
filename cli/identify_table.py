"""Identified servos as a table in the terminal."""

import numpy as np
from rich.table import Table

from cli.identification import Fits
from robot.estimate import Estimate
from robot.model import ArmModel

UNKNOWN = "not observable"


def servo_table(model: ArmModel, fits: Fits) -> Table:
    """Return a row a joint and the ones of all joints, each value with its standard deviation."""
    table = Table(box=None, title="servos, with standard deviations", title_justify="left")
    for head in ("", "zero [deg]", "gain", "lag [ms]"):
        table.add_column(head, justify="right")
    fit, lag = fits.calibration, fits.lag
    for i, joint in enumerate(model.joints):
        zero, gain = (fit.zero[i], fit.gain[i]) if fit else (None, None)
        own = f"{lag.lags[i] * 1e3:.0f}" if np.isfinite(lag.lags[i]) else UNKNOWN
        table.add_row(joint, words(zero, np.degrees(1.0), 2), words(gain, 1.0, 4), own)
    table.add_section()
    table.add_row("all", "", "", words(lag.lag, 1e3, 0))
    return table


def summary(fits: Fits) -> list[str]:
    """Return what is the same for all joints, and how well the fit explains the tool, as lines."""
    lag, fit = fits.lag, fits.calibration
    limit = f"not observable: they kept up, at {lag.seen_speed:.2f} rad/s at most"
    speed = limit if lag.speed is None else f"{words(lag.speed, 1.0, 2)} rad/s"
    lines = [
        f"lag, from set-point to effect in slow motion: {words(lag.lag, 1e3, 0)} ms",
        f"greatest speed: {speed}",
    ]
    if fit is None:
        return [*lines, "zeros, gains and play: nobody saw the tool; use --ask or --measured"]
    lines += [
        f"play of the joints: {words(fit.play, np.degrees(1.0), 2)} deg",
        f"tool off by {fit.before * 1e3:.1f} mm rms before, {fit.residual * 1e3:.1f} mm after",
    ]
    if fit.unobservable:
        lines.append(f"not observable: {', '.join(fit.unobservable)}")
    return lines


def words(estimate: Estimate | None, scale: float, digits: int) -> str:
    """Return the value and its standard deviation, both times ``scale``."""
    if estimate is None:
        return UNKNOWN
    value, std = estimate.value * scale, estimate.std * scale
    return f"{value:.{digits}f} ± {std:.{digits}f}"
