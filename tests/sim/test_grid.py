from dataclasses import fields

import numpy as np
import pytest

from sim.conditions import PER_JOINT, Conditions
from sim.grid import TOGETHER, grid_cells
from sim.randomization import RANDOMIZATIONS, Randomization

DEFAULT = RANDOMIZATIONS["default"]


def test_every_condition_is_tried_at_its_edges_and_beyond() -> None:
    cells = grid_cells(DEFAULT)
    for name, (low, high) in DEFAULT.ranges().items():
        values = [getattr(cell.conditions, name) for cell in cells if cell.parameter == name]
        flat = {round(v, 9) for v in np.ravel(values).tolist()}
        past = 0.25 * (high - low)
        expected = {low, high, high + past}
        if low < 0.0 or low - past >= 0.0:
            expected.add(low - past)
        assert sorted(flat) == pytest.approx(sorted(expected), abs=1e-8), name


def test_a_cell_varies_nothing_but_its_parameter() -> None:
    nominal, *others = grid_cells(DEFAULT)
    for cell in others:
        differing = {
            field.name
            for field in fields(Conditions)
            if getattr(cell.conditions, field.name) != getattr(nominal.conditions, field.name)
        }
        assert differing == (set(DEFAULT.ranges()) if cell.parameter == "all" else {cell.parameter})


def test_the_grid_is_always_the_same_and_names_are_unique() -> None:
    cells = grid_cells(DEFAULT)
    assert cells == grid_cells(DEFAULT)
    assert len({cell.name for cell in cells}) == len(cells)
    assert sum(cell.parameter == "all" for cell in cells) == TOGETHER


def test_joints_differ_in_sign() -> None:
    for cell in grid_cells(DEFAULT):
        if cell.parameter in PER_JOINT:
            assert len(set(getattr(cell.conditions, cell.parameter))) == 2


def test_without_ranges_only_the_nominal_cell_is_left() -> None:
    assert [cell.conditions for cell in grid_cells(Randomization())] == [Conditions()]
