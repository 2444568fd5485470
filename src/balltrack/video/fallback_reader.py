"""One reader as long as it can read, the next one from the very next frame on."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing

from balltrack.errors import VideoError
from balltrack.geometry import Fit
from balltrack.structures import VideoInfo
from balltrack.video.container import ENCRYPTED
from balltrack.video.file_reader import FileReader, Picture

_log = logging.getLogger("balltrack")


class FallbackReader(FileReader):
    """One picture for each that can be decoded, by the first of several readers that can.

    Where a reader fails to open or to decode, or finds no frame at all, the next one takes
    over with one warning that says why. It reads forward to the same frame: all libraries
    number the pictures of a file alike, seeking does not.

    Args:
        readers: in the order in which they are asked.

    Raises:
        VideoError: none of them can decode anything, or go on from where the last failed.
    """

    def __init__(
        self,
        info: VideoInfo,
        readers: Sequence[type[FileReader]],
        *,
        size: tuple[int, int] | None = None,
        fit: Fit = "stretch",
        start_s: float | None = None,
        end_s: float | None = None,
        quiet: bool = False,
    ) -> None:
        super().__init__(info, size=size, fit=fit, start_s=start_s, end_s=end_s, quiet=quiet)
        self._readers = readers

    def pictures(self) -> Generator[Picture]:
        """The pictures of the first reader, then those that it does not reach."""
        given = 0
        failure: VideoError | None = None
        for reader in self._readers:
            start, seen = given, 0
            try:
                one = reader(self.info, size=self.size, quiet=self.quiet)
                with closing(one.pictures()) as pictures:
                    for seen, picture in enumerate(pictures, 1):
                        if seen <= start:
                            continue
                        if failure is not None and given == start and not self.quiet:
                            # A message ends in what to do, which is being done.
                            what = str(failure).partition("; ")[0]
                            _log.warning("%s; %s reads from frame %d on", what, reader.name, given)
                        yield picture
                        given = seen
            except VideoError as error:
                failure = error
            else:
                if given and seen >= start:
                    return
                failure = failure or VideoError(
                    f"{self.info.path}: none of its {self.info.codec} frames can be decoded; "
                    "try another reader, or convert the file to H.264"
                )
        if self.info.encrypted and not given:
            raise VideoError(ENCRYPTED.format(self.info.path))
        if failure is not None:
            raise failure
