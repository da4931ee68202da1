from functools import partial

import numpy as np
import pytest
from rich.console import Console
from small_policies import STATE

from cli.grid import CellResult, Figures, GridResult, evaluate_grid
from cli.grid_plot import grid_plot, svg
from cli.grid_table import grid_table
from policies.environments import make_environment, read_contract
from policies.pool import in_process
from sim.conditions import Conditions
from sim.expert import GraspExpert
from sim.grid import Cell


def cell(name: str, successes: int = 0, **conditions: float) -> CellResult:
    parameter = name.split(maxsplit=1)[0]
    return CellResult(Cell(name, parameter, Conditions(**conditions)), Figures(10, successes))


RESULT = GridResult(
    [
        cell("middle", 10),
        cell("camera_x low", 9),
        cell("camera_x high", 10),
        cell("servo_lag low", 10),
        cell("servo_lag high", 8),
        cell("servo_lag above", 4),
        cell("all 1", 7),
    ],
    (0, 9),
)


def test_each_cell_is_played_in_its_conditions_and_no_others() -> None:
    make_env = partial(make_environment, STATE, {"randomization": "default"})
    slippery = Cell("f low", "f", Conditions(block_friction=0.02, gripper_friction=0.1))
    cells = [slippery, Cell("middle", "middle", Conditions())]
    seeds = []

    def note(info: dict[str, int]) -> bool:
        seeds.append(info["seed"])
        return True

    expert = GraspExpert()
    result = evaluate_grid(
        lambda observations: np.stack([expert.act(one) for one in observations]),
        make_env,
        read_contract(make_env, STATE),
        cells,
        episodes=3,
        first_seed=70,
        make_pool=in_process,
        on_episode=note,
    )
    assert [found.figures for found in result.cells] == [Figures(3, 0), Figures(3, 3)]
    assert seeds == [70, 71, 72] * 2
    assert result.seeds == (70, 72)
    assert result.worst.cell is slippery


def test_the_most_harmful_parameter_comes_first_and_the_worst_cell_is_named() -> None:
    assert list(RESULT.alone) == ["servo_lag", "camera_x"]
    assert list(RESULT.alone["servo_lag"]) == ["low", "high", "above"]
    assert [found.cell.name for found in RESULT.others] == ["middle", "all 1"]
    assert RESULT.worst.cell.name == "servo_lag above"
    assert RESULT.overall == Figures(70, 58)


def test_the_file_holds_every_cell_with_its_conditions() -> None:
    plain = RESULT.to_json()
    assert plain["worst"]["name"] == "servo_lag above"
    assert plain["overall"]["success_rate"] == pytest.approx(58 / 70)
    first = plain["cells"][1]
    assert (first["name"], first["parameter"]) == ("camera_x low", "camera_x")
    assert Conditions.from_info(first["conditions"]) == Conditions()
    low, high = first["ci95"]
    assert low < first["success_rate"] == 0.9 < high


def test_the_table_has_a_row_a_parameter_and_a_column_a_place() -> None:
    console = Console(width=100)
    with console.capture() as told:
        console.print(grid_table(RESULT))
    rows = [line.split() for line in told.get().splitlines()]
    lag = next(row for row in rows if row[:1] == ["servo_lag"])
    assert lag[1:6:4] == ["100", "80"]
    assert lag[9] == "40"
    assert any(row[:2] == ["overall", "83"] for row in rows)


def test_the_plot_shows_every_parameter_and_is_the_same_every_time() -> None:
    picture = svg(grid_plot(RESULT, "a title")).decode()
    assert picture == svg(grid_plot(RESULT, "a title")).decode()
    for words in ("a title", "servo lag", "camera x", "middle", "all", "overall, 82.9%"):
        assert f">{words}</text>" in picture
