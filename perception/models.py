"""The networks that see people: which bundles there are, where they lie, and if one is whole."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

from perception.errors import ModelError

FOLDER_VARIABLE = "TWINARM_MODELS"
WHEEL = "mediapipe==0.10.21"
"""The last release whose wheel has the networks in it (Apache-2.0)."""

_FETCH = "`twinarm models fetch`"
_MARK = b"TFL3"  # of a TensorFlow Lite file, in its bytes 4 to 7


@dataclass(frozen=True, slots=True)
class Network:
    """One network of a bundle, and what has to be subtracted from and divided out of a picture.

    member: its name in the bundle. source: its path in the wheel, below ``mediapipe/modules``.
    sha256: of that file. mean, std: of pixels 0 to 255. low: what black becomes; white becomes 1.
    """

    member: str
    source: str
    sha256: str
    mean: float
    std: float
    low: float


@dataclass(frozen=True, slots=True)
class Bundle:
    """A ``.task`` file: a detector, and the network that places landmarks on what it finds."""

    name: str
    about: str
    networks: tuple[Network, Network]

    @property
    def path(self) -> Path:
        """Return where this machine keeps it."""
        return models_folder() / f"{self.name}.task"


def _hand(name: str, about: str, palm: str, hand: str) -> Bundle:
    size = "lite" if name.endswith("lite") else "full"
    return Bundle(
        name,
        about,
        (
            Network(
                "hand_detector.tflite",
                f"palm_detection/palm_detection_{size}.tflite",
                palm,
                0.0,
                255.0,
                0.0,
            ),
            Network(
                "hand_landmarks_detector.tflite",
                f"hand_landmark/hand_landmark_{size}.tflite",
                hand,
                0.0,
                255.0,
                0.0,
            ),
        ),
    )


_POSE = Bundle(
    "pose",
    "33 landmarks of a body",
    (
        Network(
            "pose_detector.tflite",
            "pose_detection/pose_detection.tflite",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
            127.5,
            127.5,
            -1.0,
        ),
        Network(
            "pose_landmarks_detector.tflite",
            "pose_landmark/pose_landmark_full.tflite",
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
            0.0,
            255.0,
            0.0,
        ),
    ),
)
_HAND = _hand(
    "hand",
    "21 landmarks of a hand",
    "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
)
_HAND_LITE = _hand(
    "hand-lite",
    "the same, faster and less exact",
    "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18",
    "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
)
BUNDLES = {bundle.name: bundle for bundle in (_POSE, _HAND, _HAND_LITE)}
"""All there are, by name."""


def models_folder() -> Path:
    """Return where bundles lie: ``$TWINARM_MODELS``, else ``~/.cache/twinarm/models``."""
    return Path(os.environ.get(FOLDER_VARIABLE) or "~/.cache/twinarm/models").expanduser()


def check_bundle(path: Path, bundle: Bundle) -> None:
    """Raise ModelError, saying what is wrong, unless ``path`` is a whole file like ``bundle``.

    Any file with the same networks will do, such as MediaPipe's own ``.task`` files.
    """
    try:
        with zipfile.ZipFile(path) as file:
            _check_members(path, file, bundle)
    except FileNotFoundError as error:
        raise ModelError(f"there is no model file {path}; {_FETCH} makes one") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise ModelError(
            f"{path}: no bundle of models, or a damaged one; {_FETCH} makes a {bundle.name}.task"
        ) from error


def model_path(name: str) -> Path:
    """Return the file of the bundle ``name``. Raises ModelError if it is missing or damaged."""
    bundle = BUNDLES[name]
    check_bundle(bundle.path, bundle)
    return bundle.path


def missing_models() -> dict[str, str]:
    """Return what is wrong with each bundle that cannot be used, by its name."""
    wrong = {}
    for name, bundle in BUNDLES.items():
        try:
            check_bundle(bundle.path, bundle)
        except ModelError as error:
            wrong[name] = str(error)
    return wrong


def _check_members(path: Path, file: zipfile.ZipFile, bundle: Bundle) -> None:
    names = file.namelist()
    for network in bundle.networks:
        if network.member not in names:
            raise ModelError(
                f"{path}: no {bundle.name} model: it has {', '.join(sorted(names)) or 'nothing'},"
                f" but no {network.member}"
            )
        if file.read(network.member)[4:8] != _MARK:  # reading checks the CRC-32 as well
            raise ModelError(f"{path}: its {network.member} is no TensorFlow Lite network")
