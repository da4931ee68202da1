"""What the figures of a gap are for episodes that are made up, so that they are known."""

from pathlib import Path

import numpy as np
import pytest

from cli.deployment import Deployment, Moment, Outcome
from cli.gap_compare import Change, Earlier, compared, read_earlier, turned_words
from cli.gap_figures import Gap, divergences, gap_figures
from cli.gap_files import gap_json, write_gap
from cli.gap_notes import Attempt, Estimate, Side, Truth, folded
from cli.gap_statistics import Figure, median, over_episodes, quantile, rate, rates_apart, rms
from cli.gap_table import group_rows
from policies.statistics import wilson_interval
from robot.command import ArmState, JointCommand
from robot.errors import RobotError
from robot.grasp_run import Tick
from robot.loop import LoopReport
from robot.mirror import Divergence
from robot.model import load_arm

MODEL = load_arm("dofbot")
HEIGHT = 0.015
BIAS = np.array([0.001, -0.002, 0.0005])


def moment(episode, phase, joints, tool):
    command = JointCommand(MODEL.home, 0.02)
    state = ArmState(MODEL.home, np.zeros(MODEL.n), 0.02, 0.0)
    apart = Divergence(np.array(joints), tool, 0.0, 0.0)
    return Moment(episode, Tick(phase, command, command), state, state, None, apart)


def attempt(episode, success, error=0.0):
    block = np.array([0.2 + 0.01 * episode, 0.0, HEIGHT])
    seen = Estimate(block + BIAS + [error, 0.0, 0.0], np.radians(44.0), 0.001, 0.0002)
    truth = Truth(block, np.radians(-45.0), block + np.array([0.003, 0.004, 0.02]))
    why = "" if success else "the jaws lost it"
    return Attempt(
        episode, Outcome(success, why), True, truth, seen, miss=0.005,
        ages=[0.1, 0.3], took=[0.004], delays=[0.05],
    )  # fmt: skip


@pytest.fixture
def gap():
    loop = LoopReport(100, 20.0, 50.0, 52.0, 60.0, 5.0, 9.0, 12.0, overruns=3)
    joints = np.radians([3.0, -4.0, 0.0, 0.0, 0.0])
    moments = [
        moment(0, "look", joints * 9, 0.5),
        moment(0, "policy", joints, 0.004),
        moment(1, "hold", -joints, 0.008),
    ]
    table = Side([attempt(0, True), attempt(1, False, 0.001), Attempt(2)])
    table.done = Deployment(moments=moments, loop=loop)
    simulation = Side([attempt(0, True), attempt(1, True)])
    return Gap(
        MODEL, HEIGHT, 0.05, [None] * 3, simulation, table, trips=[0.002, 0.004],
        about={"policy": "p", "table": "cell"},
    )  # fmt: skip


def test_success_is_counted_over_ended_episodes_with_wilsons_interval(gap):
    figures = gap_figures(gap)
    assert figures["success_table"] == Figure(0.5, wilson_interval(1, 2), 2)
    assert figures["success_simulation"].value == 1.0
    assert figures["success_lost"].value == 0.5


def test_an_attempt_nobody_judged_counts_on_neither_side(gap):
    gap.table.attempts[0].outcome = Outcome(None)
    assert gap_figures(gap)["success_table"].count == 1


def test_divergence_leaves_out_phases_in_which_the_server_holds_the_arm_back(gap):
    assert divergences(gap.table.done)[0][0].shape == (1, MODEL.n)
    figures = gap_figures(gap)
    assert figures["tool_apart_max_mm"].value == pytest.approx(8.0)
    assert figures["tool_apart_rms_mm"].value == pytest.approx(np.sqrt((16 + 64) / 2))
    assert figures["joint_2_apart_max_deg"].value == pytest.approx(4.0)
    assert figures["joint_1_apart_rms_deg"].value == pytest.approx(3.0)
    assert figures["joints_apart_rms_deg"].value == pytest.approx(np.sqrt(5.0))


def test_perception_is_told_as_bias_length_and_heading_within_an_eighth_turn(gap):
    figures = gap_figures(gap)
    assert figures["block_bias_x_mm"].value == pytest.approx(1.5)
    assert figures["block_bias_y_mm"].value == pytest.approx(-2.0)
    assert figures["block_height_median_mm"].value == pytest.approx(0.5)
    lengths = [np.linalg.norm(1e3 * BIAS), np.linalg.norm(1e3 * BIAS + [1.0, 0.0, 0.0])]
    assert figures["block_error_median_mm"].value == pytest.approx(np.median(lengths))
    assert figures["heading_error_median_deg"].value == pytest.approx(1.0)
    assert figures["tool_miss_table_median_mm"].value == pytest.approx(5.0)
    assert figures["block_std_median_mm"].value == pytest.approx(1.0)


def test_without_a_judge_errors_are_not_made_up(gap):
    for each in gap.table.attempts:
        each.truth = each.miss = None
    figures = gap_figures(gap)
    assert not [name for name in figures if "error" in name or "bias" in name]
    assert "tool_miss_table_median_mm" not in figures
    assert "block_std_median_mm" in figures


def test_where_a_person_was_asked_to_lay_blocks_is_compared_with_where_they_are_seen(gap):
    gap.spots = [(0.2, 0.0, 0.1), None, None]
    assert "laid_apart_median_mm" not in gap_figures(gap)
    gap.asked = True
    expected = 1e3 * np.hypot(*BIAS[:2])
    assert gap_figures(gap)["laid_apart_median_mm"].value == pytest.approx(expected)


def test_times_are_in_milliseconds(gap):
    figures = gap_figures(gap)
    assert figures["picture_age_median_ms"].value == pytest.approx(200.0)
    assert figures["locating_median_ms"].value == pytest.approx(4.0)
    assert figures["round_trip_median_ms"].value == pytest.approx(3.0)
    assert figures["late_periods"] == rate(3, 100)
    assert figures["period_p99_ms"].value == 52.0


def test_newcombes_interval_is_that_of_his_paper():
    # Newcombe 1998, table II, column (a): 56/70 less 48/80, method 10.
    figure = rates_apart((56, 70), (48, 80))
    assert figure.value == pytest.approx(0.2)
    assert figure.interval == pytest.approx((0.0524, 0.3339), abs=2e-4)


def test_a_bootstrap_needs_some_episodes_and_covers_its_value():
    assert over_episodes([1.0, 2.0, 3.0], median) == Figure(2.0, None, 3)
    assert over_episodes([float("nan")], median) is None
    figure = over_episodes([3.0, 4.0, 5.0, 6.0, 7.0, float("nan")], median)
    assert figure is not None and figure.interval is not None and figure.count == 5
    assert 3.0 <= figure.interval[0] < figure.value == 5.0 < figure.interval[1] <= 7.0
    assert over_episodes([3.0, 4.0, 3.0, 4.0], rms) == over_episodes([3.0, 4.0, 3.0, 4.0], rms)
    assert quantile([], 0.5) is None


def test_quarter_turns_of_a_block_are_none():
    assert folded(np.radians(91.0)) == pytest.approx(np.radians(1.0))
    assert folded(np.radians(-89.0)) == pytest.approx(np.radians(1.0))


def test_a_change_says_by_how_much_and_whether_the_intervals_overlap():
    low, high, near = rate(1, 20), rate(19, 20), rate(17, 20)
    change = Change(low, high)
    assert change.difference == pytest.approx(0.9) and change.overlap is False
    assert Change(near, high).overlap is True
    assert Change(None, high).difference is None
    assert Change(Figure(1.0, None, 1), high).overlap is None
    assert list(compared({"a": low}, {"b": high})) == ["a", "b"]


def test_a_report_is_compared_with_the_file_of_an_earlier_one(gap, tmp_path):
    before = gap_figures(gap)
    write_gap(tmp_path, gap, before, None)
    assert {"gap.json", "moments.csv", "moments-simulation.csv"} == {
        path.name for path in tmp_path.iterdir()
    }
    gap.table.attempts[1].outcome = Outcome(True)
    earlier = read_earlier(tmp_path)
    assert earlier.figures == before and earlier == read_earlier(tmp_path / "gap.json")
    whole = gap_json(gap, gap_figures(gap), earlier)
    change = whole["against"]["changes"]["success_table"]
    assert change["earlier"]["value"] == 0.5 and change["difference"] == 0.5
    assert change["intervals_overlap"] is True
    rows = {row[0]: row[1:] for row in group_rows("Success", 5, gap_figures(gap), before)}
    assert rows["grasped on the table"][0] == "100 %"
    assert rows["grasped on the table"][2:] == ("50 %", "+50 points", "overlap")
    assert whole["episodes"][1]["table"]["seen_mm"][0] == pytest.approx(212.0)


def earlier_with(gap, outcomes, **about):
    return Earlier(Path("gap.json"), gap.about | about, {}, outcomes)


def test_the_same_place_tried_twice_is_told_apart_from_two_rates(gap):
    gap.about |= {"seed": 0, "arm": "dofbot", "anywhere": False}
    words = turned_words(gap, earlier_with(gap, {0: False, 1: True, 7: True}))
    assert words.startswith("Of 2 places that both reports have, 1 went well only now, and 1 only")
    assert turned_words(gap, earlier_with(gap, {0: False}, seed=1)) == ""
    assert turned_words(gap, earlier_with(gap, {7: True})) == ""


def test_blocks_laid_anywhere_are_never_at_the_same_place(gap):
    gap.about |= {"seed": 0, "arm": "dofbot", "anywhere": True}
    assert turned_words(gap, earlier_with(gap, {0: False, 1: True})) == ""
    assert turned_words(gap, earlier_with(gap, {0: False, 1: True}, anywhere=False)) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("{}", "no report of `twinarm gap`"),
        ('{"format": "twinarm-gap", "version": 9}', "version 9"),
        ('{"format": "twinarm-gap", "version": 1, "about": {}}', "damaged"),
        (
            '{"format": "twinarm-gap", "version": 1, "about": {}, "figures": {"a": 3}}',
            "damaged",
        ),
    ],
)
def test_what_is_no_earlier_report_is_refused(tmp_path, text, said):
    path = tmp_path / "gap.json"
    path.write_text(text)
    with pytest.raises(RobotError, match=said):
        read_earlier(path)
    with pytest.raises(RobotError, match="cannot be read"):
        read_earlier(tmp_path / "none.json")
