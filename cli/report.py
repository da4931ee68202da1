"""Make one self-contained HTML page of a run or policy: curves, videos, and what it looks at."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tyro

import sim  # noqa: F401  registers our environments
from cli import plots
from cli.console import CountBar, console
from cli.page import Film, Page
from cli.recording import Recording, record
from cli.report_episodes import Played, Shot, choose, harder, play
from cli.report_network import add_network
from cli.report_subject import Subject, find_subject
from cli.report_tables import add_evaluations, add_grid
from policies.errors import PolicyError
from sim.video import write_video

EXAMPLES = """
  twinarm report my-run                   writes runs/my-run/report.html
  twinarm report dofbot-state             writes runs/report-dofbot-state.html
  twinarm report my-run --episodes 300 --films 5 --out page.html
"""


@dataclass(frozen=True)
class Options:
    """What to report on, and how many episodes to play for it."""

    run: tyro.conf.Positional[str]
    """A run, a shipped policy, or a checkpoint folder."""
    episodes: int = 100
    """Held-out episodes to play, among which successes and failures are looked for."""
    films: int = 3
    """Videos of each kind at most."""
    seed: int = 12345
    """Seed of the first episode; the others follow it one by one."""
    workers: int = 2
    """Processes to play in; changes the speed, not the result."""
    out: Path | None = None
    """Where the page goes; into the folder of the run if not given."""


def run(options: Options) -> int:
    """Play, film, and write the page."""
    for name in ("episodes", "films", "workers"):
        least = 0 if name == "workers" else 1
        if getattr(options, name) < least:
            raise PolicyError(f"--{name} {getattr(options, name)}: at least {least} is needed")
    subject = find_subject(options.run)
    out = options.out or subject.default_page
    if options.out is None:
        out.parent.mkdir(parents=True, exist_ok=True)
    elif not out.parent.is_dir():
        raise PolicyError(f"--out {out}: there is no folder {out.parent}")
    compose(subject, options).write(out)
    console.print(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB)")
    return 0


def compose(subject: Subject, options: Options) -> Page:
    """Return the page on ``subject``, once the episodes that it shows are played."""
    played = _play(subject, subject.env_kwargs, "playing", options)
    page = Page(f"twinarm report: {subject.name}", f"{subject.env_id}, from {subject.origin}")
    _add_cards(page, subject, played)
    _add_curves(page, subject)
    _add_episodes(page, subject, played, options)
    add_evaluations(page, subject, played)
    add_grid(page, subject)
    _add_settings(page, subject)
    return page


def _add_cards(page: Page, subject: Subject, played: Played) -> None:
    about, evaluation = subject.saved.about, played.evaluation
    if evaluation.success_rate is None or evaluation.ci95 is None:
        mean = f"{evaluation.mean_return:.1f}"
        page.card(mean, f"mean return of {evaluation.episodes} held-out episodes")
    else:
        low, high = evaluation.ci95
        words = f"of {evaluation.episodes} held-out episodes succeed ({low:.1%} to {high:.1%})"
        page.card(f"{evaluation.success_rate:.1%}", words)
        page.card(f"{len(played.failures)}", "failures among them")
    steps = "updates" if about["config"].get("algorithm") == "bc" else "environment steps"
    page.card(f"{about['step']:,}", f"{steps} behind this policy")
    seconds = subject.progress.get("seconds")
    if seconds:
        page.card(f"{seconds[-1]:.0f} s", "of training in its run")


def _add_curves(page: Page, subject: Subject) -> None:
    progress, title = subject.progress, "Learning curves"
    if not progress:
        page.note(title, "Left out: there is no progress.csv with rows beside the policy.")
        return
    judged = {"success_rate", "evaluation/success_rate"} & set(progress)
    page.plot(
        title,
        "Success and return of the last 100 training episodes (grey), and of held-out ones, run"
        " without noise (blue); then what the learner logged. The terms of the return are means of"
        " a training episode, each before its weight.",
        *([plots.learning_curve(progress)] if judged else []),
        plots.learner_figures(progress),
    )


def _add_episodes(page: Page, subject: Subject, played: Played, options: Options) -> None:
    def play_harder() -> Played | None:
        hard = harder(subject)
        return None if hard is None else _play(subject, hard, "harder", options)

    shots, words = choose(played, options.films, play_harder)
    films: list[Film] = []
    recordings: list[Recording] = []
    with TemporaryDirectory() as folder:
        with CountBar("filming", len(shots)) as bar:
            for shot in shots:
                recording = record(subject, shot.played, shot.episode.seed)
                recordings.append(recording)
                if recording.pictures:
                    path = Path(folder) / f"{len(films)}.mp4"
                    write_video(path, recording.pictures, recording.fps)
                    films.append(Film(path, recording.success, _caption(shot, recording)))
                bar.add(None)
        if films:
            has_picture = subject.saved.contract.observation.image is not None
            page.films("Episodes", words, films, across=2 if has_picture else 3)
        else:
            page.note("Episodes", f"{words} No videos: {subject.env_id} draws no pictures.")
    add_network(page, subject, recordings[0].observations, shots[0].episode.seed)


def _caption(shot: Shot, recording: Recording) -> str:
    words = (f"seed {shot.episode.seed}", f"return {recording.total:.2f}", shot.why)
    return ", ".join(filter(None, words))


def _play(subject: Subject, kwargs: Mapping[str, Any], what: str, options: Options) -> Played:
    return play(subject, kwargs, what, options.episodes, options.seed, options.workers)


def _add_settings(page: Page, subject: Subject) -> None:
    about: Mapping[str, Any] = subject.saved.about
    files = ", ".join(f"{e['file']} {e['bytes'] / 1e6:.2f} MB" for e in about["files"].values())
    page.table(
        "Versions",
        "What the checkpoint was made with.",
        {**about.get("versions", {}), "checkpoint": files, "environment": subject.env_id},
    )
    settings = json.dumps(about["config"], indent=2)
    page.text("Settings", "The same settings and seed give the same run.", settings)
