"""Evaluates a policy in every cell of the held-out grid, one pool for all of them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from policies.contract import Contract
from policies.environments import MakeEnv
from policies.evaluation import Act, Evaluation, OnEpisode, held_out_pool, run_episodes
from policies.pool import PoolFactory
from policies.statistics import wilson_interval
from sim.grid import Cell

PLACES = ("below", "low", "high", "above")
"""Where a cell lies in the range of its parameter: past an edge, or at it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Episodes and successes, with the Wilson 95 % interval of their rate."""

    episodes: int
    successes: int

    @property
    def rate(self) -> float:
        """Return the success rate."""
        return self.successes / self.episodes

    @property
    def ci95(self) -> tuple[float, float]:
        """Return the interval that holds the true rate 95 times in 100."""
        return wilson_interval(self.successes, self.episodes)

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the names that evaluations use."""
        return {
            "episodes": self.episodes,
            "successes": self.successes,
            "success_rate": self.rate,
            "ci95": list(self.ci95),
        }


@dataclass(frozen=True, slots=True)
class CellResult:
    """How a policy did in one cell."""

    cell: Cell
    figures: Figures

    @property
    def place(self) -> str:
        """Return one of ``PLACES``, or what else tells the cell from others of its parameter."""
        return self.cell.name.removeprefix(self.cell.parameter).strip()

    def to_json(self) -> dict[str, Any]:
        """Return the cell and its figures as plain JSON values."""
        cell = self.cell
        return {
            "name": cell.name,
            "parameter": cell.parameter,
            "conditions": cell.conditions.to_info(),
            **self.figures.to_json(),
        }


@dataclass(frozen=True, slots=True)
class GridResult:
    """How a policy did over the grid; seeds: first and last of each cell, inclusive."""

    cells: list[CellResult]
    seeds: tuple[int, int]

    @property
    def overall(self) -> Figures:
        """Return the figures of all cells together."""
        figures = [result.figures for result in self.cells]
        return Figures(sum(f.episodes for f in figures), sum(f.successes for f in figures))

    @property
    def worst(self) -> CellResult:
        """Return the cell with the lowest rate, the first of them."""
        return min(self.cells, key=lambda result: result.figures.rate)

    @property
    def alone(self) -> dict[str, dict[str, CellResult]]:
        """Return the cells of each parameter that varies alone by their place, worst first."""
        named: dict[str, dict[str, CellResult]] = {}
        for result in self.cells:
            if result.place in PLACES:
                named.setdefault(result.cell.parameter, {})[result.place] = result
        return dict(sorted(named.items(), key=lambda entry: _harm(entry[1])))

    @property
    def others(self) -> list[CellResult]:
        """Return the nominal cell, and those where everything varies at once."""
        return [result for result in self.cells if result.place not in PLACES]

    def to_json(self) -> dict[str, Any]:
        """Return every figure as plain JSON values."""
        return {
            "overall": self.overall.to_json(),
            "worst": {"name": self.worst.cell.name, **self.worst.figures.to_json()},
            "seeds": list(self.seeds),
            "cells": [result.to_json() for result in self.cells],
        }


def evaluate_grid(
    act: Act,
    make_env: MakeEnv,
    contract: Contract,
    cells: Sequence[Cell],
    *,
    episodes: int,
    first_seed: int,
    make_pool: PoolFactory,
    on_episode: OnEpisode,
) -> GridResult:
    """Run ``episodes`` episodes in each of ``cells``.

    The seeds are the same in each, so that the blocks lie in the same places and nothing but
    the conditions tells two cells apart.
    """
    results = []
    with closing(held_out_pool(make_env, contract, episodes, first_seed, make_pool)) as pool:
        for cell in cells:
            pool.set_options({"conditions": cell.conditions.to_info()})
            evaluation = run_episodes(act, pool, episodes, first_seed, on_episode)
            results.append(CellResult(cell, _figures(evaluation)))
    return GridResult(results, (first_seed, first_seed + episodes - 1))


def _figures(evaluation: Evaluation | None) -> Figures:
    assert evaluation is not None
    assert evaluation.successes is not None
    return Figures(evaluation.episodes, evaluation.successes)


def _harm(cells: dict[str, CellResult]) -> tuple[float, float]:
    rates = [result.figures.rate for result in cells.values()]
    return min(rates), sum(rates) / len(rates)
