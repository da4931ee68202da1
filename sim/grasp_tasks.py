"""The grasp tasks by name, and how episodes of each go."""

from collections.abc import Callable

from robot.errors import RobotError, UnknownNameError
from robot.full_task import FullGraspTask, FullTaskConfig
from robot.model import ArmModel
from robot.task import GraspTask, GraspTaskConfig
from sim.full_reward import FullRewardScales
from sim.full_rules import APPROACH, FullRules
from sim.grasp_rules import Rules
from sim.grasp_scene import GraspScene
from sim.guided_rules import GuidedRules
from sim.randomization import ROBUST_TASK
from sim.reward import RewardScales
from sim.world import FINE, GRIP, Pace

Task = GraspTask | FullGraspTask
Config = GraspTaskConfig | FullTaskConfig
Scales = RewardScales | FullRewardScales

TASKS = {"guided": GraspTaskConfig, "full": FullTaskConfig}
"""The config of each task by the task's name."""


def make_task(name: str, model: ArmModel, config: Config | None, varies: bool) -> Task:
    """Return the task called ``name``.

    config: by default, of the guided task ``ROBUST_TASK`` if anything ``varies``. Raises
    UnknownNameError with the valid names, RobotError for the config of another task.
    """
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    if config is None:
        guided = ROBUST_TASK if varies else GraspTaskConfig()
        config = guided if name == "guided" else FullTaskConfig()
    if not isinstance(config, TASKS[name]):
        raise RobotError(f"task {name} takes no {type(config).__name__}: {TASKS[name].__name__}")
    if isinstance(config, FullTaskConfig):
        return FullGraspTask(model, config)
    return GraspTask(model, config)


def fresh_task(task: Task) -> Task:
    """Return the same task for another arm of the same model."""
    if isinstance(task, FullGraspTask):
        return FullGraspTask(task.model, task.config)
    return GraspTask(task.model, task.config)


def make_rules(
    task: Task,
    scene: GraspScene,
    advance: Callable[[], None],
    scales: str | Scales,
    paces: tuple[Pace | None, Pace | None],
) -> Rules:
    """Return how episodes of ``task`` go in ``scene``; ``advance`` lets a control period pass.

    paces: until the jaws close, and from then on, for None the task's own. Raises UnknownNameError
    with the valid names of ``scales``, RobotError for those of another task.
    """
    approach, grip = paces
    if isinstance(task, GraspTask):
        if isinstance(scales, FullRewardScales):
            raise RobotError("the guided task takes RewardScales, not those of the full one")
        return GuidedRules(task, scene, advance, scales, (approach or FINE, grip or FINE))
    if isinstance(scales, RewardScales):
        raise RobotError("the full task takes FullRewardScales, not those of the guided one")
    return FullRules(task, scene, advance, scales, (approach or APPROACH, grip or GRIP))
