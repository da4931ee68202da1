import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worker_envs import CrashingPart, DyingPart, PicturePart, UnmadePart

from policies.checkpoint import read_manifest
from policies.config import TrainConfig
from policies.contract import Contract
from policies.environments import make_environment
from policies.evaluation import evaluate
from policies.observation import ObservationSpec
from policies.pool import EnvPool, SerialPool, in_process
from policies.runs import RunFolder
from policies.sac import SAC, SACConfig
from policies.seeding import TrainingSeeds
from policies.trainer import Trainer
from sim.parallel import ProcessPool, WorkerError

make_pendulum = partial(make_environment, "Pendulum-v1", {})
make_part = partial(SerialPool, make_pendulum, TrainingSeeds(3))


def processes(num_envs: int, workers: int, part: Any = make_part) -> ProcessPool:
    return ProcessPool(part, num_envs, (3,), np.dtype(np.float32), 1, workers=workers)


def roll(pool: EnvPool, steps: int, seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    history = []
    for _ in range(steps):
        pool.send(rng.uniform(-1, 1, (pool.num_envs, 1)).astype(np.float32))
        *arrays, infos = pool.recv()
        history.append(([array.copy() for array in arrays], infos))
    return history


def assert_same(ours: list[Any], theirs: list[Any]) -> None:
    for (arrays, infos), (other_arrays, other_infos) in zip(ours, theirs, strict=True):
        for array, other in zip(arrays, other_arrays, strict=True):
            assert array.dtype == other.dtype
            np.testing.assert_array_equal(array, other)
        assert infos == other_infos


@pytest.mark.parametrize("workers", [1, 2, 5, 9])
def test_processes_give_what_one_process_gives_bit_for_bit(workers: int) -> None:
    serial, parallel = make_part(range(5)), processes(5, workers)
    np.testing.assert_array_equal(parallel.reset(), serial.reset())
    assert_same(roll(parallel, 210), roll(serial, 210))
    parallel.close()


def test_records_of_images_and_numbers_cross_to_this_process() -> None:
    dtype = np.dtype([("image", "u1", (4, 4, 1)), ("state", "f4", (3,))])
    pool = ProcessPool(PicturePart, 4, (), dtype, 1, workers=2)
    try:
        (arrays, _), *_ = roll(pool, 1)
    finally:
        pool.close()
    for observations in (arrays[0], arrays[4]):
        np.testing.assert_array_equal(observations["image"][:, 0, 0, 0], [0, 1, 2, 3])
        np.testing.assert_array_equal(observations["state"][:, 0], [0, -1, -2, -3])


def test_a_state_moves_between_pools_of_any_worker_count() -> None:
    first, second, serial = processes(5, 2), processes(5, 3), make_part(range(5))
    first.reset()
    roll(first, 120)
    state = first.state()
    observation = serial.restore(state)
    np.testing.assert_array_equal(second.restore(state), observation)
    onwards = roll(first, 100, seed=1)
    assert_same(roll(second, 100, seed=1), onwards)
    assert_same(roll(serial, 100, seed=1), onwards)
    first.close()
    second.close()


def test_options_reach_every_worker() -> None:
    pool = processes(2, 2)
    pool.set_options({"x_init": 0.0, "y_init": 0.0})
    np.testing.assert_array_equal(pool.reset(), [[1, 0, 0], [1, 0, 0]])
    pool.set_options({"x_init": np.pi, "y_init": 0.0}, [1])
    pool.set_options(None, [])
    first, second = pool.reset()
    assert first[0] == 1 and second[0] < 1
    pool.close()


def test_an_evaluation_does_not_depend_on_the_number_of_workers() -> None:
    contract = Contract("Pendulum-v1", ObservationSpec(3), (-2.0,), (2.0,))
    sac = SAC(ObservationSpec(3), 1, SACConfig(hidden=(16, 16), threads=1), seed=0)
    act = partial(sac.act, deterministic=True)
    results = [
        evaluate(act, make_pendulum, contract, episodes=19, first_seed=7, make_pool=make_pool)
        for make_pool in (in_process, partial(ProcessPool, workers=1), ProcessPool)
    ]
    assert results[0] is not None
    assert results[0] == results[1] == results[2]


def test_training_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    config = TrainConfig(
        "Pendulum-v1",
        total_steps=900,
        start_steps=100,
        eval_episodes=2,
        sac=SACConfig(hidden=(16, 16), batch_size=32, threads=1),
    )
    digests = []
    for name, make_pool in (("serial", in_process), ("processes", ProcessPool)):
        run = RunFolder(tmp_path / name)
        with Trainer.start(config, run, make_pool=make_pool) as trainer:
            trainer.train()
        digests.append(read_manifest(run.last)["files"])
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (UnmadePart, "RuntimeError: no such arm"),
        (CrashingPart, "ZeroDivisionError"),
        (DyingPart, "died .exit code -9"),
    ],
)
def test_a_failing_worker_is_reported_with_its_reason(
    part: Callable[[range], Any], reason: str
) -> None:
    with pytest.raises(WorkerError, match=reason) as caught:
        roll(processes(4, 2, part), 1)
    assert "environment worker" in str(caught.value)


def test_a_pool_closes_twice_and_leaves_no_process() -> None:
    pool = processes(4, 2)
    children = child_processes()
    assert len(children) >= 2
    pool.reset()
    pool.close()
    pool.close()
    assert not child_processes() & children - resource_trackers()


def test_a_pool_closes_while_its_workers_simulate() -> None:
    pool = processes(2, 2)
    pool.reset()
    pool.send(np.zeros((2, 1), np.float32))
    pool.close()


SCRIPT = """
import sys, time
sys.path.insert(0, {folder!r})
from test_parallel import make_part, processes, roll
if __name__ == "__main__":
    pool = processes(4, 2)
    pool.reset()
    try:
        print("ready", flush=True)
        while True:
            roll(pool, 1)
    except KeyboardInterrupt:
        pool.close()
        print("closed")
"""


@pytest.fixture
def running(tmp_path: Path) -> Any:
    script = tmp_path / "main.py"
    script.write_text(SCRIPT.format(folder=str(Path(__file__).parent)))
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def test_ctrl_c_reaches_the_parent_alone(running: subprocess.Popen[str]) -> None:
    # What a terminal does: the signal goes to the whole group.
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert (out, err, running.returncode) == ("closed\n", "", 0)


def test_workers_and_shared_memory_go_with_a_killed_parent(
    running: subprocess.Popen[str],
) -> None:
    before = shared_memory()
    workers = child_processes(running.pid)
    running.kill()
    running.wait()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert shared_memory() <= before


def shared_memory() -> set[Path]:
    """The blocks there are; semaphores come and go with tests that run beside this one."""
    return {path for path in Path("/dev/shm").iterdir() if not path.name.startswith("sem.")}


def child_processes(parent: int | None = None) -> set[int]:
    listing = Path(f"/proc/{parent or os.getpid()}/task").glob("*/children")
    return {int(pid) for path in listing for pid in path.read_text().split()}


def resource_trackers() -> set[int]:
    from multiprocessing.resource_tracker import _resource_tracker

    return {getattr(_resource_tracker, "_pid", None) or 0}
