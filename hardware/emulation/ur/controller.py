"""The emulated controller: its modes, registers and program, advanced one cycle at a time."""

import logging
from dataclasses import dataclass, field

import numpy as np

from hardware.emulation.ur.control_program import ControlProgram, is_control_program
from hardware.emulation.ur.joints import Joints
from hardware.emulation.ur.rtde_frames import Value
from hardware.emulation.ur.rtde_variables import INPUTS, OUTPUTS, zeros
from hardware.ur.modes import RobotMode, RuntimeState, SafetyMode
from robot.command import Vector

log = logging.getLogger(__name__)

PATIENCE_S = 0.3
"""An emulated robot shares the processor with everybody: its watchdog waits so much longer [s]."""

CB3, E_SERIES = 3, 5
_RATES = {CB3: 125.0, E_SERIES: 500.0}  # [Hz]
_FURTHEST = 0.6  # [rad] from where it is to a servo target: beyond it no drive could follow
_COMMAND = "input_int_register_0"
_BITS = {
    SafetyMode.NORMAL: 0b1,
    SafetyMode.REDUCED: 0b11,
    SafetyMode.PROTECTIVE_STOP: 0b100_0000_0100,
    SafetyMode.SAFEGUARD_STOP: 0b100_0001_0000,
    SafetyMode.SYSTEM_EMERGENCY_STOP: 0b100_1010_0000,
    SafetyMode.ROBOT_EMERGENCY_STOP: 0b100_1100_0000,
}
"""RTDE ``safety_status_bits``: normal, reduced, protective, recovery, safeguard, emergency of the
system, of the robot, of either, violation, fault, stopped due to safety."""


@dataclass(slots=True)
class Controller:
    """One controller and its robot. ``tick`` is one cycle; nothing happens between two.

    version: of PolyScope: major, minor, bug fix, build. remote: whether an e-Series is in remote
    control, so that it runs what is sent to it. inputs, outputs: variables by name, as clients
    write and read them.
    """

    joints: Joints
    version: tuple[int, int, int, int] = (3, 15, 8, 106339)
    remote: bool = True
    robot_mode: RobotMode = RobotMode.RUNNING
    safety_mode: SafetyMode = SafetyMode.NORMAL
    program: ControlProgram | None = None
    inputs: dict[str, Value] = field(default_factory=lambda: zeros(INPUTS))
    outputs: dict[str, Value] = field(default_factory=lambda: zeros(OUTPUTS))
    programs_started: int = 0
    _now: float = 0.0
    _commanded_at: float = 0.0

    def __post_init__(self) -> None:
        self._publish()

    @property
    def rate_hz(self) -> float:
        """Return the cycles a second [Hz]: 125 for CB3, 500 for the e-Series."""
        return _RATES[CB3 if self.version[0] == CB3 else E_SERIES]

    @property
    def takes_programs(self) -> bool:
        """Return whether a program that is sent to it is run."""
        safe = self.safety_mode in (SafetyMode.NORMAL, SafetyMode.REDUCED)
        local = self.version[0] != CB3 and not self.remote
        return safe and self.robot_mode is RobotMode.RUNNING and not local

    @property
    def target(self) -> Vector:
        """Return where it was sent last [6] [rad]; where it is, if nowhere."""
        servo = self.program and self.program.target
        return servo.positions if servo else self.joints.positions

    def run(self, script: str) -> None:
        """Run ``script`` instead of what runs now; nothing if it is not to be run."""
        if not is_control_program(script):
            log.error("this emulator only knows the client library's own program")
        elif self.takes_programs:
            self.program = ControlProgram(self.joints, self.inputs, self.outputs)
            self.programs_started += 1

    def stop_program(self) -> None:
        """End the program; the robot brakes and holds."""
        self.program = None

    def write(self, values: dict[str, Value]) -> None:
        """Take what a client sets."""
        self.inputs.update(values)
        if _COMMAND in values:
            self._commanded_at = self._now

    def trip(self, safety: SafetyMode) -> None:
        """Enter ``safety``, which stops whatever runs."""
        self.safety_mode = safety
        self.program = None
        if safety in (SafetyMode.ROBOT_EMERGENCY_STOP, SafetyMode.SYSTEM_EMERGENCY_STOP):
            self.power_off()

    def power_off(self) -> None:
        """Drop the brakes."""
        self.robot_mode, self.program = RobotMode.POWER_OFF, None
        self.joints.freeze()

    def recover(self) -> None:
        """Enable and power up again, as a person does on the pendant."""
        self.safety_mode, self.robot_mode = SafetyMode.NORMAL, RobotMode.RUNNING

    def place(self, positions: Vector) -> None:
        """Move the robot to ``positions`` [6] [rad] by hand, its program stopped."""
        self.program = None
        self.joints.freeze()
        self.joints.positions[:] = positions

    def tick(self, dt: float) -> None:
        """Let ``dt`` [s] pass: the program, the joints, the watchdogs, the outputs."""
        self._now += dt
        if self.program is not None and not self._continue(self.program, dt):
            self.program = None
        if self.program is None and self.robot_mode is RobotMode.RUNNING:
            self.joints.brake(dt)
        self._publish()

    def _continue(self, program: ControlProgram, dt: float) -> bool:
        silence = self._now - self._commanded_at
        if program.min_frequency > 0.0 and silence > 1.0 / program.min_frequency + PATIENCE_S:
            log.warning("RTDE watchdog: no command for %.2f s, the program stops", silence)
            return False
        if not program.step(dt):
            return False
        if np.abs(self.target - self.joints.positions).max() > _FURTHEST:
            log.warning("protective stop: a servo target too far away to follow")
            self.trip(SafetyMode.PROTECTIVE_STOP)
            return False
        return True

    def _publish(self) -> None:
        running = self.program is not None
        joints = self.joints
        self.outputs.update(
            timestamp=self._now,
            target_q=tuple(self.target.tolist()),
            target_qd=tuple(joints.velocities.tolist()),
            actual_q=tuple(joints.positions.tolist()),
            actual_qd=tuple(joints.velocities.tolist()),
            robot_mode=int(self.robot_mode),
            safety_mode=int(self.safety_mode),
            robot_status_bits=(self.robot_mode >= RobotMode.POWER_ON) | running << 1,
            safety_status_bits=_BITS.get(self.safety_mode, 0b100_0000_0000),
            runtime_state=int(RuntimeState.PLAYING if running else RuntimeState.STOPPED),
            speed_scaling=1.0,
            target_speed_fraction=1.0,
        )
