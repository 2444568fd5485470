"""Pictures in which two moments are woven together → pictures of the first of them.

Half of the lines of a television picture are a fiftieth of a second older than the other half, in
which a ball has flown on: what is left of it in a smaller picture are two faint ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing

from av.error import BlockingIOError as NothingYet
from av.error import EOFError as AllGiven
from av.filter import Graph
from av.video.frame import VideoFrame

from balltrack.video.file_reader import Picture
from balltrack.video.filters.filtered import FilteredReader, filter_graph

FILTERS = (("idet", ""), ("bwdif", "mode=send_frame:parity=auto:deint=interlaced"))
"""FFmpeg's: the first says which pictures are woven, whatever their file says, by which of two
pictures' lines fit together; the second makes one of each such, of its own lines and of those
before and after it. All others pass as they are."""

PLANAR = ("yuv4", "yuvj4", "gray")
"""How the names of formats begin that both filters take."""


class DeinterlacingReader(FilteredReader):
    """Reads another reader's pictures, the woven ones as they were at their first moment.

    One for each, in order. A picture comes when the next one has been decoded.
    """

    _graph: Graph | None = None
    _waiting: deque[Picture]
    """Those that the filters have been given and have not given back."""

    def pictures(self) -> Generator[Picture]:
        """One for every picture; errors as those of the other reader."""
        self._graph, self._waiting = None, deque()
        form = None
        with closing(self.whole.pictures()) as pictures:
            for shown in pictures:
                was, form = form, _form(shown.decoded)
                if form != was:
                    yield from self._flushed()
                if shown.decoded is None or form is None:
                    yield shown
                else:
                    yield from self._filtered(shown, shown.decoded)
            yield from self._flushed()

    def _filtered(self, shown: Picture, decoded: VideoFrame) -> Iterator[Picture]:
        """Hand a picture to the filters, and take what they have done."""
        with self.converting():
            if self._graph is None:
                self._graph = filter_graph(decoded, *FILTERS)
            self._graph.push(decoded)
        self._waiting.append(shown)
        yield from self._done()

    def _flushed(self) -> Iterator[Picture]:
        """What the filters still hold; the next picture begins anew."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._done()
        yield from self._waiting  # none, as long as the filters give one for each
        self._graph, self._waiting = None, deque()

    def _done(self) -> Iterator[Picture]:
        while self._waiting and (frame := self._pulled()):
            yield self.with_frame(self._waiting.popleft(), frame)

    def _pulled(self) -> VideoFrame | None:
        """The next picture that the filters have done; None where they want more, or have ended."""
        assert self._graph is not None
        with self.converting():
            try:
                frame = self._graph.pull()
            except (NothingYet, AllGiven):
                return None
        assert isinstance(frame, VideoFrame)  # of a graph of pictures
        return frame


def _form(decoded: VideoFrame | None) -> tuple[str, int, int] | None:
    """Format and size of a picture; None of one that the filters do not take."""
    if decoded is None or not decoded.format.name.startswith(PLANAR):
        return None
    return decoded.format.name, decoded.width, decoded.height
