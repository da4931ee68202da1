"""Chooses where environments run."""

from functools import partial

from policies.pool import PoolFactory, in_process
from sim.parallel import ProcessPool


def pool_of(workers: int) -> PoolFactory:
    """Return what makes a pool in ``workers`` processes, or in this one for 0."""
    return partial(ProcessPool, workers=workers) if workers > 0 else in_process
