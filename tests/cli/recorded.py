"""Datasets that the scripted expert records, for tests of what is made of them."""

from pathlib import Path

from cli.main import main
from policies.demonstrations.reader import DatasetReader


def recorded(folder: Path, grasp: str, episodes: int, *options: str) -> DatasetReader:
    """Record the expert in ``folder`` as the verb does, successes alone, and read it back."""
    asked = ["--grasp", grasp, "--episodes", str(episodes), "--keep", "successes", *options]
    assert main(["record", str(folder), "--fast", "--json", *asked]) == 0
    return DatasetReader(folder)
