"""What the program does that the client library sends to the controller.

The library's ``rtde_control.script`` is a loop over ``input_int_register_0``: a command's number,
its arguments in the double registers. It answers in ``output_int_register_0``. Emulated are the
commands that a driver streaming joint targets needs; another one ends it as a script error would.
"""

import logging
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass

import numpy as np

from hardware.emulation.ur.joints import Joints, ServoTarget
from hardware.emulation.ur.rtde_frames import Value
from robot.command import Vector

log = logging.getLogger(__name__)

READY, DONE = 1, 2
NO_COMMAND, SERVOJ, SERVO_STOP, SET_WATCHDOG, STOP_SCRIPT = 0, 11, 16, 35, 255
_HEAD = "def rtde_control():\n"
_PARTS = ("servoj(q, t=dt, lookahead_time=lh_time, gain=g)", "stopl(deceleration_rate)")


def is_control_program(script: str) -> bool:
    """Return whether ``script`` is the library's, made ready for a controller's version."""
    return script.startswith(_HEAD) and "$" not in script and all(p in script for p in _PARTS)


@dataclass(slots=True)
class ControlProgram:
    """The program while it runs. ``step`` is one pass of its loop, one cycle of the controller.

    joints: what it moves. inputs, outputs: registers by name.
    min_frequency: of the command register's updates [Hz], once a watchdog was set.
    """

    joints: Joints
    inputs: Mapping[str, Value]
    outputs: MutableMapping[str, Value]
    min_frequency: float = 0.0
    target: ServoTarget | None = None
    _stopping: bool = False
    _executed: bool = False

    def __post_init__(self) -> None:
        self.outputs["output_int_register_0"] = READY

    def step(self, dt: float) -> bool:
        """Obey the command register and move for ``dt`` [s]; return whether to run on."""
        self._move(dt)
        if self._stopping:
            return True
        command = int(self._number("input_int_register_0"))
        if command == SERVOJ:
            self._servoj()
            self.outputs["output_int_register_0"] = READY
        elif command == NO_COMMAND:
            self._executed = False
            self.outputs["output_int_register_0"] = READY
        elif not self._executed:
            return self._execute(command)
        return True

    def _move(self, dt: float) -> None:
        if self.target is not None:
            self.joints.follow(self.target, dt)
            return
        self.joints.brake(dt)
        if self._stopping and self.joints.at_rest:
            self._stopping = False
            self._done()

    def _execute(self, command: int) -> bool:
        known: dict[int, Callable[[], None]] = {
            SERVO_STOP: self._servo_stop,
            SET_WATCHDOG: self._set_watchdog,
        }
        if command not in known:
            if command != STOP_SCRIPT:
                log.error("command %d is not emulated: the program ends", command)
            return False
        self._executed = True
        known[command]()
        return True

    def _servoj(self) -> None:
        doubles = self._doubles(11)
        self.target = ServoTarget(doubles[:6], float(doubles[9]))

    def _servo_stop(self) -> None:
        self.target, self._stopping = None, True

    def _set_watchdog(self) -> None:
        self.min_frequency = self._number("input_double_register_0")
        self._done()

    def _done(self) -> None:
        self.outputs["output_int_register_0"] = DONE

    def _doubles(self, count: int) -> Vector:
        return np.array([self._number(f"input_double_register_{i}") for i in range(count)])

    def _number(self, name: str) -> float:
        value = self.inputs[name]
        assert isinstance(value, int | float)
        return value
