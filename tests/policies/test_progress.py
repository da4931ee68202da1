import io

from rich.console import Console

from policies.evaluation import Evaluation
from policies.progress import ProgressBar
from policies.status import Status

EVALUATION = Evaluation(20, 19, 0.95, (0.764, 0.991), 3.5, 0.25, (0, 19))


def status(**known: object) -> Status:
    figures: dict[str, object] = {
        "phase": "training",
        "step": 1500,
        "total_steps": 4000,
        "episodes": 12,
        "rate": 1234.5,
        "success_rate": None,
        "mean_return": None,
        "alpha": None,
        "remaining": None,
        "evaluation": None,
        "evaluated_at": 0,
    }
    return Status(**(figures | known))  # type: ignore[arg-type]


def shown(*states: Status, terminal: bool) -> str:
    out = io.StringIO()
    with ProgressBar(Console(file=out, width=160, force_terminal=terminal)) as bar:
        for state in states:
            bar(state)
    return out.getvalue()


def test_the_bar_shows_rate_success_temperature_and_time_left() -> None:
    text = shown(
        status(success_rate=0.5, mean_return=-3.25, alpha=0.04, remaining=83.4), terminal=True
    )
    for part in ("1,500 of 4,000 steps", "1,234 steps/s", "success 50%", "α 0.04", "1:23 left"):
        assert part in text


def test_figures_that_are_not_known_yet_are_left_out() -> None:
    text = shown(status(), terminal=True)
    assert "None" not in text
    assert "success" not in text


def test_each_evaluation_leaves_one_line_in_a_file_too() -> None:
    state = status(evaluation=EVALUATION, evaluated_at=1000)
    text = shown(status(), state, state, terminal=False)
    line = "step 1,000: held-out episodes: 19 of 20 succeeded (95 % interval 76.4% – 99.1%)"
    assert text.count(line) == 1
