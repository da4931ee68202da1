"""What to look for: tags and cubes, by a word on the command line or in a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from perception.cube import FACES, CubeTarget
from perception.dictionaries import marker_dictionary
from perception.errors import MarkerError
from perception.lens import Matrix

FORMS = "cube, cube:FIRST_ID, tag:ID:SIZE_MM, or a .toml file"

_SMALLEST, _LARGEST = 1.0, 1000.0  # marker or cube [mm]


class Target(Protocol):
    """A rigid thing with one or several markers of one size and dictionary."""

    @property
    def name(self) -> str:
        """Return what it is called."""

    @property
    def tag(self) -> float:
        """Return the edge of a marker's black square [m]."""

    @property
    def dictionary(self) -> str:
        """Return the name of its markers' dictionary."""

    @property
    def faces(self) -> dict[int, Matrix]:
        """Return ``T_target_face`` [4, 4] of each marker, by id."""

    @property
    def slack(self) -> float:
        """Return the standard deviation of how far all faces lie off, outward [m]."""

    @property
    def upright(self) -> Matrix:
        """Return the directions [n, 3] that may point up when it lies on a table."""


@dataclass(frozen=True, slots=True)
class TagTarget:
    """One marker that lies face up; its frame: x to the right on the print, y up, z out of it."""

    id: int
    tag: float
    dictionary: str = "DICT_4X4_50"
    name: str = "tag"
    slack: ClassVar[float] = 0.0

    @property
    def faces(self) -> dict[int, Matrix]:
        """Return the identity, by the marker's id."""
        return {self.id: np.eye(4)}

    @property
    def upright(self) -> Matrix:
        """Return its normal [1, 3]."""
        return np.array([[0.0, 0.0, 1.0]])


def parse_target(text: str) -> Target:
    """Return what ``text`` means, one of FORMS. Raises MarkerError."""
    kind, *rest = text.split(":")
    if text.endswith(".toml"):
        return read_target(Path(text))
    if kind == "cube" and len(rest) < 2:
        first = _whole(rest[0], text) if rest else 0
        return checked(CubeTarget(ids={face: first + i for i, face in enumerate(FACES)}))
    if kind == "tag" and len(rest) == 2:
        number = _whole(rest[0], text)
        size = _millimetres("the marker's size", _number(rest[1], text))
        return checked(TagTarget(number, size, name=f"tag {number}"))
    raise MarkerError(f"target {text!r} is none of these: {FORMS}")


def read_target(path: Path) -> Target:
    """Return the cube or the tag that a file describes. Raises MarkerError naming the entry.

    The file has one table, ``[cube]`` with name, size_mm, tag_mm, dictionary and [cube.ids] (an
    id for "+x" and so on), or ``[tag]`` with name, id, size_mm and dictionary.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MarkerError(f"{path}: no target can be read from it: {error}") from error
    try:
        return checked(_described(content))
    except MarkerError as error:
        raise MarkerError(f"{path}: {error}") from error


def checked(target: Target) -> Target:
    """Return ``target``. Raises MarkerError or UnknownNameError for what cannot be."""
    count = len(marker_dictionary(target.dictionary).bytesList)
    for number in target.faces:
        if not 0 <= number < count:
            raise MarkerError(
                f"{target.dictionary} has no marker {number}: its ids are 0 to {count - 1}"
            )
    return target


def _described(content: Mapping[str, Any]) -> Target:
    if set(content) == {"cube"}:
        return _cube(_entries(content["cube"], {"name", "size_mm", "tag_mm", "dictionary", "ids"}))
    if set(content) == {"tag"}:
        return _tag(_entries(content["tag"], {"name", "id", "size_mm", "dictionary"}))
    raise MarkerError("a target is one table, [cube] or [tag]")


def _entries(table: Any, valid: set[str]) -> Mapping[str, Any]:
    unknown = sorted(set(table) - valid) if isinstance(table, dict) else ["no table"]
    if unknown:
        raise MarkerError(f"unknown entry {unknown[0]!r} (valid: {', '.join(sorted(valid))})")
    entries: Mapping[str, Any] = table
    return entries


def _cube(entry: Mapping[str, Any]) -> CubeTarget:
    size = _millimetres("size_mm", entry.get("size_mm", 30.0))
    tag = _millimetres("tag_mm", entry.get("tag_mm", 24.0))
    if tag > size:
        raise MarkerError(f"a marker of {tag * 1e3:g} mm does not fit a face of {size * 1e3:g} mm")
    ids = entry.get("ids", CubeTarget().ids)
    if not isinstance(ids, dict) or not set(ids) <= set(FACES) or not ids:
        raise MarkerError(f"[cube.ids] has an id for each of some faces: {', '.join(FACES)}")
    numbers = {face: _whole(number, f"the id of face {face}") for face, number in ids.items()}
    if len(set(numbers.values())) < len(numbers):
        raise MarkerError("two faces have one id: no one could tell which of them is seen")
    dictionary = str(entry.get("dictionary", CubeTarget().dictionary))
    name = str(entry.get("name", "cube"))
    return CubeTarget(name, size, tag, dictionary=dictionary, ids=numbers)


def _tag(entry: Mapping[str, Any]) -> TagTarget:
    number = _whole(entry.get("id"), "id")
    size = _millimetres("size_mm", entry.get("size_mm"))
    name = str(entry.get("name", f"tag {number}"))
    return TagTarget(number, size, str(entry.get("dictionary", "DICT_4X4_50")), name)


def _whole(value: object, where: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise MarkerError(f"{where}: {value!r} is not the id of a marker, a whole number")


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise MarkerError(f"{where}: {text!r} is not a size in millimetres") from None


def _millimetres(what: str, value: object) -> float:
    """Return ``value`` [mm] in metres."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MarkerError(f"{what} {value!r} is no number: from {_SMALLEST:g} to {_LARGEST:g} mm")
    if not _SMALLEST <= value <= _LARGEST:
        raise MarkerError(f"{what} {value!r}: from {_SMALLEST:g} to {_LARGEST:g} mm")
    return float(value) * 1e-3
