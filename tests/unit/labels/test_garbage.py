"""Whatever a file holds, reading it gives values that hold, or one line that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from balltrack.archive.plan import read_list
from balltrack.clips.rallies import read_rallies
from balltrack.evaluation.venues import read_surfaces
from balltrack.labels import read_labels, read_track
from balltrack.labels.events import read_events
from complaints import complaint

READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "track of csv": (".csv", read_track),
    "track of jsonl": (".jsonl", read_track),
    "labels": (".csv", read_labels),
    "events": (".csv", read_events),
    "rallies": (".csv", read_rallies),
    "surfaces": (".csv", read_surfaces),
    "list": (".txt", read_list),
}
HEADERS = (
    "Frame,Visibility,X,Y",
    "Frame,Visibility,X,Y,Time,Confidence,Source,Shot",
    "file name,visibility,x-coordinate,y-coordinate,status",
    "frame,event",
    "video,frame,kind,x,y,score",
    "start,end,strokes",
    "clip,venue,surface",
)
CELLS = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "1e308", "nan", "inf", "9" * 400, "hit", "none", '"', "é"]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8),
)
TABLES = st.builds(
    lambda header, rows: "\n".join([header, *(",".join(row) for row in rows)]).encode(
        errors="surrogatepass"
    ),
    st.sampled_from(HEADERS),
    st.lists(st.lists(CELLS, min_size=1, max_size=9), max_size=6),
)
OBJECT = (
    b'{"frame": %s, "time_s": %s, "x": %s, "y": %s, "confidence": %s, "source": "%s", "shot": %s}'
)
VALUES = st.sampled_from(
    [b"0", b"1", b"-1", b"null", b"NaN", b"1e400", b'"1"', b"[]", b"{}", b"true", b"9" * 400]
)
OBJECTS = st.builds(
    lambda rows: b"\n".join(OBJECT % row for row in rows),
    st.lists(
        st.tuples(*[VALUES] * 5, st.sampled_from([b"none", b"detected", b"linked", b"x"]), VALUES),
        max_size=5,
    ),
)


@pytest.mark.parametrize("name", READERS)
@given(content=st.one_of(st.binary(max_size=300), TABLES, OBJECTS))
@example(content=b"[" * 200_000)
@example(content=b'{"a":' * 50_000)
@example(content=b"\xff\xfe")
@example(content=b"a," * 100_000)
@example(content=b'"' + b"a" * 200_000)
@example(content=b"\0" * 64)
def test_no_file_breaks_a_reader(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    suffix, read = READERS[name]
    path = tmp_path_factory.mktemp("garbage") / f"a{suffix}"
    path.write_bytes(content)
    said = complaint(read, path)
    assert said is None or str(path) in said
    assert len(said or "") < 1000 + len(str(path))
