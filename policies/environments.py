"""Makes any registered Gymnasium environment by its id."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from policies.contract import Contract
from policies.errors import PolicyError, UnknownNameError

if TYPE_CHECKING:
    import gymnasium

STDOUT = 1
MakeEnv = Callable[[], "gymnasium.Env[Any, Any]"]


def make_environment(env_id: str, env_kwargs: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    """Return a new environment; ``module:id`` imports ``module`` first, which registers the id.

    What it prints while it is made is dropped: standard output is for our own figures.
    Raises UnknownNameError for an id that is not registered, PolicyError if it cannot be made.
    """
    import gymnasium

    module, _, name = env_id.rpartition(":")
    if module:
        _import(module, env_id)
    if name not in gymnasium.registry:
        raise UnknownNameError("environment", name, gymnasium.registry)
    try:
        with _silent_stdout():
            return gymnasium.make(name, disable_env_checker=True, **env_kwargs)
    except (TypeError, gymnasium.error.Error) as error:
        raise PolicyError(f"{name} cannot be made with {dict(env_kwargs)}: {error}") from error


def _import(module: str, env_id: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise PolicyError(
            f"{env_id}: its module {module!r} cannot be imported: {error}; install"
            " it beside twinarm (panda_gym comes with pip install 'twinarm[bench]')"
        ) from error


@contextmanager
def _silent_stdout() -> Iterator[None]:
    """Send standard output nowhere, also that of C code such as PyBullet's."""
    sys.stdout.flush()
    kept, nowhere = os.dup(STDOUT), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDOUT)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, STDOUT)
        os.close(kept)
        os.close(nowhere)


def read_contract(make_env: MakeEnv, env_id: str) -> Contract:
    """Return the contract of the environment ``env_id``, made for a moment to look at it."""
    with closing(make_env()) as env:
        return Contract.of(env, env_id.rpartition(":")[2])
