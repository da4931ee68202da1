"""Checkpoints: a manifest in JSON that names its safetensors files, each with its digest.

The manifest is replaced last and at once, so a folder always holds one whole checkpoint,
whatever happened while it was written. Nothing is unpickled.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from policies.errors import CheckpointError, PolicyError

Arrays = dict[str, NDArray[Any]]

MANIFEST = "checkpoint.json"
FORMAT = "twinarm-checkpoint"
VERSION = 1
READABLE = 0o644
"""Mode of a checkpoint's files, which safetensors makes private to their writer."""
WRITING = ".tmp"
"""How the names of files begin that safetensors has not finished writing."""


def write_checkpoint(folder: Path, parts: Mapping[str, Arrays], meta: Mapping[str, Any]) -> None:
    """Replace the checkpoint in ``folder`` by the named ``parts`` and JSON values ``meta``.

    Raises PolicyError if the disk does not take it; the previous checkpoint then still stands.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = {name: _write_part(folder, name, arrays) for name, arrays in parts.items()}
        manifest = {"format": FORMAT, "version": VERSION, "files": files, **meta}
        manifest["sha256"] = _digest(manifest)
        write_whole(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
        _remove_others(folder, {entry["file"] for entry in files.values()} | {MANIFEST})
    except (OSError, SafetensorError) as error:
        raise PolicyError(f"{folder}: the checkpoint cannot be written: {error}") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of the checkpoint in ``folder``.

    Raises CheckpointError if there is none, it was altered, or is of another format or version.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise CheckpointError(f"{folder}: no checkpoint here ({MANIFEST} is missing)") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise CheckpointError(f"{path}: not a twinarm checkpoint (its format is not {FORMAT!r})")
    if manifest.get("version") != VERSION:
        raise CheckpointError(
            f"{path}: format version {manifest.get('version')}, but this reads version {VERSION}"
        )
    if manifest.pop("sha256", None) != _digest(manifest):
        raise CheckpointError(f"{path}: truncated or altered (its SHA-256 is not the one it names)")
    return manifest


def read_part(folder: Path, manifest: Mapping[str, Any], name: str, prefix: str = "") -> Arrays:
    """Return the arrays of one part of a checkpoint, or those whose names begin with ``prefix``.

    No others take up memory. Raises CheckpointError if the part is missing, truncated or altered.
    """
    try:
        entry = manifest["files"][name]
        path, digest = folder / Path(entry["file"]).name, entry["sha256"]
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{folder}: the checkpoint has no part {name!r}") from error
    try:
        with path.open("rb") as file:
            size, found = os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    if found.hexdigest() != digest:
        raise CheckpointError(
            f"{path}: truncated or altered ({size} of {entry.get('bytes')} bytes, and its "
            f"SHA-256 is not the one in {MANIFEST}); take another copy"
        )
    try:
        with safe_open(path, "np") as part:
            names = part.keys()  # a safetensors file is no mapping: it cannot be iterated
            return {name: part.get_tensor(name) for name in names if name.startswith(prefix)}
    except SafetensorError as error:
        raise CheckpointError(f"{path}: not a safetensors file: {error}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that at any time ``path`` holds either the old or the new bytes."""
    unfinished = path.with_name(path.name + ".new")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _digest(manifest: Mapping[str, Any]) -> str:
    # Through JSON once, so that what is written and what is read back give the same text.
    plain = json.loads(json.dumps(manifest))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _write_part(folder: Path, name: str, arrays: Arrays) -> dict[str, Any]:
    unfinished = folder / f"{name}.new"
    # Straight from the arrays: a replay memory in bytes would be there three times over.
    save_file({key: np.asarray(array, order="C") for key, array in arrays.items()}, unfinished)
    unfinished.chmod(READABLE)
    with unfinished.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    size = unfinished.stat().st_size
    # The name differs from the previous checkpoint's, whose file must outlive this writing.
    whole = unfinished.replace(folder / f"{name}-{digest[:12]}.safetensors")
    return {"file": whole.name, "bytes": size, "sha256": digest}


def _remove_others(folder: Path, keep: set[str]) -> None:
    for path in folder.iterdir():
        unfinished = path.suffix == ".new" or path.name.startswith(WRITING)
        if path.name not in keep and (unfinished or path.suffix == ".safetensors"):
            path.unlink()
