"""The training loop: collects, learns, evaluates, logs, saves, and resumes bit for bit."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Self

from policies.cloning_session import CloningSession
from policies.config import TrainConfig, config_to_json
from policies.curriculum import Curriculum
from policies.environments import MakeEnv, make_environment, read_contract
from policies.errors import PolicyError
from policies.evaluation import Evaluation, held_out_pool, run_episodes
from policies.goals import GoalRewards
from policies.imitation_session import ImitationSession
from policies.imitator import Teacher
from policies.interrupts import StopRequest
from policies.learner import Learner
from policies.logbook import Logbook
from policies.policy_files import save_policy
from policies.pool import EnvPool, PoolFactory, SerialPool, in_process
from policies.runs import RunFolder, write_json
from policies.seeding import TrainingSeeds
from policies.session import Session
from policies.status import AnySession, Observer, Reporter
from policies.trajectory import Trajectory, load_trajectories, save_trajectories

CHECKPOINT_COPIES = 2
"""A new checkpoint is whole before the old one goes, so both must fit on the disk."""
OTHER_BYTES = 16_000_000
"""Room for logs, the best policy and evaluations."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """How a training run ended.

    interrupted: whether it was asked to stop before its end; it can be resumed.
    reached_target: whether it ended at the config's target_success.
    evaluation: the newest one on held-out seeds, None if there was none since the start.
    """

    step: int
    seconds: float
    interrupted: bool
    reached_target: bool
    evaluation: Evaluation | None


class Trainer:
    """One training run in one folder. A context manager that closes its environments.

    Make it with `start` or `resume`, then `train`. ``make_env`` makes the environment, by
    default that of the config's id; ``make_pool`` decides where environments run.
    ``demonstrations`` are of that environment, and there if the config names some; so is the
    ``teacher`` if the algorithm is dagger.
    """

    def __init__(
        self,
        config: TrainConfig,
        run: RunFolder,
        make_env: MakeEnv | None = None,
        make_pool: PoolFactory = in_process,
        demonstrations: Sequence[Trajectory] = (),
        teacher: Teacher | None = None,
    ) -> None:
        if (teacher is not None) != (config.algorithm == "dagger"):
            raise PolicyError("a teacher and algorithm dagger go together")
        self.config, self.run, self._teacher = config, run, teacher
        self._make_env = make_env or partial(make_environment, config.env_id, config.env_kwargs)
        self._make_pool = make_pool
        self._resources = ExitStack()
        self.contract = read_contract(self._make_env, config.env_id)
        self.demonstrations = demonstrations or self._kept_demonstrations()
        self.session = self._session()
        self.evaluation: Evaluation | None = None
        self._reporter = Reporter(self.session, None)
        self._stop = StopRequest()

    @classmethod
    def start(
        cls,
        config: TrainConfig,
        run: RunFolder,
        make_env: MakeEnv | None = None,
        make_pool: PoolFactory = in_process,
        demonstrations: Sequence[Trajectory] = (),
        teacher: Teacher | None = None,
    ) -> Self:
        """Begin a new run, which keeps its demonstrations if it has any.

        Raises PolicyError, before any training, if it could not be saved.
        """
        if bool(demonstrations) != (config.demos is not None):
            raise PolicyError("demonstrations and config.demos, their dataset, go together")
        trainer = cls(config, run, make_env, make_pool, demonstrations, teacher)
        with trainer._closed_on_error():
            run.create(config, trainer._needed_bytes)
            if demonstrations:
                about = {"dataset": config.demos}
                save_trajectories(run.demonstrations, demonstrations, trainer.contract, about)
            trainer.session.save(run.last)
        return trainer

    @classmethod
    def resume(
        cls,
        run: RunFolder,
        make_env: MakeEnv | None = None,
        make_pool: PoolFactory = in_process,
        total_steps: int | None = None,
        teacher: Teacher | None = None,
    ) -> Self:
        """Go on with a run from its last checkpoint, to ``total_steps`` if given.

        Raises PolicyError or CheckpointError if there is none, or it was made by another config.
        """
        config = run.read_config()
        if total_steps is not None:
            config = replace(config, total_steps=total_steps)
        trainer = cls(config, run, make_env, make_pool, teacher=teacher)
        with trainer._closed_on_error():
            run.try_space(trainer._needed_bytes)
            trainer.session.load(run.last)
            write_json(run.config, config_to_json(config))
        return trainer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._resources.close()

    def train(self, observer: Observer | None = None) -> TrainResult:
        """Train to the end of the run, its target, or the first Ctrl-C; save in any case.

        ``observer`` gets a `Status` a few times a second. Raises PolicyError if the disk fills
        up or the environment answers nonsense; the last checkpoint then still stands.
        """
        self._reporter = Reporter(self.session, observer)
        counters = self.session.counters
        began = time.monotonic() - counters.seconds
        with self._stop, self._logbook() as logbook:
            self._attend(logbook)
            while not (self._finished or self._stop.requested):
                self.session.advance()
                counters.seconds = time.monotonic() - began
                self._attend(logbook)
                self._reporter.tell(self.session.phase, self.evaluation)
            self._reporter.tell(self.session.phase, self.evaluation, force=True)
        counters.seconds = time.monotonic() - began
        return TrainResult(
            step=counters.step,
            seconds=counters.seconds,
            interrupted=not self._finished or self._evaluation_due,
            reached_target=counters.reached_target,
            evaluation=self.evaluation,
        )

    @property
    def _finished(self) -> bool:
        return self.session.counters.reached_target or self._at_end

    @property
    def _at_end(self) -> bool:
        return self.session.counters.step >= self.config.total_steps or self.session.converged

    @property
    def _needed_bytes(self) -> int:
        kept = sum(trajectory.nbytes for trajectory in self.demonstrations)
        return CHECKPOINT_COPIES * self.session.learner.nbytes + kept + OTHER_BYTES

    @property
    def _evaluation_due(self) -> bool:
        counters = self.session.counters
        at_end = self._at_end and counters.evaluated_at < counters.step
        return at_end or self._passed(self.config.eval_every, counters.evaluated_at)

    @cached_property
    def _held_out(self) -> EnvPool:
        config = self.config
        return self._kept(
            held_out_pool(
                self._make_env,
                self.contract,
                config.eval_episodes,
                config.eval_seed,
                self._make_pool,
            )
        )

    def _kept_demonstrations(self) -> Sequence[Trajectory]:
        if self.config.demos is None:
            return ()
        return load_trajectories(self.run.demonstrations, self.contract)

    def _session(self) -> AnySession:
        config, contract = self.config, self.contract
        if config.algorithm == "bc":
            return CloningSession(config, contract, self.demonstrations)
        if self._teacher is not None:
            return ImitationSession(config, contract, self._training_pool(), self._teacher)
        judge = self._goal_rewards() if config.relabel else None
        learner = Learner(config, contract, self.demonstrations, judge)
        return Session(config, contract, self._training_pool(), learner, self._curriculum())

    def _goal_rewards(self) -> GoalRewards:
        env = self._resources.enter_context(closing(self._make_env()))
        return GoalRewards(env, self.contract)

    def _curriculum(self) -> Curriculum | None:
        if self.config.curriculum == "off":
            return None
        return Curriculum.read(self._make_env, self.config.env_id, self.config.gate)

    def _training_pool(self) -> EnvPool:
        make_part = partial(SerialPool, self._make_env, TrainingSeeds(self.config.seed))
        spec, actions = self.contract.observation, self.contract.action_size
        num_envs = self.config.num_envs
        return self._kept(self._make_pool(make_part, num_envs, spec.shape, spec.dtype, actions))

    def _kept(self, pool: EnvPool) -> EnvPool:
        return self._resources.enter_context(closing(pool))

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._resources.close()
            raise

    def _logbook(self) -> Logbook:
        tensorboard = self.run.tensorboard if self.config.tensorboard else None
        return Logbook(self.run.progress, tensorboard, self.session.counters.logged_at)

    def _passed(self, every: int, last: int) -> bool:
        """Return whether a multiple of ``every`` lies beyond step ``last``, up to now."""
        return every > 0 and self.session.counters.step // every > last // every

    def _attend(self, logbook: Logbook) -> None:
        """Do what is due between two steps. Harmless to repeat after a resume."""
        counters = self.session.counters
        evaluation = None
        if self._evaluation_due and not self._stop.requested:
            evaluation = self._evaluate()
        if evaluation is not None or self._passed(self.config.log_every, counters.logged_at):
            counters.logged_at = counters.step
            logbook.add(counters.step, self._row(evaluation))
        over = self._finished or self._stop.requested
        if over or self._passed(self.config.checkpoint_every, counters.saved_at):
            counters.saved_at = counters.step
            self.session.save(self.run.last)

    def _evaluate(self) -> Evaluation | None:
        """Evaluate on the held-out seeds; None if a stop was requested meanwhile."""
        config, counters = self.config, self.session.counters
        self._reporter.tell("evaluating", self.evaluation, force=True)
        evaluation = run_episodes(
            self.session.learner.exploit,
            self._held_out,
            config.eval_episodes,
            config.eval_seed,
            self._between_episodes,
        )
        if evaluation is not None:
            self.evaluation = evaluation
            counters.evaluated_at = counters.step
            counters.reached_target = _reaches(evaluation, config.target_success)
            if counters.best is None or evaluation.score > counters.best:
                counters.best = evaluation.score
                self._keep_best(evaluation)
        return evaluation

    def _between_episodes(self, info: dict[str, Any]) -> bool:
        self._reporter.tell("evaluating", self.evaluation)
        return not self._stop.requested

    def _keep_best(self, evaluation: Evaluation) -> None:
        figures = {"step": self.session.counters.step, **evaluation.to_json()}
        about = {
            "config": config_to_json(self.config),
            "step": self.session.counters.step,
            "evaluation": figures,
        }
        save_policy(self.run.best, self.session.learner.policy_arrays(), self.contract, about)
        write_json(self.run.evaluation, figures)

    def _row(self, evaluation: Evaluation | None) -> dict[str, float]:
        counters = self.session.counters
        row = {
            "seconds": counters.seconds,
            "episodes": self.session.statistics.episodes,
            "updates": counters.updates,
            **self.session.statistics.means(),
            **self.session.learner.figures,
        }
        if self.session.curriculum is not None:
            row["curriculum_level"] = self.session.curriculum.level
        if evaluation is not None:
            row["evaluation/return"] = evaluation.mean_return
            if evaluation.success_rate is not None:
                row["evaluation/success_rate"] = evaluation.success_rate
        return row


def _reaches(evaluation: Evaluation, target: float | None) -> bool:
    return (
        target is not None
        and evaluation.success_rate is not None
        and evaluation.success_rate >= target
    )
