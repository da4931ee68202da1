"""Where a LeRobot dataset v3 keeps its files.

One episode a file, which the format allows: an episode that is being written then touches no file
of those before it.
"""

from pathlib import Path

VERSION = "v3.0"
CHUNK = 1000
"""Files in a folder."""
PART = ".new"
"""How the names of files end that are not whole yet."""
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
EPISODES = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"

Place = tuple[int, int]
"""Number of a chunk, and of a file in it."""


def place_of(episode: int) -> Place:
    """Return where the files of ``episode`` are in a dataset with one episode a file."""
    return divmod(episode, CHUNK)


class Layout:
    """The files of the dataset in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = folder / "meta" / "info.json"
        self.stats = folder / "meta" / "stats.json"
        self.tasks = folder / "meta" / "tasks.parquet"

    def data(self, place: Place) -> Path:
        """Return the file of states and commands at ``place``."""
        return self.folder / DATA.format(chunk_index=place[0], file_index=place[1])

    def episodes(self, place: Place) -> Path:
        """Return the file at ``place`` that says what episodes there are."""
        return self.folder / EPISODES.format(chunk_index=place[0], file_index=place[1])

    def video(self, key: str, place: Place) -> Path:
        """Return the file of the pictures ``key`` at ``place``."""
        values = {"video_key": key, "chunk_index": place[0], "file_index": place[1]}
        return self.folder / VIDEO.format(**values)

    def episode_files(self) -> list[Path]:
        """Return all files that say what episodes there are, in order."""
        return sorted((self.folder / "meta" / "episodes").glob("*/*.parquet"))

    def remove_from(self, episode: int) -> None:
        """Remove what belongs to ``episode`` or later ones, or was never finished."""
        first = place_of(episode)
        for path in self.folder.rglob("*"):
            if path.suffix == PART or (path.stem.startswith("file-") and _place(path) >= first):
                path.unlink(missing_ok=True)


def _place(path: Path) -> Place:
    return int(path.parent.name.removeprefix("chunk-")), int(path.stem.removeprefix("file-"))
