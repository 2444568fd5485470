"""The table of a whole archive: a row a video, as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from balltrack.archive.store import Store
from balltrack.errors import OptionError

COUNTS = ("frames", "detected", "linked", "inpainted", "shots", "without_play")
COLUMNS = ("video", "state", *COUNTS, "labels", "sha256", "error")


def rows_of(entries: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str | int | None]]:
    """One row a video, by name; nothing in it goes by the time or the machine.

    Args:
        entries: name of a video → its entry in the manifest.
    """
    return [_row(name, entries[name]) for name in sorted(entries)]


def _row(name: str, entry: Mapping[str, Any]) -> dict[str, str | int | None]:
    if "error" in entry:
        empty = dict.fromkeys(COLUMNS)
        return {**empty, "video": name, "state": "failed", "error": str(entry["error"])}
    sums = entry["sha256"]
    counts = {count: int(entry[count]) for count in COUNTS}
    texts = {"labels": " ".join(sums), "sha256": " ".join(sums.values())}
    return {"video": name, "state": "done", **counts, **texts, "error": None}


def write_csv(store: Store, rows: Sequence[Mapping[str, object]]) -> None:
    """Write ``summary.csv``.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    store.write("summary.csv", text.getvalue().encode(errors="surrogateescape"))


def write_parquet(store: Store, rows: Sequence[Mapping[str, object]]) -> None:
    """Write ``summary.parquet``, the same table; needs pyarrow.

    Raises:
        OptionError: pyarrow is not installed.
        OutputError: it cannot be written.
    """
    check_parquet()
    import pyarrow as pa  # noqa: PLC0415  # an extra
    from pyarrow import parquet  # noqa: PLC0415

    types = {name: pa.int64() if name in COUNTS else pa.string() for name in COLUMNS}
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist([*rows], schema=pa.schema([*types.items()])), sink)
    store.write("summary.parquet", sink.getvalue().to_pybytes())


def check_parquet() -> None:
    """Raise `OptionError` where pyarrow is missing."""
    try:
        import pyarrow  # noqa: F401, PLC0415  # an extra
    except ImportError as error:
        raise OptionError("parquet needs pyarrow; pip install 'balltrack[parquet]'") from error
