from collections.abc import Iterator

import numpy as np
import pybullet
import pytest

from robot.model import load_arm


@pytest.fixture(scope="module")
def client() -> Iterator[int]:
    client = pybullet.connect(pybullet.DIRECT)
    yield client
    pybullet.disconnect(client)


@pytest.mark.parametrize(
    ("arm", "count"), [("dofbot", 10_000), ("kuka", 1000), ("panda", 1000), ("ur5", 1000)]
)
def test_forward_kinematics_agree_with_pybullet(client: int, arm: str, count: int) -> None:
    model = load_arm(arm)
    body = pybullet.loadURDF(str(model.urdf.path), useFixedBase=True, physicsClientId=client)
    infos = [
        pybullet.getJointInfo(body, i, physicsClientId=client)
        for i in range(pybullet.getNumJoints(body, physicsClientId=client))
    ]
    joint_index = {info[1].decode(): info[0] for info in infos}
    tool = next(info[0] for info in infos if info[12].decode() == model.tool_link)
    poses = np.random.default_rng(0).uniform(model.lower, model.upper, (count, model.n))
    worst_position = worst_rotation = 0.0
    for q in poses:
        for name, value in zip(model.joints, q.tolist(), strict=True):
            pybullet.resetJointState(body, joint_index[name], value, physicsClientId=client)
        link = pybullet.getLinkState(
            body, tool, computeForwardKinematics=True, physicsClientId=client
        )
        T_base_tool = model.kinematics.forward(q)
        rotation = np.reshape(pybullet.getMatrixFromQuaternion(link[5]), (3, 3))
        worst_position = max(worst_position, np.abs(T_base_tool[:3, 3] - link[4]).max())
        worst_rotation = max(worst_rotation, np.abs(T_base_tool[:3, :3] - rotation).max())
    assert worst_position < 1e-6
    assert worst_rotation < 1e-6
