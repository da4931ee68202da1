"""A person at whatever they drive with, and the ideal arm that they drive, on its own clock."""

import numpy as np
from hand_clock import HandClock

from robot.command import JointCommand
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm

MODEL = load_arm("dofbot")
PERIOD = 1 / 30
BENT = np.array([0.0, -0.6, -0.6, -0.5, 0.0])


class IdealSeat:
    def __init__(self, positions: np.ndarray = BENT) -> None:
        self.clock = HandClock()
        self.arm = KinematicArm(MODEL, positions=positions, clock=self.clock)
        self.arm.connect()
        self.commands = [JointCommand(positions, MODEL.gripper.max_opening)]

    def follow(self, command: JointCommand | None) -> None:
        """Let the arm go where it is sent, if anywhere, for a period."""
        if command is not None:
            self.arm.command(command)
        self.commands.append(command or self.commands[-1])
        self.clock.now += PERIOD

    @property
    def positions(self) -> np.ndarray:
        return self.arm.state().positions

    @property
    def tool(self) -> np.ndarray:
        return np.array(MODEL.kinematics.tool_position(self.positions))
