"""Which episodes a report shows, from how they went."""

from cli.report_episodes import Episode, Played, choose
from policies.evaluation import Evaluation


def played(*ends: tuple[bool | None, float]) -> Played:
    episodes = [Episode(seed, end, total) for seed, (end, total) in enumerate(ends)]
    judged = all(end is not None for end, _ in ends)
    rate = sum(bool(end) for end, _ in ends) / len(ends) if judged else None
    evaluation = Evaluation(len(ends), None, rate, None, 0.0, 0.0, (0, len(ends) - 1))
    return Played({}, evaluation, episodes)


def never() -> Played:
    raise AssertionError("nothing harder is needed")


def test_failures_are_shown_after_successes_and_counted() -> None:
    ends = [(True, 1.0), (False, -1.0), (True, 2.0), (False, -2.0), (True, 3.0)]
    shots, words = choose(played(*ends), 1, never)
    assert [shot.episode.seed for shot in shots] == [0, 1]
    assert "2 of 5 held-out episodes failed" in words


def test_without_failures_the_nearest_misses_and_harder_conditions_are_shown() -> None:
    tried = played((True, 1.0), (False, -5.0))
    shots, words = choose(played((True, 9.0), (True, 8.0), (True, 1.0)), 1, lambda: tried)
    assert [(shot.episode.seed, shot.played is tried) for shot in shots] == [
        (0, False),
        (2, False),
        (1, True),
    ]
    assert "None of 3 held-out episodes failed" in words
    assert "randomization wide, 1 of 2 failed" in words


def test_without_failures_and_harder_conditions_it_says_so_and_no_more() -> None:
    shots, words = choose(played((True, 9.0), (True, 8.0)), 2, lambda: None)
    assert [shot.episode.seed for shot in shots] == [0, 1]
    assert "None of 2" in words
    assert "harder" not in words


def test_without_successes_failures_alone_are_shown() -> None:
    shots, words = choose(played((False, 1.0), (False, 2.0)), 3, never)
    assert [shot.episode.success for shot in shots] == [False, False]
    assert "2 of 2 held-out episodes failed" in words


def test_where_nothing_is_judged_the_returns_decide() -> None:
    shots, _ = choose(played((None, 3.0), (None, 1.0), (None, 2.0)), 1, never)
    assert [shot.episode.total for shot in shots] == [1.0, 2.0, 3.0]
