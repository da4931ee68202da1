"""Everything at once: learn to grasp, prove it, drive two arms with it, and show the report."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import sim  # noqa: F401  registers our environments
from cli import plots
from cli.arms import open_cell
from cli.console import CountBar, TrainingBar, console, describe
from cli.deploy import trained_task
from cli.deployment import Deployment, Grasping, deploy, write_moments
from cli.film import FPS, film_deployment
from cli.page import Page
from cli.pools import pool_of
from cli.presets import GRASP, preset, robust
from cli.sight import Told
from cli.tables import SceneTable
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from policies.config import TrainConfig, config_to_json
from policies.environments import make_environment, read_contract
from policies.evaluation import Evaluation, evaluate
from policies.policy_files import SavedPolicy, load_policy
from policies.runs import RUNS, RunFolder, write_json
from policies.trainer import Trainer, TrainResult
from robot.errors import RobotError
from robot.model import load_arm
from sim.video import write_video

EXAMPLES = """
  twinarm demo
  twinarm demo --seed 1 --grasps 5
"""


@dataclass(frozen=True)
class Options:
    """What to vary."""

    seed: int = 0
    """Seed of the training run."""
    steps: int = 6_400
    """Steps to train for."""
    episodes: int = 100
    """Episodes of the evaluation afterwards, on seeds that training never saw."""
    grasps: int = 3
    """Grasps made with the emulated arm over TCP and the mirrored simulation."""


def run(options: Options) -> int:
    """Run the demo; the exit code is 0 only if the policy it trained really grasps."""
    for name in ("steps", "episodes", "grasps"):
        if getattr(options, name) < 1:
            raise RobotError(f"--{name} {getattr(options, name)}: at least 1 is needed")
    began = time.monotonic()
    folder = RunFolder(RUNS / f"demo-{time.strftime('%Y%m%d-%H%M%S')}")
    console.rule("1  learn to grasp: soft actor-critic in numpy, simulation beside it")
    config, result = _train(options, folder)
    console.rule(f"2  evaluate on {options.episodes} episodes it never trained on")
    saved = load_policy(folder.best)
    evaluation = _evaluate(saved, config, options.episodes)
    write_json(folder.evaluation, evaluation.to_json())
    console.print(describe(evaluation))
    console.rule("3  one joint command, two arms: emulated over TCP, and mirrored in simulation")
    done = _deploy(saved, options, folder.path)
    console.print(f"divergence of the two arms: {done.divergence}")
    console.rule("4  report")
    _report(folder, config, result, evaluation, done)
    _headline(folder, result, evaluation, done, time.monotonic() - began)
    return 0 if (evaluation.success_rate or 0.0) >= 0.9 and done.successes else 1


def _train(options: Options, folder: RunFolder) -> tuple[TrainConfig, TrainResult]:
    config = replace(
        robust(preset(GRASP)),
        seed=options.seed,
        total_steps=options.steps,
        eval_every=1_600,
        log_every=400,
    )
    with Trainer.start(config, folder, make_pool=pool_of(2)) as trainer, TrainingBar() as bar:
        result = trainer.train(bar)
    if result.interrupted:
        console.print(f"stopped; twinarm train --resume {folder.path.name} goes on")
        raise KeyboardInterrupt
    return config, result


def _evaluate(saved: SavedPolicy, config: TrainConfig, episodes: int) -> Evaluation:
    make_env = partial(make_environment, GRASP, config.env_kwargs)
    with CountBar("evaluating", episodes) as bar:

        def count(info: dict[str, object]) -> bool:
            bar.add(bool(info["is_success"]))
            return True

        evaluation = evaluate(
            saved.act,
            make_env,
            read_contract(make_env, GRASP),
            episodes=episodes,
            first_seed=12345,
            make_pool=pool_of(2),
            on_episode=count,
        )
    assert evaluation is not None
    return evaluation


def _deploy(saved: SavedPolicy, options: Options, folder: Path) -> Deployment:
    model = load_arm("dofbot")
    random = np.random.default_rng(options.seed)
    places = [model.grasp.draw_place(random) for _ in range(options.grasps)]
    done = Deployment()
    with _emulated_arm() as (url, keys), open_cell(url, "dofbot", True, keys) as cell:
        console.print(f"an emulated Raspberry Pi arm serves at {url}, encrypted, keys of its own")
        with CountBar("grasping", options.grasps) as bar:
            task = trained_task(saved, folder.name)
            table = SceneTable(cell, task, places)
            grasping = Grasping(cell, task, saved.act, Told(task, table.block), table)
            deploy(grasping, options.grasps, done, lambda _, outcome: bar.add(outcome.success))
    write_moments(folder / "moments.csv", done, model.n)
    return done


@contextmanager
def _emulated_arm() -> Iterator[tuple[str, Path]]:
    with TemporaryDirectory() as folder:
        store = KeyStore(Path(folder) / "keys")
        pair_local(store)
        with EmulatedServerProcess("dofbot", keys=store) as server:
            yield server.url, store.folder


def _report(
    folder: RunFolder,
    config: TrainConfig,
    result: TrainResult,
    evaluation: Evaluation,
    done: Deployment,
) -> None:
    assert evaluation.success_rate is not None and done.divergence is not None
    report = Page("twinarm demo", f"{GRASP}, seed {config.seed}, run {folder.path.name}")
    report.card(f"{result.seconds:.0f} s", f"of training, {result.step:,} environment steps")
    report.card(f"{evaluation.success_rate:.0%}", f"of {evaluation.episodes} held-out grasps")
    report.card(f"{done.successes} of {done.episodes}", "grasps with two arms at once")
    report.card(f"{done.divergence.tool_rms * 1e3:.1f} mm", "between the two tools, rms")
    progress = plots.read_progress(folder.progress)
    report.plot(
        "Learning curve",
        "A grasp counts only if the block is lifted by 5 cm and still held half a second later."
        " Held-out episodes are run by the policy without noise.",
        plots.learning_curve(progress),
        plots.learner_figures(progress),
    )
    _add_two_arms(report, folder.path / "grasps.mp4", done)
    report.table("Figures", "As measured in this run.", _figures(evaluation, done))
    settings = json.dumps(config_to_json(config), indent=2)
    report.text("Settings", "The same settings and seed give the same run.", settings)
    report.write(folder.path / "report.html")


def _add_two_arms(report: Page, video: Path, done: Deployment) -> None:
    with console.status("filming"):
        write_video(video, film_deployment(load_arm("dofbot"), done), FPS)
    report.video(
        "One joint command, two arms",
        "The policy's commands go to the emulated arm over TCP; what that arm applied goes to"
        " the simulation. Drawn from what each of them measured.",
        video,
        ("emulated arm, over TCP", "mirrored simulation"),
    )
    report.plot(
        "Divergence of the two arms",
        "The same commands, other servos: distance between the two tool points. Outside the"
        " grasps the server's soft start holds the arm back on purpose.",
        plots.divergence_over_time(done.moments),
    )


def _figures(evaluation: Evaluation, done: Deployment) -> dict[str, str]:
    assert evaluation.ci95 is not None
    low, high = evaluation.ci95
    return {
        "Held-out success": f"{evaluation.successes} of {evaluation.episodes}",
        "95% Wilson interval": f"{low:.1%} to {high:.1%}",
        "Mean return": f"{evaluation.mean_return:.2f} ± {evaluation.std_return:.2f}",
        "Divergence during the grasps": str(done.divergence),
        "Control loop over TCP": str(done.loop),
    }


def _headline(
    folder: RunFolder,
    result: TrainResult,
    evaluation: Evaluation,
    done: Deployment,
    seconds: float,
) -> None:
    assert done.divergence is not None
    print(f"trained       {result.step:,} steps in {result.seconds:.1f} s")
    print(f"evaluated     {describe(evaluation)}")
    print(f"two arms      {done.successes} of {done.episodes} grasps; {done.divergence}")
    print(f"all of it     {seconds:.0f} s")
    print(f"report        {folder.path}/report.html")
