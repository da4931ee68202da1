"""The port of an arm's servos as the command line names it: see ``hardware.servo_port``."""

from hardware.servo_port import EMULATED, FaultOptions, ServoPort, servo_port

__all__ = ["EMULATED", "FaultOptions", "ServoPort", "servo_port"]
