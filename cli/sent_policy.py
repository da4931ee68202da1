"""A policy on its way from the workstation to the arm's server: two files, nothing else."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from policies.checkpoint import MANIFEST, read_manifest, read_part
from policies.errors import CheckpointError, PolicyError
from policies.observation import ObservationSpec
from policies.policy_files import PART, SavedPolicy, load_policy
from robot.errors import RobotError
from robot.tool_task import ToolTask


def pack_policy(folder: Path) -> dict[str, bytes]:
    """Return the files of the checkpoint in ``folder`` that a server needs.

    Raises CheckpointError if there is none that can be read.
    """
    entry = read_manifest(folder)["files"][PART]
    try:
        return {
            "manifest": (folder / MANIFEST).read_bytes(),
            "weights": (folder / Path(entry["file"]).name).read_bytes(),
        }
    except OSError as error:
        raise CheckpointError(f"{folder}: cannot be read: {error}") from error


def unpack_policy(files: Mapping[str, bytes]) -> SavedPolicy:
    """Return the policy in ``files``, as anybody may have sent them.

    They lie in a new folder under names of our own for as long as this takes. Raises RobotError
    unless they are a checkpoint whose digests hold, with finite weights.
    """
    with TemporaryDirectory(prefix="twinarm-policy-") as name:
        try:
            return _read(Path(name), files)
        except (PolicyError, ValueError, TypeError, OSError) as error:
            said = str(error).replace(f"{name}/", "").replace(name, "checkpoint")
            raise RobotError(f"the policy that was sent is not taken: {said}") from error


def check_fits(saved: SavedPolicy, task: ToolTask) -> None:
    """Raise RobotError unless ``saved`` decides ``task``, for that arm, without a camera."""
    contract, arm = saved.contract, task.model.name
    if contract.observation.image is not None:
        raise RobotError(
            f"{contract.env_id}: the policy finds the block with a camera, which the arm's server"
            " has none of: run it on the workstation, with `--on here --mirror`"
        )
    if not re.fullmatch(rf"twinarm/{re.escape(arm)}grasp-v\d+", contract.env_id, re.IGNORECASE):
        raise RobotError(
            f"the policy was trained on {contract.env_id}, but this server moves a {arm}: choose"
            " one that was trained for it"
        )
    seen, bound = len(task.observation_names), (1.0,) * task.action_size
    bounds = tuple(-value for value in contract.action_low), contract.action_high
    if contract.observation != ObservationSpec(seen) or bounds != (bound, bound):
        raise RobotError(
            f"{contract.env_id}: the policy decides {contract.action_size} actions from"
            f" {contract.observation.vector_size} numbers, but this grasp needs"
            f" {task.action_size} in [-1, 1] from {seen}: install the same twinarm on both machines"
        )


def _read(folder: Path, files: Mapping[str, bytes]) -> SavedPolicy:
    weights = f"{PART}-{hashlib.sha256(files['weights']).hexdigest()[:12]}.safetensors"
    (folder / MANIFEST).write_bytes(files["manifest"])
    (folder / weights).write_bytes(files["weights"])
    manifest = read_manifest(folder)
    _check_name(manifest, weights)
    _check_arrays(read_part(folder, manifest, PART))
    return load_policy(folder)


def _check_name(manifest: Mapping[str, Any], expected: str) -> None:
    try:
        named = manifest["files"][PART]["file"]
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"the checkpoint has no part {PART!r}") from error
    if named != expected:
        raise CheckpointError(f"it names its weights {str(named)[:80]!r}, they are {expected}")


def _check_arrays(arrays: Mapping[str, Any]) -> None:
    for name, array in arrays.items():
        if array.dtype != np.float32 and array.dtype.kind not in "iu":
            raise CheckpointError(f"{name} is {array.dtype}, expected float32 or whole numbers")
        if not np.isfinite(array).all():
            raise CheckpointError(f"{name} is not finite everywhere: train the policy anew")
