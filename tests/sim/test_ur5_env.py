from collections.abc import Iterator

import numpy as np
import pytest
from env_checks import check_with_gymnasium, check_with_stable_baselines3
from grasp_rollouts import play

from robot.model import load_arm
from robot.pose import tool_pose
from sim.depth_env import DepthGraspEnv
from sim.expert import GraspExpert
from sim.grasp_env import GraspEnv

MODEL = load_arm("ur5")
IDS = ("twinarm/UR5Grasp-v0", "twinarm/UR5GraspDepth-v0")
CENTRE = MODEL.grasp.area_centre
CORNERS = [
    (CENTRE[0] + along * 0.025, CENTRE[1] + across * 0.05)
    for along in (-1, 1)
    for across in (-1, 1)
]


@pytest.fixture(scope="module")
def seeing() -> Iterator[DepthGraspEnv]:
    env = DepthGraspEnv("ur5")
    yield env
    env.close()


@pytest.mark.parametrize("env_id", IDS)
def test_the_checker_of_gymnasium_finds_nothing_wrong(env_id: str) -> None:
    check_with_gymnasium(env_id)


@pytest.mark.parametrize(("env_id", "options"), [(IDS[0], {}), (IDS[1], {"image_size": 64})])
def test_the_checker_of_stable_baselines3_finds_nothing_wrong(
    env_id: str, options: dict[str, int]
) -> None:
    check_with_stable_baselines3(env_id, randomization="default", **options)


@pytest.mark.parametrize("randomization", ["off", "default"])
def test_the_scripted_expert_misses_none_of_a_few(randomization: str) -> None:
    env = GraspEnv("ur5", randomization=randomization)
    act = GraspExpert().act
    missed = [seed for seed in range(40) if not play(env, act, seed=seed)]
    env.close()
    assert not missed, f"missed seeds {missed}"


def test_jaws_beside_the_block_lift_nothing() -> None:
    env = GraspEnv("ur5")
    assert not play(env, lambda _: np.zeros(2, np.float32), CORNERS[0])
    env.close()


def test_it_errs_as_a_ur5_and_not_as_hobby_servos_do() -> None:
    env = GraspEnv("ur5", randomization="default")
    drawn = [env.reset(seed=seed)[1]["conditions"] for seed in range(20)]
    env.close()
    offsets = np.array([conditions["zero_offset"] for conditions in drawn])
    assert offsets.shape == (20, 6)
    assert 0.0005 < np.abs(offsets).max() <= 0.001
    assert max(conditions["servo_lag"] for conditions in drawn) <= 0.12
    assert all(conditions["joint_gain"] == [] for conditions in drawn)
    assert len({conditions["block_size"] for conditions in drawn}) > 10, "blocks vary as ever"


@pytest.mark.parametrize("height", [0.10, 0.05, 0.02])
@pytest.mark.parametrize("place", CORNERS)
def test_the_wrist_camera_sees_a_block_on_the_whole_way_down(
    seeing: DepthGraspEnv, place: tuple[float, float], height: float
) -> None:
    # The tool comes from the middle of the area and is above the block when it is lowest.
    left = (height - 0.02) / 0.08
    x, y = (
        left * middle + (1.0 - left) * there for middle, there in zip(CENTRE, place, strict=True)
    )
    scene, camera = seeing.scene, seeing.camera.camera
    scene.show(MODEL.kinematics.inverse(tool_pose(x, y, height, np.pi, 0.0), MODEL.home), 0.085)
    scene.place_block(*place)
    with_block = camera.depth()
    scene.place_block(CENTRE[0], 0.3)
    nearer = camera.depth() - with_block > 0.005
    assert nearer.sum() > 12, "hidden, or outside the picture"
    rows, columns = np.nonzero(nearer)
    middle, size = camera.pixel((*place, 0.02)), camera.lens.size
    assert columns.mean() + 0.5 == pytest.approx(middle[0], abs=2.0)
    assert rows.mean() + 0.5 == pytest.approx(middle[1], abs=2.5)
    assert rows.min() > 0 and rows.max() < size - 1, "cut by the picture's edge"
    assert columns.min() > 0 and columns.max() < size - 1, "cut by the picture's edge"


def test_the_picture_tells_of_a_depth_for_every_pixel_of_the_table(seeing: DepthGraspEnv) -> None:
    observation, _ = seeing.reset(seed=0)
    picture = observation["depth"][:, :, 0]
    assert picture.shape == (32, 32)
    assert ((picture[4:16] > 1) & (picture[4:16] < 255)).all()
