import numpy as np
import pytest

from cli.emulated_arm import emulated_arm
from cli.identification import Identification, fit, identified, record
from cli.probes import OwnReadings
from cli.stand import RATE, Stand, remote_sample
from hardware.emulation.servo_errors import ServoErrors
from hardware.remote_arm import RemoteArm
from robot.excitation import ExcitationConfig
from robot.loop import ControlLoop
from robot.model import load_arm
from robot.tool_fix import FixNoise

MODEL = load_arm("dofbot")
SHORT = ExcitationConfig(waves=2, wave_s=2.5, wave=0.2, moves=2, pause_s=0.5)


def test_slow_servos_behind_the_real_driver_are_told_without_seeing_the_tool() -> None:
    errors, done = ServoErrors(speed=1.2, latency_s=0.03, lag_s=0.05), Identification()
    with emulated_arm(MODEL, "i2c", 1, errors) as arm, RemoteArm(arm.url) as remote:
        sample = remote_sample(remote)
        stand = Stand(remote, ControlLoop(RATE), OwnReadings(MODEL), sample, None, "a test")
        record(stand, [], done, quiet=True, config=SHORT)
    fits = fit(MODEL, done, FixNoise())
    servos = identified(MODEL, done, fits)
    assert servos.speed is not None and servos.speed.value == pytest.approx(1.2, abs=0.06)
    # The board's own profile and the time between its readings come on top.
    assert servos.lag is not None and 0.08 < servos.lag.value < 0.25
    assert fits.calibration is None
    assert servos.zero_offset == (None,) * 5 and servos.backlash is None
    assert np.isfinite(fits.lag.lags).all()
