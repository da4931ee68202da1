import pytest

from cli.presets import DEPTH, GRASP
from cli.train import defaults


def test_trial_alone_gets_more_steps_than_where_the_full_task_is_demonstrated() -> None:
    alone, _ = defaults(["--task", "full"])
    shown, _ = defaults(["--task", "full", "--demos", "demos/full"])
    assert alone.config.total_steps > shown.config.total_steps
    assert alone.config.env_kwargs == shown.config.env_kwargs
    assert alone.config.env_id == GRASP


@pytest.mark.parametrize("words", [[], ["--demos", "demos/full"]])
def test_seeing_takes_its_own_settings_in_the_full_task_too(words: list[str]) -> None:
    options, _ = defaults([DEPTH, "--task", "full", *words])
    assert options.config.num_envs == defaults([DEPTH])[0].config.num_envs
    assert options.config.env_kwargs["task"] == "full"


@pytest.mark.parametrize("env_id", [GRASP, DEPTH])
def test_the_full_task_is_evaluated_a_few_times_however_long_it_is_trained(env_id: str) -> None:
    config = defaults([env_id, "--task", "full", "--demos", "demos/full"])[0].config
    assert config.total_steps / config.eval_every <= 10
