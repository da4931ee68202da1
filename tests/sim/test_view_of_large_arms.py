import numpy as np
import pytest

from robot.model import load_arm
from sim.grasp_scene import GraspScene
from sim.render import picture

PLAIN = 30  # of 255, more than the backdrop changes from top to bottom of a few rows


@pytest.mark.parametrize("arm", ["kuka", "panda"])
def test_the_whole_arm_is_in_the_picture(arm: str) -> None:
    with GraspScene(load_arm(arm)) as scene:
        seen = picture(scene.world).astype(int)
    edges = np.concatenate([seen[0], seen[:200, 0], seen[:200, -1]])
    assert np.ptp(edges, axis=0).max() < PLAIN, "something sticks out of the picture"
    assert np.ptp(seen[100:-100, 100:-100], axis=(0, 1)).max() > 2 * PLAIN


def test_an_arm_that_does_not_grasp_has_its_block_on_the_table() -> None:
    with GraspScene(load_arm("kuka")) as scene:
        scene.arm.step(240)
        x, y, _ = scene.block_pose()[0]
        assert 0.2 < np.hypot(x, y) < 0.5 and not scene.lifted()
        assert scene.block_pose()[0][2] == pytest.approx(scene.rest_height, abs=1e-3)
