import json

from policies.runs import PRETRAINED


def test_the_shipped_policy_grasps_on_episodes_it_never_saw(twinarm):
    told = twinarm("evaluate", "dofbot-state", "--episodes", "40", "--seed", "777", "--json")
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert figures["success_rate"] >= 0.95
    assert figures["policy"] == str(PRETRAINED / "dofbot-state")


def test_the_shipped_evaluation_is_the_one_that_is_claimed():
    figures = json.loads((PRETRAINED / "dofbot-state/evaluation.json").read_text())
    assert figures["episodes"] == 1000
    assert figures["seeds"] == [12345, 13344]
    assert figures["success_rate"] >= 0.99
