"""Parquet, to and from plain values; the layout of each table is LeRobot's."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from policies.demonstrations.errors import DemonstrationError

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise DemonstrationError("datasets need pyarrow: pip install 'twinarm[record]'") from error

Columns = dict[str, Any]

_INDEX = "__index_level_0__"


def frame_table(columns: Columns) -> bytes:
    """Return the file of an episode's frames; ``columns`` are arrays, states and actions [k, m]."""
    arrays = {name: _array(values) for name, values in columns.items()}
    return _bytes(pa.table(arrays))


def episode_table(row: Columns) -> bytes:
    """Return the file that says what one episode is; ``row`` has one value a column."""
    typed = {name: pa.array([value], _type_of(value)) for name, value in row.items()}
    # A hundred columns of one row: what Arrow would add of its own is half the file.
    return _bytes(pa.table(typed), store_schema=False)


def task_table(tasks: list[str]) -> bytes:
    """Return the file that numbers ``tasks``; pandas reads their words as its index."""
    numbers = pa.array(range(len(tasks)), pa.int64())
    table = pa.table({"task_index": numbers, _INDEX: pa.array(tasks, pa.string())})
    return _bytes(table.replace_schema_metadata({"pandas": json.dumps(_pandas())}))


def read_tasks(path: Path) -> list[str]:
    """Return the tasks by their numbers. Raises DemonstrationError."""
    columns = read_columns([path], None)
    words = next(iter(name for name in columns if name != "task_index"), None)
    if words is None or "task_index" not in columns:
        raise DemonstrationError(f"{path}: damaged: it numbers no tasks")
    order = np.argsort(columns["task_index"])
    return [str(columns[words][position]) for position in order]


def read_columns(paths: list[Path], wanted: list[str] | None) -> Columns:
    """Return columns of the tables at ``paths``, one below the other, as lists or arrays.

    wanted: None for all but statistics. Raises DemonstrationError naming the damaged file.
    """
    parts = [_read(path, wanted) for path in paths]
    try:
        table = pa.concat_tables(parts, promote_options="default")
    except pa.ArrowException as error:
        raise DemonstrationError(
            f"{paths[0].parent}: its files do not fit together: {error}"
        ) from None
    return {name: _plain(table[name]) for name in table.column_names}


def _read(path: Path, wanted: list[str] | None) -> Any:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            there = file.schema_arrow.names
            if wanted is None:
                wanted = [name for name in there if not name.startswith("stats/")]
            missing = [name for name in wanted if name not in there]
            if missing:
                raise DemonstrationError(f"{path}: it has no column {', '.join(missing)}")
            return file.read(wanted)
    except FileNotFoundError:
        raise DemonstrationError(f"{path}: the file is missing; take another copy") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DemonstrationError(f"{path}: damaged: {reason}; take another copy") from error


def _plain(column: Any) -> Any:
    column = column.combine_chunks()
    kind = column.type
    if pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind):
        if not len(column) or not _numeric(kind.value_type):
            return column.to_pylist()
        numbers = column.flatten().to_numpy(zero_copy_only=False)
        if len(numbers) % len(column):
            return column.to_pylist()
        return numbers.reshape(len(column), -1)
    return column.to_numpy(zero_copy_only=False) if _numeric(kind) else column.to_pylist()


def _numeric(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _array(values: Any) -> Any:
    if values.ndim == 1:
        return pa.array(values)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _type_of(value: Any) -> Any:
    # A success that nobody could tell is still of type bool.
    return pa.bool_() if value is None else None


def _bytes(table: Any, **how: bool) -> bytes:
    sink = pa.BufferOutputStream()
    how |= {"write_statistics": False, "write_page_checksum": True}
    pq.write_table(table, sink, compression="snappy", **how)
    return bytes(sink.getvalue())


def _pandas() -> dict[str, Any]:
    """Return what tells pandas which column is the index."""
    number = {"name": "task_index", "field_name": "task_index", "metadata": None}
    words = {"name": None, "field_name": _INDEX, "metadata": None}
    return {
        "index_columns": [_INDEX],
        "column_indexes": [],
        "columns": [
            number | {"pandas_type": "int64", "numpy_type": "int64"},
            words | {"pandas_type": "unicode", "numpy_type": "object"},
        ],
        "pandas_version": "2.0.0",
    }
