"""MediaPipe's landmarkers of bodies and hands, as functions from pictures to arrays."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions, vision

from perception.camera import Picture
from perception.errors import ModelError
from perception.landmarker_results import Body, FoundHand


class _Task:
    """One of MediaPipe's tasks; in a video it goes on from the picture before."""

    def __init__(self, model: Path, task: Any, options: Any, video: bool, **numbers: int) -> None:
        mode = vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE
        base = BaseOptions(model_asset_path=str(model))
        try:
            with _quiet():
                self._task = task.create_from_options(
                    options(base_options=base, running_mode=mode, **numbers)
                )
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(f"{model}: MediaPipe cannot use it: {error}") from error
        self._model, self._video, self._milliseconds = model, video, 0

    def close(self) -> None:
        """Let go of the networks. Safe to call twice."""
        self._task.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _detect(self, rgb: Picture, stamp: float) -> Any:
        image = Image(image_format=ImageFormat.SRGB, data=rgb)
        self._milliseconds = max(self._milliseconds + 1, round(1e3 * stamp))  # it has to increase
        try:
            if self._video:
                return self._task.detect_for_video(image, self._milliseconds)
            return self._task.detect(image)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{self._model}: MediaPipe fails with it: {error}") from error


class PoseTask(_Task):
    """Finds bodies."""

    def __init__(self, model: Path, people: int, video: bool) -> None:
        """Load ``model``, to find at most so many ``people``. Raises ModelError."""
        super().__init__(
            model, vision.PoseLandmarker, vision.PoseLandmarkerOptions, video, num_poses=people
        )

    def bodies(self, rgb: Picture, stamp: float = 0.0) -> list[Body]:
        """Return who is in the picture ``rgb``, taken at ``stamp`` [s]."""
        found = self._detect(rgb, stamp)
        pairs = zip(found.pose_landmarks, found.pose_world_landmarks, strict=True)
        return [_body(image, world) for image, world in pairs]


class HandTask(_Task):
    """Finds one hand in the pictures of a video."""

    def __init__(self, model: Path) -> None:
        """Load ``model``. Raises ModelError."""
        super().__init__(
            model, vision.HandLandmarker, vision.HandLandmarkerOptions, True, num_hands=1
        )

    def hand(self, rgb: Picture, stamp: float) -> FoundHand | None:
        """Return the hand in the picture ``rgb``, taken at ``stamp`` [s]; None for none."""
        found = self._detect(rgb, stamp)
        if not found.hand_landmarks:
            return None
        side = found.handedness[0][0]
        return FoundHand(
            world=np.array([(p.x, p.y, p.z) for p in found.hand_world_landmarks[0]]),
            image=np.array([(p.x, p.y) for p in found.hand_landmarks[0]]),
            right=side.score if side.category_name == "Right" else 1.0 - side.score,
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep off the terminal what MediaPipe's C++ writes there and nobody can mend."""
    with ExitStack() as stack:
        kept = os.dup(2)
        stack.callback(os.close, kept)
        silence = os.open(os.devnull, os.O_WRONLY)
        stack.callback(os.close, silence)
        os.dup2(silence, 2)
        stack.callback(os.dup2, kept, 2)
        yield


def _body(image: Any, world: Any) -> Body:
    """Return a body; what lies beyond the picture is not visible, whatever the network thinks."""
    points = np.array([(p.x, p.y) for p in image])
    sure = np.array([min(p.visibility, p.presence) for p in image])
    inside = ((points >= 0.0) & (points <= 1.0)).all(axis=1)
    return Body(np.array([(p.x, p.y, p.z) for p in world]), points, np.where(inside, sure, 0.0))
