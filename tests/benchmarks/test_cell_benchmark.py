import pytest

from benchmarks.cell import CellResult, _figures, _line, run
from cli.deployment import Deployment, Outcome

pytestmark = pytest.mark.real_time


def result(seed, ends, error="", seen=(1.0, 3.0)):
    done = Deployment(outcomes=[Outcome(end, "" if end else "lost") for end in ends])
    return CellResult(seed, "wrist", 4, done, list(seen), error)


def test_grasps_that_were_never_made_count_as_misses():
    figures = _figures([
        result(0, [True] * 4), result(1, [True, False], "the arm is gone", seen=()),
    ])  # fmt: skip
    assert figures["success_rate"] == 5 / 8
    assert (figures["episodes"], figures["cells"]) == (8, 2)
    assert figures["successes_by_cell"] == {0: 4, 1: 1}
    low, high = figures["ci95"]
    assert low < 5 / 8 < high
    assert figures["seen_median_mm"] == 2.0


def test_a_cell_tells_what_went_wrong_in_it():
    said = _line(result(7, [True, False], "the arm is gone"))
    assert said.splitlines() == [
        "cell 7 (wrist camera): 1 of 4, block seen to 2.00 mm (median)",
        "  episode 1: lost",
        "  ended by: the arm is gone",
    ]


@pytest.mark.slow
def test_a_policy_that_sees_is_measured_in_a_cell_of_its_own(capsys):
    figures = run(cells=1, episodes=1, policy="dofbot-depth", first=142)
    assert (figures["episodes"], figures["cells"]) == (1, 1)
    assert figures["success_rate"] in (0.0, 1.0)
    assert "seen_median_mm" not in figures
    assert "cell 142 (depth camera)" in capsys.readouterr().err
