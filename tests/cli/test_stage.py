from contextlib import closing

import pytest

from cli.stage import open_stage
from robot.errors import RobotError


@pytest.mark.parametrize("task", [None, "full"])
def test_the_expert_is_seen_to_grasp_in_each_task(task: str | None) -> None:
    stage = open_stage("expert", None, None, task=task)
    with closing(stage.env):
        assert stage.play(seed=3)
        assert stage.env.scene.lifted()


def test_the_task_is_the_experts_to_choose() -> None:
    with pytest.raises(RobotError, match="--task is for the expert"):
        open_stage("dofbot-state", None, None, task="full")
