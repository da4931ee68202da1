"""What decides a training run, kept beside its results as config.json."""

import dataclasses
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from policies.cloning_config import CloningConfig
from policies.curriculum import CurriculumGate
from policies.errors import PolicyError
from policies.sac_config import SACConfig
from policies.seeding import HeldOutSeeds

T = TypeVar("T")
REGULAR_TASKS = ("eval_every", "checkpoint_every", "log_every")
ALGORITHMS = ("sac", "bc", "dagger")
EnvValue = bool | int | float | str


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Steps are environment steps, summed over all environments; in behaviour cloning, updates.
    """

    env_id: str
    """Registered Gymnasium id; see a flat Box, or a Dict of an image and one; act in a flat Box."""
    env_kwargs: dict[str, EnvValue] = field(default_factory=dict)
    """Arguments of the environment's constructor."""
    total_steps: int = 100_000
    """Steps to train for."""
    num_envs: int = 4
    """Environments that collect together."""
    start_steps: int = 1_000
    """Steps of uniformly random actions before the policy acts and learns."""
    updates_per_step: float = 0.5
    """Gradient updates for each step after start_steps."""
    replay_capacity: int = 200_000
    """Transitions remembered."""
    n_step: int = 1
    """Rewards summed before the critic's estimate takes over; 1 is one-step SAC."""
    relabel: float = 0.0
    """Share of every batch that pursues a goal which its episode reached later, instead of its
    own; for environments with goals."""
    goal_reward: float | None = None
    """With relabel: the reward that tells that a goal is reached and its episode over; None where
    reaching one ends nothing."""
    random_actions: float = 0.0
    """Share of uniformly random actions that go on among the policy's own in training."""
    normalize_observations: bool = False
    """Shift and scale observations by their running mean and deviation."""
    algorithm: Literal["sac", "bc", "dagger"] = "sac"
    """sac learns by trial, from demonstrations too if there are any; bc clones these alone; dagger
    learns to see and do what a teacher does that is told."""
    teacher: str | None = None
    """For dagger: a run or shipped policy of the same task that is told where things are; or
    expert, the scripted one."""
    demos: str | None = None
    """Dataset of demonstrations to learn from."""
    demo_share: float = 0.5
    """For sac: share of every batch that is drawn from the demonstrations, if there are any."""
    curriculum: Literal["on", "off"] = "off"
    """Begin with the easiest level of the environment and open the next as episodes succeed."""
    gate: CurriculumGate = field(default_factory=CurriculumGate)
    """What opens the next level of the curriculum."""
    seed: int = 0
    """Decides everything random: the same seed and machine give the same run."""
    eval_every: int = 5_000
    """Steps between evaluations on held-out seeds; 0 evaluates at the end alone."""
    eval_episodes: int = 20
    """Episodes of each evaluation."""
    eval_seed: int = 1_000_000
    """First held-out seed. Training never draws a seed of this range."""
    target_success: float | None = None
    """Stop when an evaluation reaches this success rate; None trains for total_steps."""
    checkpoint_every: int = 25_000
    """Steps between checkpoints, which are also written at the end and on Ctrl-C."""
    log_every: int = 1_000
    """Steps between rows of progress.csv."""
    tensorboard: bool = True
    """Also write TensorBoard's event files, where tensorboardX is installed."""
    sac: SACConfig = field(default_factory=SACConfig)
    """Soft actor-critic."""
    cloning: CloningConfig = field(default_factory=CloningConfig)
    """Behaviour cloning."""

    def __post_init__(self) -> None:
        for name in ("total_steps", "num_envs", "n_step", "eval_episodes"):
            self._check(name, 1)
        for name in ("seed", "start_steps", "updates_per_step", *REGULAR_TASKS):
            self._check(name, 0)
        # At an end of all episodes at once every environment completes n_step transitions.
        self._check("replay_capacity", self.num_envs * self.n_step)
        HeldOutSeeds(self.eval_seed, 1)
        if self.curriculum not in {"on", "off"}:
            raise PolicyError(f"curriculum is {self.curriculum!r}; it must be 'on' or 'off'")
        if self.algorithm not in ALGORITHMS:
            raise PolicyError(f"algorithm is {self.algorithm!r}; valid: {', '.join(ALGORITHMS)}")
        for name in ("demo_share", "relabel", "random_actions"):
            if not 0 <= getattr(self, name) <= 1:
                raise PolicyError(f"{name} is {getattr(self, name)}; it must be within [0, 1]")
        if (self.algorithm == "dagger") != (self.teacher is not None):
            raise PolicyError("--algorithm dagger and --teacher RUN, or expert, go together")
        if self.algorithm == "bc" and self.demos is None:
            raise PolicyError("bc learns from demonstrations alone: --demos DATASET names them")

    def _check(self, name: str, least: int) -> None:
        if not getattr(self, name) >= least:
            raise PolicyError(f"{name} is {getattr(self, name)}; it must be at least {least}")


def config_to_json(config: Any) -> dict[str, Any]:
    """Return a config dataclass as plain JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return plain


def config_from_json(kind: type[T], data: Mapping[str, Any], where: str = "config") -> T:
    """Return the config dataclass ``kind`` with the values of ``data``.

    Raises PolicyError naming a key that ``kind`` does not have and the one probably meant.
    """
    if not isinstance(data, Mapping):
        raise PolicyError(f"{where}: expected a JSON object with settings, got {data!r}")
    hints = get_type_hints(kind)
    known = [entry.name for entry in dataclasses.fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"valid: {', '.join(known)}"
            raise PolicyError(f"{where}: unknown key {key!r}; {hint}")
        values[key] = _convert(hints[key], value, f"{where}.{key}")
    try:
        return kind(**values)
    except TypeError as error:
        raise PolicyError(f"{where}: {error}") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return config_from_json(hint, value, where)  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        hint = str  # which words are valid is for the dataclass to say
    kinds = [get_origin(kind) or kind for kind in get_args(hint)]
    kinds = kinds if isinstance(hint, UnionType) else [get_origin(hint) or hint]
    if tuple in kinds and isinstance(value, list):
        return tuple(value)
    if float in kinds and type(value) is int:
        return float(value)
    if type(value) not in kinds:
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise PolicyError(f"{where} is {value!r}; it must be {wanted}")
    return value
