"""The table of an emulated cell: an arm that follows its servos, and a block with its weight."""

import numpy as np

from robot.command import Vector
from robot.model import ArmModel
from sim.bullet import pybullet
from sim.cell_truth import CellTruth
from sim.optics import Matrix
from sim.servos import Servos
from sim.sim_arm import SimArm
from sim.tabletop import MovedTop
from sim.world import GRIP, TIMESTEP, BodyPose, World

LIFTED = 0.05
"""A block this far above the table counts as lifted [m]."""

_STIFF = Servos(gain=0.6, speed=2.0)
"""The motors only bring the arm to where its servos are: nearer than 20 mrad at full speed."""
_STIFFNESS = 3.0  # [N·m/rad] of the crank while its jaws hold a block, 2.8 to 4.3
_FIRM = 0.07  # [rad] past where they met it, at which the servo of the jaws gives what it can
_NEWEST = 0.2  # share of the newest value, for the torque is that of single steps
_LOOSE = 0.001  # [rad] that it must lag at least while they are
_SLACK = 0.004  # [rad] that the crank may lag behind its servo before its jaws are stopped


class CellScene:
    """The physics of one cell. Use as a context manager, or call ``close``."""

    def __init__(self, model: ArmModel, truth: CellTruth) -> None:
        """Build the cell of ``truth`` with the arm at home and the block in the middle."""
        self.model, self.truth = model, truth
        self.world = World()
        self.world.set_pace(GRIP)
        self.arm = SimArm(self.world, model, _STIFF)
        self.arm.set_pad_friction(truth.pad_friction)
        self._tilt = pybullet.getQuaternionFromEuler((truth.table_roll, truth.table_pitch, 0.0))
        self._top = *model.grasp.area_centre, model.table_height + truth.table_height
        self.T_base_table = pose_matrix((self._top, self._tilt))
        self._add_table(truth.table_friction)
        self.block = self.world.add_block(truth.block_size, truth.block_mass, truth.block_friction)
        self._jaws = {self.arm.index[name] for name in _jaw_joints(model)}
        self._angles = [*model.home.tolist(), model.gripper.actuator_open]
        self._lifted_at: float | None = None
        self._met: float | None = None
        self.place_block(*model.grasp.area_centre)

    def place_block(self, x: float, y: float, yaw: float = 0.0) -> None:
        """Put the block at rest on the table over (x, y) [m], turned by ``yaw`` [rad]."""
        self.world.place(self.block, (x, y, 0.0), 0.0)
        pose = self.spot(x, y, yaw)
        self.world.set_pose(self.block, _beside(pose, (0.0, 0.0, self.truth.block_size / 2.0)))
        self._lifted_at = None

    def spot(self, x: float, y: float, yaw: float = 0.0) -> BodyPose:
        """Return the frame on the table top over (x, y) [m], z up, turned by ``yaw`` [rad]."""
        normal, (middle_x, middle_y, top) = self.T_base_table[:3, 2], self._top
        z = top - (normal[0] * (x - middle_x) + normal[1] * (y - middle_y)) / normal[2]
        turned: tuple[float, float, float, float] = pybullet.multiplyTransforms(
            (0, 0, 0), self._tilt, (0, 0, 0), pybullet.getQuaternionFromEuler((0, 0, yaw))
        )[1]
        return (x, y, float(z)), turned

    def follow(self, angles: list[float], seconds: float, press: float = 0.0) -> None:
        """Let ``seconds`` pass while the servos go evenly to the true ``angles`` [n + 1] [rad].

        press: how far past its angle the crank's servo wants to turn it [rad].
        """
        crank = angles[-1] + press
        if self._met is not None:
            crank = min(crank, self._met + _FIRM)
        goal, start, stride = [*angles[:-1], crank], self._angles, self.world.pace.stride
        strides = max(1, round(seconds / (stride * TIMESTEP)))
        for done in range(1, strides + 1):
            share = done / strides
            self._angles = [
                here + share * (there - here) for here, there in zip(start, goal, strict=True)
            ]
            self.arm.drive(self._angles)
            self.world.step(stride)
        self._watch_block()
        self._watch_jaws()

    def stopped_crank(self) -> float | None:
        """Return where what is between the jaws keeps the crank from closing [rad], if it does."""
        return None if self._met is None else self.arm.true_crank()

    def _watch_jaws(self) -> None:
        """Note where the jaws would be if fingers and contacts gave way to no force."""
        crank, torque = self.arm.true_crank(), self.arm.crank_torque()
        behind = self._angles[-1] - crank
        if behind < (_SLACK if self._met is None else _LOOSE) or not self._gripping():
            self._met = None
            return
        met = crank - max(0.0, torque) / _STIFFNESS
        self._met = met if self._met is None else self._met + _NEWEST * (met - self._met)

    def _gripping(self) -> bool:
        contacts = pybullet.getContactPoints(
            self.arm.body, self.block, physicsClientId=self.world.client
        )
        return len({contact[3] for contact in contacts} & self._jaws) > 1

    def true_angles(self) -> Vector:
        """Return where joints and crank are in the scene [n + 1] [rad]."""
        return np.array([*self.arm.true_positions(), self.arm.true_crank()])

    def block_pose(self) -> BodyPose:
        """Return where the block's centre is [m] and how it is turned (x, y, z, w)."""
        return self.world.pose(self.block)

    def height(self) -> float:
        """Return how far the block's middle is above where it lies on the table [m]."""
        position, _ = self.block_pose()
        above = np.array(position) - self.T_base_table[:3, 3]
        return float(above @ self.T_base_table[:3, 2]) - self.truth.block_size / 2.0

    def lifted_s(self) -> float:
        """Return for how long the block has been lifted without a break [s]; 0.0 if it is not."""
        return 0.0 if self._lifted_at is None else self.world.time - self._lifted_at

    def link_pose(self, name: str) -> Matrix:
        """Return the frame of the arm's link ``name`` in the base frame [4, 4]."""
        link = pybullet.getLinkState(
            self.arm.body,
            self.arm.link_index(name),
            computeForwardKinematics=1,
            physicsClientId=self.world.client,
        )
        return pose_matrix((link[4], link[5]))

    def hide_textured(self) -> None:
        """Keep table and block out of PyBullet's pictures: what has a texture is drawn without."""
        for body in (self._table, self.block):
            pybullet.changeVisualShape(
                body, -1, rgbaColor=(0.0, 0.0, 0.0, 0.0), physicsClientId=self.world.client
            )

    def close(self) -> None:
        """Free the physics client; safe to call twice."""
        self.world.close()

    def __enter__(self) -> "CellScene":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _watch_block(self) -> None:
        if self.height() < LIFTED:
            self._lifted_at = None
        elif self._lifted_at is None:
            self._lifted_at = self.world.time

    def _add_table(self, friction: float) -> None:
        self._table = self.world.add_table(0.0, friction)
        x, y, _ = self._top
        tilted = _beside((self._top, self._tilt), (-x, -y, 0.0))
        self.world.set_pose(self._table, _beside(tilted, self.world.position(self._table)))
        assert self.world.tabletop is not None
        self.world.tabletop = MovedTop(self.world.tabletop, pose_matrix(tilted))


def _beside(pose: BodyPose, offset: tuple[float, float, float]) -> BodyPose:
    """Return what is at ``offset`` [m] in the frame of ``pose``, and turned as it is."""
    position, turn = pybullet.multiplyTransforms(*pose, offset, (0.0, 0.0, 0.0, 1.0))
    return position, turn


def pose_matrix(pose: BodyPose) -> Matrix:
    """Return the transform [4, 4] of a PyBullet ``pose``."""
    T = np.eye(4)
    T[:3, :3] = np.reshape(pybullet.getMatrixFromQuaternion(pose[1]), (3, 3))
    T[:3, 3] = pose[0]
    return T


def _jaw_joints(model: ArmModel) -> list[str]:
    """Return the joints that move with the jaws, whose links are what touches a block."""
    return [joint.name for joint in model.urdf.joints.values() if joint.mimic is not None]
