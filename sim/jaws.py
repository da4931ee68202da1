"""Mimic joints of a gripper, which PyBullet ignores, as gear constraints."""

from robot.model import ArmModel
from sim.bullet import pybullet

GEAR_ERP = 0.8  # share of a gear's position error corrected in a step
GEAR_FORCE = 5.0  # [N·m] ten times a hobby gripper's, so that the jaws stay together under load
STRONGER = 8.0  # times the effort of a stronger gripper's joint


def tie_mimic_joints(
    model: ArmModel, body: int, index: dict[str, int], client: int
) -> list[tuple[int, float]]:
    """Gear every mimic joint of ``model`` to the joint it follows.

    index: PyBullet joint index by joint name. The followers' own motors are switched off.
    Returns (PyBullet joint, turns for one turn of the driving joint) a follower.
    """
    driving = model.gripper.joint
    if driving is None:
        return []
    force = max(GEAR_FORCE, STRONGER * model.urdf.joint(driving).effort)
    followers = []
    for joint in model.urdf.joints.values():
        if joint.mimic is None:
            continue
        followers.append((index[joint.name], model.urdf.leader(joint.name)[1]))
        pybullet.setJointMotorControl2(
            body, index[joint.name], pybullet.VELOCITY_CONTROL, force=0, physicsClientId=client
        )
        gear = _gear(body, index[joint.mimic], index[joint.name], client)
        pybullet.changeConstraint(
            gear,
            gearRatio=-joint.mimic_multiplier,
            erp=GEAR_ERP,
            maxForce=force,
            physicsClientId=client,
        )
    return followers


def _gear(body: int, leader: int, follower: int, client: int) -> int:
    gear: int = pybullet.createConstraint(
        body,
        leader,
        body,
        follower,
        pybullet.JOINT_GEAR,
        jointAxis=[1, 0, 0],
        parentFramePosition=[0, 0, 0],
        childFramePosition=[0, 0, 0],
        physicsClientId=client,
    )
    return gear
