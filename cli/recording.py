"""Plays one episode of a policy again and films it, beside what the policy sees."""

from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from cli import tiles
from cli.film import EVERY, FPS, VIEW
from cli.report_episodes import Played
from cli.report_subject import Subject
from policies.environments import make_environment
from policies.errors import PolicyError
from sim.grasp_env import GraspEnv
from sim.grasp_scene import GraspScene
from sim.render import Picture, picture

MOST_PICTURES = 250
"""Pictures of a video; of a longer episode some are left out."""


@dataclass(frozen=True, slots=True)
class Recording:
    """An episode as it went this time.

    pictures: RGB [height, width, 3] with even sides, ``fps`` of them to a second.
    observations: what was acted on, packed, [t, ...].
    success: None where the environment does not judge. total: the return.
    """

    pictures: list[Picture]
    fps: int
    observations: NDArray[Any]
    success: bool | None
    total: float


def record(subject: Subject, played: Played, seed: int) -> Recording:
    """Play one of the episodes again and film it; no pictures if none can be drawn."""
    contract = subject.saved.contract
    with closing(_drawing(subject.env_id, dict(played.env_kwargs))) as env:
        camera = _Camera(env)
        observation, _ = env.reset(seed=seed)
        seen, total, done = [], 0.0, False
        while not done:
            seen.append(contract.observation.pack(observation))
            camera.show(_image(subject, seen[-1]))
            # In as many rows as then: a product of other shapes rounds otherwise, and may miss.
            actions = subject.saved.act(np.repeat(seen[-1][None], played.together, axis=0))
            action = contract.rescale(actions)[played.row(seed)]
            observation, reward, terminated, truncated, info = env.step(action)
            camera.step()
            total += float(reward)
            done = terminated or truncated
    success = bool(info["is_success"]) if "is_success" in info else None
    kept = camera.pictures[:: camera.stride]
    return Recording(kept, camera.fps, np.stack(seen), success, total)


def _drawing(env_id: str, env_kwargs: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    """Return the environment, in the mode that draws pictures if it has one."""
    try:
        return make_environment(env_id, {**env_kwargs, "render_mode": "rgb_array"})
    except PolicyError:
        return make_environment(env_id, env_kwargs)


def _image(subject: Subject, observation: NDArray[Any]) -> NDArray[np.uint8] | None:
    image = subject.saved.contract.observation.image
    return None if image is None else observation[image.name]


class _Camera:
    """Collects pictures of an environment, beside what the policy last saw.

    Ours are filmed every other control period, closing and lifting included; others at each step.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        self.pictures: list[Picture] = []
        self._env, self._periods = env, 0
        self._seen: Picture | None = None
        self._scene: GraspScene | None = None
        self._fps = int(env.metadata.get("render_fps", 30))
        if isinstance(env.unwrapped, GraspEnv):
            self._scene, self._fps = env.unwrapped.scene, FPS
            env.unwrapped.on_period = self._period

    @property
    def stride(self) -> int:
        """Return of how many pictures one is kept."""
        return 1 + len(self.pictures) // MOST_PICTURES

    @property
    def fps(self) -> int:
        """Return how many of the kept pictures belong to a second."""
        return max(1, self._fps // self.stride)

    def show(self, image: NDArray[np.uint8] | None) -> None:
        """Take ``image`` [h, w, c] as what the policy sees from now on."""
        self._seen = None if image is None else tiles.seen(image)

    def step(self) -> None:
        """Take a picture of an environment that is not ours, if it draws any."""
        if self._scene is not None or self._env.render_mode != "rgb_array":
            return
        # What it draws with may not be installed.
        with suppress(gymnasium.error.DependencyNotInstalled):
            self._take(np.asarray(self._env.render(), np.uint8))

    def _period(self) -> None:
        if self._scene is not None and self._periods % EVERY == 0:
            self._take(picture(self._scene.world, VIEW))
        self._periods += 1

    def _take(self, image: Picture) -> None:
        if self._seen is not None:
            image = np.hstack([image, _enlarged(self._seen, len(image))])
        # The encoder wants even sides.
        self.pictures.append(image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2])


def _enlarged(image: Picture, height: int) -> Picture:
    """Return ``image`` [h, w, 3] in ``height`` rows, its pixels as they are, only larger."""
    width = round(height * image.shape[1] / image.shape[0])
    rows = np.arange(height) * image.shape[0] // height
    columns = np.arange(width) * image.shape[1] // width
    larger: Picture = image[rows[:, None], columns]
    return larger
