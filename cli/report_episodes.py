"""Plays held-out episodes for a report, and chooses some to show."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from cli.console import CountBar
from cli.pools import pool_of
from cli.report_subject import Subject
from policies.environments import make_environment, read_contract
from policies.evaluation import MAX_ENVS, Evaluation, evaluate
from sim.grasp_env import GraspEnv

PlayHarder = Callable[[], "Played | None"]

HARDER = "wide"
"""Randomization under which episodes are played if a policy fails in none of its own."""


@dataclass(frozen=True, slots=True)
class Episode:
    """How a held-out episode went: its return, and None for success where none is judged."""

    seed: int
    success: bool | None
    total: float


@dataclass(frozen=True, slots=True)
class Played:
    """Held-out episodes in the environment that ``env_kwargs`` make, and their figures."""

    env_kwargs: Mapping[str, Any]
    evaluation: Evaluation
    episodes: list[Episode]

    @property
    def together(self) -> int:
        """Return how many episodes were played, and acted on, at once."""
        return min(len(self.episodes), MAX_ENVS)

    def row(self, seed: int) -> int:
        """Return which row of those the episode from ``seed`` was."""
        return (seed - self.evaluation.seeds[0]) % self.together

    @property
    def failures(self) -> list[Episode]:
        """Return the episodes that did not succeed, in the order of their seeds."""
        return [episode for episode in self.episodes if episode.success is False]

    @property
    def successes(self) -> list[Episode]:
        """Return the episodes that did."""
        return [episode for episode in self.episodes if episode.success]


@dataclass(frozen=True, slots=True)
class Shot:
    """An episode worth filming: where it was played, and why it is shown."""

    played: Played
    episode: Episode
    why: str


def play(
    subject: Subject,
    env_kwargs: Mapping[str, Any],
    what: str,
    episodes: int,
    seed: int,
    workers: int,
) -> Played:
    """Play the held-out episodes from ``seed`` on. Raises CheckpointError for another contract."""
    make_env = partial(make_environment, subject.env_id, dict(env_kwargs))
    contract = read_contract(make_env, subject.env_id)
    contract.check(subject.saved.contract, subject.name)
    infos: list[Episode] = []
    with CountBar(what, episodes) as bar:

        def note(info: dict[str, Any]) -> bool:
            success = bool(info["is_success"]) if "is_success" in info else None
            infos.append(Episode(info["seed"], success, info["return"]))
            bar.add(success)
            return True

        evaluation = evaluate(
            subject.saved.act, make_env, contract, episodes=episodes, first_seed=seed,
            make_pool=pool_of(workers), on_episode=note,
        )  # fmt: skip
    assert evaluation is not None
    return Played(env_kwargs, evaluation, sorted(infos, key=lambda episode: episode.seed))


def harder(subject: Subject) -> dict[str, Any] | None:
    """Return arguments that make the environment harder; None if it knows no harder one."""
    with closing(make_environment(subject.env_id, subject.env_kwargs)) as env:
        is_ours = isinstance(env.unwrapped, GraspEnv)
    if not is_ours or subject.env_kwargs.get("randomization") == HARDER:
        return None
    return subject.env_kwargs | {"randomization": HARDER}


def nearest_misses(played: Played, count: int) -> list[Episode]:
    """Return the episodes with the lowest returns, those first."""
    return sorted(played.episodes, key=lambda episode: episode.total)[:count]


def choose(played: Played, count: int, play_harder: PlayHarder) -> tuple[list[Shot], str]:
    """Return up to ``count`` episodes of each kind, and words on how they were chosen.

    ``play_harder`` is asked only if nothing failed; it may have no harder conditions.
    """
    total = len(played.episodes)
    if played.evaluation.success_rate is None:
        return _unjudged(played), f"Of {total} held-out episodes, none of which is judged."
    successes = played.successes[:count]
    shots = [Shot(played, episode, "") for episode in successes]
    if played.failures:
        shots += [Shot(played, episode, "") for episode in played.failures[:count]]
        failed = f"{len(played.failures)} of {total} held-out episodes failed"
        return shots, f"{failed}. Shown: the first successes and failures by seed."
    lowest = [episode for episode in nearest_misses(played, count) if episode not in successes]
    shots += [Shot(played, episode, "near miss: low return") for episode in lowest]
    words = (
        f"None of {total} held-out episodes failed. Shown: the first successes by seed, and the"
        " nearest misses"
    )
    tried = play_harder()
    if tried is None:
        return shots, f"{words}."
    why = f"harder: randomization {HARDER}"
    shots += [Shot(tried, episode, why) for episode in tried.failures[:count]]
    failed = f"{len(tried.failures)} of {len(tried.episodes)} failed"
    return shots, f"{words}; under harder conditions, randomization {HARDER}, {failed}."


def _unjudged(played: Played) -> list[Shot]:
    ranked = nearest_misses(played, len(played.episodes))
    places = {"lowest return": 0, "median return": len(ranked) // 2, "highest return": -1}
    return [Shot(played, ranked[place], why) for why, place in places.items()]
