"""Two arms driven as one, and how far apart they really are."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError, ModelError
from robot.model import ArmModel

_LOG_LENGTH = 100_000  # an hour and a half at 20 measurements a second


@dataclass(frozen=True, slots=True, eq=False)
class Divergence:
    """Primary minus twin: joints [n] [rad], gripper [m]; tool: distance [m]; stamp: primary's."""

    joints: Vector
    tool: float
    gripper: float
    stamp: float


@dataclass(frozen=True, slots=True)
class DivergenceSummary:
    """Root mean square and greatest divergence, joints [rad] over all joints, tool [m]."""

    count: int
    joint_rms: float
    joint_max: float
    tool_rms: float
    tool_max: float

    def __str__(self) -> str:
        return (
            f"{self.count} measurements: joints {np.degrees(self.joint_rms):.2f} deg rms,"
            f" {np.degrees(self.joint_max):.2f} max; tool {self.tool_rms * 1e3:.1f} mm rms,"
            f" {self.tool_max * 1e3:.1f} max"
        )


class MirroredArm(Arm):
    """An arm whose twin is sent whatever the primary really applied.

    State and limits are the primary's. Call ``divergence`` once a control period to measure
    and log how far the two are apart.
    """

    def __init__(self, primary: Arm, twin: Arm) -> None:
        """Pair two unconnected arms of the same model. Raises ModelError otherwise."""
        _check_same_model(primary.model, twin.model)
        self.primary, self.twin = primary, twin
        self.log: deque[Divergence] = deque(maxlen=_LOG_LENGTH)

    @property
    def model(self) -> ArmModel:
        """Return the model of both arms."""
        return self.primary.model

    def connect(self) -> None:
        """Connect both arms, or neither. Raises ArmError."""
        self.primary.connect()
        try:
            self.twin.connect()
        except BaseException:
            self.primary.disconnect()
            raise

    def state(self) -> ArmState:
        """Return the newest measurement of the primary."""
        return self.primary.state()

    def command(self, command: JointCommand) -> JointCommand:
        """Send ``command`` to the primary, then what it applied to the twin; return that.

        Raises ArmError if either fails; if it was the twin, the primary has been stopped.
        """
        applied = self.primary.command(command)
        try:
            self.twin.command(applied)
        except Exception as error:
            self.primary.stop()
            raise ArmError(f"the mirrored twin failed, both arms stopped: {error}") from error
        return applied

    def stop(self) -> None:
        """Stop both arms, the primary first."""
        try:
            self.primary.stop()
        finally:
            self.twin.stop()

    def disconnect(self) -> None:
        """Let go of both arms, the primary first."""
        try:
            self.primary.disconnect()
        finally:
            self.twin.disconnect()

    def divergence(self) -> Divergence:
        """Measure both arms now, log and return how far they are apart."""
        ours, theirs = self.primary.state(), self.twin.state()
        here = self.model.kinematics.tool_position(ours.positions)
        there = self.model.kinematics.tool_position(theirs.positions)
        measured = Divergence(
            joints=ours.positions - theirs.positions,
            tool=float(np.linalg.norm(np.subtract(here, there))),
            gripper=ours.gripper - theirs.gripper,
            stamp=ours.stamp,
        )
        self.log.append(measured)
        return measured

    def summary(self) -> DivergenceSummary:
        """Return the divergence over the whole log."""
        return summarise(self.log)


def summarise(log: Iterable[Divergence]) -> DivergenceSummary:
    """Return the divergence over the measurements of ``log``; zeros if there are none."""
    entries = list(log)
    if not entries:
        return DivergenceSummary(0, 0.0, 0.0, 0.0, 0.0)
    joints = np.array([entry.joints for entry in entries])
    tool = np.array([entry.tool for entry in entries])
    return DivergenceSummary(
        count=len(entries),
        joint_rms=float(np.sqrt(np.mean(joints**2))),
        joint_max=float(np.abs(joints).max()),
        tool_rms=float(np.sqrt(np.mean(tool**2))),
        tool_max=float(tool.max()),
    )


def _check_same_model(primary: ArmModel, twin: ArmModel) -> None:
    same = (
        primary.name == twin.name
        and primary.joints == twin.joints
        and np.array_equal(primary.lower, twin.lower)
        and np.array_equal(primary.upper, twin.upper)
    )
    if not same:
        raise ModelError(
            f"cannot mirror {primary.title} ({primary.n} joints) with {twin.title}"
            f" ({twin.n} joints): both arms must be of the same model and limits"
        )
