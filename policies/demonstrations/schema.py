"""What a dataset records: of which robot, what it is called, how often, and by which cameras."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.layout import CHUNK, DATA, VERSION, VIDEO

STATE, ACTION, STAMP, SUCCESS = "observation.state", "action", "stamp", "success"
ENVIRONMENT = "observation.environment_state"
IMAGES = "observation.images."
CODEC = "h264"
_INDICES = ("frame_index", "episode_index", "index", "task_index")
_NAME = re.compile(r"[A-Za-z0-9_-]+")

Info = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schema:
    """What every episode of a dataset has.

    robot: name of the arm. names: of the numbers in a state and in an action, in order.
    rate: frames that shall be recorded a second [Hz]. cameras: height and width [px] by name.
    environment: names of what else is known at every frame, such as where a block is.
    """

    robot: str
    names: tuple[str, ...]
    rate: float
    cameras: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    environment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise DemonstrationError for names, a rate or a camera that cannot be stored."""
        # LeRobot takes a column of one number for no vector.
        if len(self.names) < 2 or len(self.environment) == 1:
            raise DemonstrationError("a dataset's vectors need at least 2 numbers")
        if not 0.0 < self.rate < 1e4:
            raise DemonstrationError(f"a dataset's rate must be positive, got {self.rate} Hz")
        for name, (height, width) in self.cameras.items():
            if not _NAME.fullmatch(name):
                raise DemonstrationError(
                    f"camera {name!r}: its name may have letters, digits, - and _"
                )
            if height % 2 or width % 2 or min(height, width) < 16:
                raise DemonstrationError(
                    f"camera {name}: pictures of {width} x {height} px; a video needs even sides"
                    " of at least 16 px"
                )

    @property
    def video_keys(self) -> dict[str, str]:
        """Return what the pictures of each camera are called in the dataset."""
        return {name: IMAGES + name for name in self.cameras}

    def features(self) -> Info:
        """Return what LeRobot calls features: type, shape and names of every column."""
        vectors = {STATE: _vector(self.names), ACTION: _vector(self.names)}
        if self.environment:
            vectors[ENVIRONMENT] = _vector(self.environment)
        numbers = {STAMP: "float64", SUCCESS: "bool", "timestamp": "float32"}
        numbers |= dict.fromkeys(_INDICES, "int64")
        videos = {IMAGES + name: self._video(*size) for name, size in self.cameras.items()}
        scalars = {
            name: {"dtype": kind, "shape": [1], "names": None} for name, kind in numbers.items()
        }
        return {**vectors, **videos, **scalars}

    def info(self, episodes: int, frames: int, tasks: int) -> Info:
        """Return ``meta/info.json`` of a dataset with that much in it."""
        return {
            "codebase_version": VERSION,
            "robot_type": self.robot,
            "total_episodes": episodes,
            "total_frames": frames,
            "total_tasks": tasks,
            "chunks_size": CHUNK,
            "data_files_size_in_mb": 100,
            "video_files_size_in_mb": 200,
            "fps": int(self.rate) if self.rate == int(self.rate) else self.rate,
            "splits": {"train": f"0:{episodes}"},
            "data_path": DATA,
            "video_path": VIDEO if self.cameras else None,
            "features": self.features(),
        }

    def difference(self, info: Info) -> str:
        """Return in words how the dataset of ``info`` differs from this; "" if it does not."""
        ours = self.info(0, 0, 0)
        for key, called in (("robot_type", "robot"), ("fps", "rate [Hz]")):
            if info[key] != ours[key]:
                return f"its {called} is {info[key]}, not {ours[key]}"
        theirs, features = info["features"], ours["features"]
        if set(theirs) != set(features):
            lacks, has = set(features) - set(theirs), set(theirs) - set(features)
            said = (("lacks", lacks), ("has", has))
            return " and ".join(
                f"it {verb} {', '.join(sorted(names))}" for verb, names in said if names
            )
        for name, feature in features.items():
            for what in ("dtype", "shape", "names"):
                if theirs[name].get(what) != feature[what]:
                    return f"{what} of its {name} is {theirs[name].get(what)}, not {feature[what]}"
        return ""

    def _video(self, height: int, width: int) -> Info:
        return {
            "dtype": "video",
            "shape": [height, width, 3],
            "names": ["height", "width", "channels"],
            "info": {
                "video.height": height,
                "video.width": width,
                "video.codec": CODEC,
                "video.pix_fmt": "yuv420p",
                "video.is_depth_map": False,
                "video.fps": self.rate,
                "video.channels": 3,
                "has_audio": False,
            },
        }


def schema_of(info: Info) -> Schema:
    """Return what a dataset with this ``meta/info.json`` records, ours or another's.

    Raises DemonstrationError, KeyError, TypeError or ValueError for what is not one.
    """
    features = info["features"]
    for key in (STATE, ACTION):
        if key not in features:
            raise DemonstrationError(f"it has no {key}, only {', '.join(sorted(features))}")
    (size,), (asked,) = features[STATE]["shape"], features[ACTION]["shape"]
    if size != asked:
        raise DemonstrationError(f"its states have {size} numbers, its actions {asked}")
    cameras = {
        key.removeprefix(IMAGES): tuple(feature["shape"][:2])
        for key, feature in features.items()
        if feature["dtype"] == "video" and key.startswith(IMAGES)
    }
    names = _names(features[STATE])
    others = _names(features[ENVIRONMENT]) if ENVIRONMENT in features else ()
    return Schema(str(info["robot_type"]), names, float(info["fps"]), cameras, others)


def _vector(names: tuple[str, ...]) -> Info:
    return {"dtype": "float32", "shape": [len(names)], "names": list(names)}


def _names(feature: Info) -> tuple[str, ...]:
    """Return names of numbers, which others give as a list, under a heading, or not at all."""
    names, (size,) = feature["names"], feature["shape"]
    if isinstance(names, dict):
        names = next(iter(names.values()), None)
    if isinstance(names, list) and len(names) == size:
        return tuple(map(str, names))
    return tuple(str(number) for number in range(size))
