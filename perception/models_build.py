"""Builds bundles that MediaPipe Tasks loads of the bare networks in an older wheel of MediaPipe.

The wheel's networks lack the metadata of how pixels become inputs, without which Tasks refuses
them. A bundle is an uncompressed zip of networks that have it.
"""

import hashlib
import io
import zipfile
from pathlib import Path

import flatbuffers
import numpy as np
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata
from mediapipe.tasks.metadata import schema_py_generated as schema

from perception.errors import ModelError
from perception.models import WHEEL, Bundle, Network

_METADATA, _METADATA_MARK, _MODEL_MARK = b"TFLITE_METADATA", b"M001", b"TFL3"
_ALIGNMENT = 16  # of tensors' bytes, as schema.fbs of TensorFlow Lite demands
_HEADER = 30  # bytes before the name of a member of a zip


def build_bundle(bundle: Bundle, wheel: Path) -> bytes:
    """Return the content of ``bundle``'s file, built of ``wheel``.

    Raises ModelError if that is no wheel of MediaPipe 0.10.21, or differs from the published one.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
        for network, data in zip(bundle.networks, _read(bundle, wheel), strict=True):
            member = zipfile.ZipInfo(network.member)  # of 1980, so that equal files are equal
            member.extra = _padding(content.tell() + _HEADER + len(network.member))
            file.writestr(member, _with_metadata(data, network))
    return content.getvalue()


def _read(bundle: Bundle, wheel: Path) -> list[bytes]:
    try:
        with zipfile.ZipFile(wheel) as file:
            return [_verified(file, network, wheel) for network in bundle.networks]
    except OSError as error:
        raise ModelError(f"{wheel}: cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise ModelError(f"{wheel}: damaged, or no wheel of {WHEEL}") from error


def _verified(file: zipfile.ZipFile, network: Network, wheel: Path) -> bytes:
    data = file.read(f"mediapipe/modules/{network.source}")
    if hashlib.sha256(data).hexdigest() != network.sha256:
        raise ModelError(
            f"{wheel}: its {network.source} is not the one that {WHEEL} was published with; "
            "delete it and fetch it anew"
        )
    return data


class _Builder(flatbuffers.Builder):  # type: ignore[misc]  # it has no types
    """Aligns bytes as the schema demands; the generated Python code forgets to."""

    def StartVector(self, size: int, count: int, alignment: int) -> int:  # noqa: N802
        aligned = _ALIGNMENT if size == 1 else alignment
        offset: int = super().StartVector(size, count, aligned)
        return offset


def _with_metadata(data: bytes, network: Network) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    model.buffers.append(schema.BufferT(data=np.frombuffer(_metadata(network), np.uint8)))
    others = [entry for entry in model.metadata or [] if entry.name != _METADATA]
    entry = schema.MetadataT(name=_METADATA.decode(), buffer=len(model.buffers) - 1)
    model.metadata = [*others, entry]
    return _packed(model, _MODEL_MARK)


def _metadata(network: Network) -> bytes:
    """Return a description of the one input: an RGB picture, and how it is normalised."""
    pixels = metadata.ImagePropertiesT(colorSpace=metadata.ColorSpaceType.RGB)
    normalisation = metadata.NormalizationOptionsT(mean=[network.mean], std=[network.std])
    picture = metadata.TensorMetadataT(
        name="image",
        content=metadata.ContentT(
            contentPropertiesType=metadata.ContentProperties.ImageProperties,
            contentProperties=pixels,
        ),
        processUnits=[
            metadata.ProcessUnitT(
                optionsType=metadata.ProcessUnitOptions.NormalizationOptions,
                options=normalisation,
            )
        ],
        stats=metadata.StatsT(min=[network.low], max=[1.0]),
    )
    graph = metadata.SubGraphMetadataT(inputTensorMetadata=[picture])
    return _packed(metadata.ModelMetadataT(subgraphMetadata=[graph]), _METADATA_MARK)


def _packed(table: schema.ModelT | metadata.ModelMetadataT, mark: bytes) -> bytes:
    builder = _Builder(0)
    builder.Finish(table.Pack(builder), mark)
    return bytes(builder.Output())


def _padding(start: int) -> bytes:
    """Return an extra field of a zip's member that ends aligned if it begins at ``start``."""
    filling = bytes(-(start + 4) % _ALIGNMENT)
    return b"\xff\xff" + len(filling).to_bytes(2, "little") + filling
