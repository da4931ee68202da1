"""Measure the gap from simulation to a table: the same grasps on both sides, one page of figures.

Run it before and after a change to randomisation or calibration: --against compares.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import tyro
from rich.console import Console

from cli.console import CountBar, console
from cli.deploy import check_task, trained_task
from cli.deployment import Outcome
from cli.folders import new_folder
from cli.gap_compare import Earlier, read_earlier, turned_words
from cli.gap_figures import Gap, gap_figures
from cli.gap_files import write_gap
from cli.gap_page import PAGE, write_page
from cli.gap_setting import Setting, SettingOptions, check_arm, check_setting, open_setting
from cli.gap_sides import play_on_table, play_simulated
from cli.gap_table import figure_table
from cli.judged_table import Spot, drawn_spots
from policies.errors import PolicyError
from policies.policy_files import SavedPolicy, load_policy, policy_meta
from policies.runs import find_policy
from robot.errors import RobotError
from robot.servo_file import read_servos
from robot.tool_task import ToolTask

EXAMPLES = """
  twinarm gap dofbot-state --cell 100
  twinarm gap dofbot-state --cell 100 --cell-camera fixed --episodes 30
  twinarm gap dofbot-depth --cell 100
  twinarm gap dofbot-state --cell 100 --against runs/gap-20260101-120000/gap.json
  twinarm gap dofbot-state --arm tcp://pi:5555 --camera tcp://pi:5555
  twinarm gap dofbot-state --arm tcp://pi:5555 --camera 0 --anywhere --judge jaws
"""

MOST = 1_000
"""Episodes."""
_EARLY = (RobotError, PolicyError, KeyboardInterrupt)


@dataclass(frozen=True, kw_only=True)
class Options(SettingOptions):
    """Which policy, against which table."""

    policy: tyro.conf.Positional[str]
    """A run, a shipped policy, or a checkpoint folder."""
    episodes: int = 10
    """Grasps on each side."""
    seed: int = 0
    """Decides where the blocks lie; the same seed compares the same places."""
    servos: Path | None = None
    """Servos of the twin and of the simulation, as `twinarm identify` found the real ones."""
    against: Path | None = None
    """gap.json of an earlier report, or its folder, to compare with."""
    out: Path | None = None
    """Folder for the page, the figures and the logs; runs/gap-TIME if not given."""
    json: bool = False
    """Print what is in gap.json as one JSON object and nothing else."""


def run(options: Options) -> int:
    """Grasp on both sides and report; also what was measured until an error or Ctrl-C."""
    if not 1 <= options.episodes <= MOST:
        raise RobotError(f"--episodes {options.episodes}: from 1 to {MOST}")
    saved = load_policy(find_policy(options.policy))
    sees = saved.contract.observation.image is not None
    check_setting(options, sees)
    task = trained_task(saved, options.policy)
    check_arm(options, task.model.name, options.policy)
    check_task(task, options.policy, simulated=False, camera=True)
    if options.servos is not None:
        read_servos(options.servos, task.model)
    earlier = None if options.against is None else read_earlier(options.against)
    out = new_folder(options.out, "gap")
    spots = drawn_spots(task, options.seed, options.episodes)
    gap = Gap(task.model, task.block_height, task.config.period, spots)
    gap.about = _about(options, saved, task)
    try:
        with open_setting(options, task, sees, spots, out) as setting:
            _play(options, setting, saved, task, gap)
    finally:
        if gap.table.ended:
            _report(options, gap, earlier, out)
    return 0


def _play(options: Options, setting: Setting, saved: SavedPolicy, task: ToolTask, gap: Gap) -> None:
    """Grasp on the table first, since where a person laid a block is only known after it."""
    files = {"lens": setting.camera.lens, "hand_eye": setting.camera.hand_eye}
    gap.about |= {"table": setting.what}
    gap.about |= {name: str(path) for name, path in files.items() if path is not None}
    gap.spots, gap.asked = setting.spots, setting.asks

    def grasp() -> None:
        quiet = options.json or setting.asks
        with CountBar("table", options.episodes, quiet=quiet) as bar:
            play_on_table(setting, saved, task, options.servos, gap, _hearer(bar))

    def simulate() -> None:
        spots = _spots_to_simulate(setting, gap)
        if spots:
            with CountBar("simulation", len(spots), quiet=options.json) as bar:
                play_simulated(saved, task, spots, options.servos, gap, _hearer(bar))

    in_turn(grasp, simulate)


def in_turn(grasp: Callable[[], None], simulate: Callable[[], None]) -> None:
    """Grasp, then simulate the same, also if an error or Ctrl-C ended grasping early.

    What ended grasping is raised, rather than what ended simulating.
    """
    try:
        grasp()
    except _EARLY as error:
        if isinstance(error, KeyboardInterrupt):
            console.print("stopped: the arm holds where it is")
        try:
            simulate()
        except _EARLY as other:
            why = str(other) or "stopped"
            console.print(f"the simulation ended early: {why}", markup=False)
        raise
    simulate()


def _hearer(bar: CountBar) -> Callable[[Outcome], None]:
    return lambda outcome: bar.add(outcome.success)


def _spots_to_simulate(setting: Setting, gap: Gap) -> dict[int, Spot]:
    """Return where the block of each ended episode lay: as judges know, or as the camera saw."""
    spots: dict[int, Spot] = {}
    for attempt in gap.table.ended:
        spot, seen = setting.spots[attempt.episode], attempt.seen
        if setting.asks and attempt.set_out and seen is not None:
            spot = float(seen.position[0]), float(seen.position[1]), seen.yaw
        if spot is not None:
            spots[attempt.episode] = spot
    return spots


def _about(options: Options, saved: SavedPolicy, task: ToolTask) -> dict[str, object]:
    given = {
        name: str(getattr(options, name))
        for name in ("cell", "servos")
        if getattr(options, name) is not None
    }
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "policy": options.policy,
        "arm": task.model.name,
        "episodes": options.episodes,
        "seed": options.seed,
        "anywhere": options.anywhere,
        "judge": "the cell" if options.cell is not None else options.judge,
        **given,
        "versions": policy_meta(saved.contract, {})["versions"],
    }


def _report(options: Options, gap: Gap, earlier: Earlier | None, out: Path) -> None:
    figures = gap_figures(gap)
    whole = write_gap(out, gap, figures, earlier)
    write_page(out / PAGE, gap, figures, earlier)
    if options.json:
        print(json.dumps(whole | {"folder": str(out)}))
        return
    before = None if earlier is None else earlier.figures
    Console(highlight=False).print(figure_table(gap.model.n, figures, before))
    if earlier is not None and (words := turned_words(gap, earlier)):
        print(words)
    print(f"wrote {out}/{PAGE}, gap.json and moments.csv")
