"""The grasp tasks by name, and how episodes of each go."""

from collections.abc import Callable
from typing import TypeVar

from robot.errors import RobotError, UnknownNameError
from robot.full_task import FullGraspTask, FullTaskConfig
from robot.model import ArmModel
from robot.place_task import PlaceTask, PlaceTaskConfig
from robot.task import GraspTask, GraspTaskConfig
from sim.clutter_rules import CLUTTER_TASK, ClutterRules
from sim.clutter_scene import ClutterScene
from sim.full_reward import FullRewardScales
from sim.full_rules import APPROACH, FullRules
from sim.grasp_rules import Rules
from sim.grasp_scene import GraspScene
from sim.guided_rules import GuidedRules
from sim.place_reward import PlaceRewardScales
from sim.place_rules import PlaceRules
from sim.randomization import ROBUST_TASK
from sim.reward import RewardScales, Scales
from sim.world import FINE, GRIP, Pace

Task = GraspTask | FullGraspTask
Config = GraspTaskConfig | FullTaskConfig

S = TypeVar("S", bound=Scales)

TASKS: dict[str, type[Config]] = {
    "guided": GraspTaskConfig,
    "full": FullTaskConfig,
    "place": PlaceTaskConfig,
}
"""The config of each task by the task's name."""


def make_task(
    name: str, model: ArmModel, config: Config | None, varies: bool, clutter: bool = False
) -> Task:
    """Return the task called ``name``.

    config: by default, of the guided task ``ROBUST_TASK`` if anything ``varies``, and of the full
    one in ``clutter`` ``CLUTTER_TASK``. Raises
    UnknownNameError with the valid names, RobotError for the config of another task.
    """
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    if clutter and name != "full":
        raise RobotError(f"clutter is for the task full, not for {name}")
    if config is None and clutter:
        config = CLUTTER_TASK
    if config is None:
        config = ROBUST_TASK if varies and name == "guided" else TASKS[name]()
    if type(config) is not TASKS[name]:
        raise RobotError(f"task {name} takes no {type(config).__name__}: {TASKS[name].__name__}")
    return _task_of(model, config)


def fresh_task(task: Task) -> Task:
    """Return the same task for another arm of the same model."""
    return _task_of(task.model, task.config)


def make_scene(
    model: ArmModel,
    clutter: str | None,
    clock: Callable[[], float] | None = None,
    window: bool = False,
    pace: Pace = FINE,
) -> GraspScene:
    """Return the scene with a block, or for ``clutter`` of that split. Raises UnknownNameError."""
    if clutter is None:
        return GraspScene(model, clock, window, pace)
    return ClutterScene(model, clutter, clock, window, pace)


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
        worth = _own(scales, RewardScales, "guided")
        return GuidedRules(task, scene, advance, worth, (approach or FINE, grip or FINE))
    own_paces = approach or APPROACH, grip or GRIP
    if isinstance(task, PlaceTask):
        place_worth = _own(scales, PlaceRewardScales, "place")
        return PlaceRules(task, scene, advance, place_worth, own_paces)
    full_worth = _own(scales, FullRewardScales, "full")
    if isinstance(scene, ClutterScene):
        return ClutterRules(task, scene, advance, full_worth, own_paces)
    return FullRules(task, scene, advance, full_worth, own_paces)


def _task_of(model: ArmModel, config: Config) -> Task:
    if isinstance(config, PlaceTaskConfig):
        return PlaceTask(model, config)
    if isinstance(config, FullTaskConfig):
        return FullGraspTask(model, config)
    return GraspTask(model, config)


def _own(scales: str | Scales, kind: type[S], task: str) -> str | S:
    """Return ``scales`` if they are of this ``kind``, or a name. Raises RobotError if not."""
    if isinstance(scales, str | kind):
        return scales
    raise RobotError(f"the {task} task takes {kind.__name__}, not {type(scales).__name__}")
