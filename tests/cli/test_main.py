import pytest

from cli.main import VERBS, main


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(twinarm_here, verb):
    told = twinarm_here(verb, "--help")
    assert told.returncode == 0, told.stderr
    assert "examples:" in told.stdout
    assert f"twinarm {verb}" in told.stdout


def test_a_mistake_ends_the_program_with_exit_code_2(twinarm):
    told = twinarm("trian")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "twinarm: unknown verb 'trian'; did you mean 'train'?\n"


def test_without_a_verb_the_verbs_are_listed(capsys):
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert all(verb in listed for verb in VERBS)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["trian"], "did you mean 'train'?"),
        (["xyz"], "valid: demo, train"),
        (["train", "twinarm/DofbotGrap-v0"], "did you mean 'twinarm/DofbotGrasp-v0'?"),
        (["train", "CartPole-v1"], "only a flat Box"),
        (["train", "--resume", "never-was"], "unknown run 'never-was'"),
        (["train", "--name", "../outside"], "must be a plain name"),
        (["train", "--name", "dofbot-state"], "ships with twinarm"),
        (["train", "--until", "50"], "--until goes with --resume"),
        (["train", "--resume", "x", "--sac.gamma", "0.5"], "recorded settings"),
        (["train", "nowhere:Bar-v0"], "nowhere"),
        (["evaluate", "dofbot-state", "--episodes", "0"], "at least 1"),
        (["evaluate", "dofbot-state", "--out", "no/such/folder.json"], "no/such"),
        (["deploy", "dofbot-state", "--episodes", "0"], "at least 1"),
        (["deploy", "dofbot-state", "--mirror"], "remote arm to mirror"),
        (["report", "dofbot-state", "--films", "0"], "at least 1"),
        (["report", "dofbot-state", "--out", "no/such/page.html"], "no/such"),
        (["report", "dofbot-stat"], "did you mean 'dofbot-state'?"),
        (["demo", "--grasps", "0"], "at least 1"),
        (["evaluate", "dofbot-stat"], "did you mean 'dofbot-state'?"),
        (["view", "dofbot-stat"], "did you mean 'dofbot-state'?"),
        (["view", "--arm", "dofbt"], "did you mean 'dofbot'?"),
        (["view", "--out", "film.gif"], "ends in .mp4 or .png"),
        (["deploy", "dofbot-state", "--arm", "dofbot"], "neither 'sim' nor an address"),
        (["deploy", "dofbot-state", "--arm", "tcp://127.0.0.1:1"], "where is the block?"),
        (["deploy", "dofbot-state", "--block", "0.5", "0"], "out of reach"),
        (["deploy", "nobody"], "unknown policy 'nobody'"),
        (["serve", "--arm", "dofbt"], "did you mean 'dofbot'?"),
        (["serve", "--host", "0.0.0.0", "--insecure-loopback"], "keys"),
        (["deploy", "dofbot-state", "--seed", "-1"], "--seed -1: 0 or more"),
        (["identify", "--seed", "-1"], "--seed -1: 0 or more"),
        (["pair", "--token", "abc"], "--url"),
        (["pair", "--url", "tcp://pi:5555"], "--token TOKEN --url"),
        (["pair", "--local", "--authorize", "abc"], "one step at a time"),
        (["bench", "sac-updat"], "did you mean 'sac-update'?"),
    ],
)
def test_a_mistake_is_one_plain_line_and_exit_code_2(twinarm_here, args, said):
    told = twinarm_here(*args)
    assert told.returncode == 2, told.stderr
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "args",
    [
        ["train", "--totl-steps", "10"],
        ["train", "--sac.gama", "0.9"],
        ["evaluate"],
        ["evaluate", "dofbot-state", "--episodes", "many"],
    ],
)
def test_a_wrong_option_ends_with_exit_code_2(twinarm_here, args):
    told = twinarm_here(*args)
    assert told.returncode == 2
    assert len(told.stderr.strip().splitlines()) == 1
    assert f"twinarm {args[0]} --help" in told.stderr


@pytest.mark.parametrize(
    ("wrong", "right"), [("--totl-steps", "--total-steps"), ("--sac.gama", "--sac.gamma")]
)
def test_a_wrong_option_is_answered_with_the_nearest_one(twinarm_here, wrong, right):
    assert f"did you mean {right}?" in twinarm_here("train", wrong, "10").stderr


def test_doctor_finds_this_machine_in_order(twinarm):
    told = twinarm("doctor")
    assert told.returncode == 0, told.stdout
    assert "arm dofbot" in told.stdout
    assert "broken" not in told.stdout


def test_all_valid_choices_are_named_however_long_the_line(twinarm_here):
    told = twinarm_here("train", "--task", "fulll")
    assert told.returncode == 2
    assert "'guided'" in told.stderr and "'full'" in told.stderr
    assert told.stderr.count("\n") == 1
