"""The demonstrations of a training run, and what people are told of them."""

from collections import defaultdict
from pathlib import Path

from cli.console import CountBar, console
from cli.demo_replay import DemoReplay, Replayed
from policies.config import TrainConfig
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.reader import DatasetReader
from policies.errors import PolicyError
from policies.trajectory import Trajectory

MOST_NAMED = 10


def demonstrations_of(
    config: TrainConfig, count: int | None, slow_too: bool, quiet: bool
) -> list[Trajectory]:
    """Return the demonstrations that ``config`` names, replayed in its environment; none if none.

    count: how many to take, all if None. Says which are left out, and why. Raises PolicyError or
    RobotError if that leaves none.
    """
    if config.demos is None:
        if count is not None or slow_too:
            raise PolicyError("--demo-episodes and --slow-demos go with --demos DATASET")
        return []
    if count is not None and count < 1:
        raise PolicyError(f"--demo-episodes {count}: at least 1 is needed")
    replay = DemoReplay(DatasetReader(Path(config.demos)), config)
    left_out: defaultdict[str, list[int]] = defaultdict(list)
    total = len(replay.reader) if count is None else min(count, len(replay.reader))
    with CountBar("demonstrating", total, quiet) as bar:

        def told(replayed: Replayed) -> None:
            if replayed.fault is not None:
                left_out[replayed.fault].append(replayed.index)
            else:
                bar.add(None)

        found = replay.trajectories(count, slow_too, told)
    words = [f"{len(found)} demonstrations of {config.demos}"]
    words += [f"left out: {_named(those)} {reason}" for reason, those in left_out.items()]
    if not found:
        raise DemonstrationError(
            f"{config.demos}: none can be learned from; {'; '.join(words[1:])}"
        )
    console.print("; ".join(words), markup=False)
    return found


def _named(episodes: list[int]) -> str:
    listed = ", ".join(map(str, episodes[:MOST_NAMED]))
    more = len(episodes) - MOST_NAMED
    return f"{len(episodes)} ({listed}{f' and {more} more' if more > 0 else ''})"
