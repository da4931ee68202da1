"""Mimic joints of a gripper, which PyBullet ignores, as gear constraints."""

from robot.model import ArmModel
from sim.bullet import pybullet

GEAR_ERP = 0.8  # share of a gear's position error corrected in a step
GEAR_FORCE = 5.0  # [N·m] ten times the gripper servo's, so that the jaws stay together under load


def tie_mimic_joints(model: ArmModel, body: int, index: dict[str, int], client: int) -> list[int]:
    """Gear every mimic joint of ``model`` to the joint it follows; return those joints' indices.

    index: PyBullet joint index by joint name. The followers' own motors are switched off.
    """
    followers = [joint for joint in model.urdf.joints.values() if joint.mimic is not None]
    for joint in followers:
        leader, follower = index[str(joint.mimic)], index[joint.name]
        pybullet.setJointMotorControl2(
            body, follower, pybullet.VELOCITY_CONTROL, force=0, physicsClientId=client
        )
        gear = pybullet.createConstraint(
            body,
            leader,
            body,
            follower,
            pybullet.JOINT_GEAR,
            [1, 0, 0],
            [0, 0, 0],
            [0, 0, 0],
            physicsClientId=client,
        )
        pybullet.changeConstraint(
            gear,
            gearRatio=-joint.mimic_multiplier,
            erp=GEAR_ERP,
            maxForce=GEAR_FORCE,
            physicsClientId=client,
        )
    return [index[joint.name] for joint in followers]
