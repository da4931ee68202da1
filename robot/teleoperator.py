"""Whoever moves an arm by hand or body: one command a period, or none."""

from typing import Protocol, Self

from robot.command import ArmState, JointCommand


class Teleoperator(Protocol):
    """A source of commands that a person controls. Used as a context manager."""

    @property
    def status(self) -> str:
        """Return in a few words what it does: ``following``, ``holding: no person``, ``clutch``."""

    @property
    def stopped(self) -> bool:
        """Return whether the person asked for an emergency stop."""

    def command(self, state: ArmState) -> JointCommand | None:
        """Return where the arm shall go now that it is in ``state``; None to hold.

        Called once a control period, so it returns at once: pictures and keys are read in
        threads. Whoever follows it limits speed and acceleration.
        """

    def __enter__(self) -> Self:
        """Begin to listen. Raises RobotError."""

    def __exit__(self, *error: object) -> None:
        """End it, also after an error."""
