"""Where videos come from and labels go to: folders, and prefixes of object stores, by fsspec."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import ENAMETOOLONG
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from balltrack.archive.plan import ignores_case
from balltrack.errors import OptionError, OutputError, VideoError
from balltrack.folders import all_below
from balltrack.outputs import make_folder, whole_file
from balltrack.video.container import is_video

EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
"""Protocol → the extra of balltrack that brings its library."""

_VERSIONS = ("ETag", "etag", "mtime", "LastModified", "updated", "created")
"""What file systems say of which version a file is, in the order of how well it is told."""


@dataclass(frozen=True)
class Film:
    """A video of an archive.

    Attributes:
        url: where it is: a path, or an address that fsspec knows.
        name: of its own in the archive, as it lies below its source, "day1/a.mp4".
        size: in bytes.
        version: changes when the file does.
    """

    url: str
    name: str
    size: int
    version: str

    @property
    def stem(self) -> str:
        """Its name without the ending, which its labels have too: "day1/a"."""
        return str(PurePosixPath(self.name).with_suffix(""))


class Store:
    """A folder, or a prefix of an object store; names in it are relative and have slashes.

    What is put into it appears whole or not at all.

    Args:
        url: a path, or an address such as ``s3://bucket/labels``.

    Raises:
        OptionError: no such kind of store, or its library is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._fs, self._root = _open(url)
        self.is_local = isinstance(self._fs, LocalFileSystem)

    def place(self, name: str, folder: Path) -> Path:
        """Where to write a file that `put` takes: where it belongs, or in a local ``folder``."""
        path = Path(self._full(name)) if self.is_local else folder / name
        make_folder(path.parent)
        return path

    def put(self, path: Path, name: str) -> None:
        """A file that lies where `place` said becomes ``name``.

        Raises:
            OutputError: the store does not take it.
        """
        if self.is_local:
            return
        try:
            self._fs.put_file(str(path), self._full(name))
        except OSError as error:
            raise OutputError(f"{self.url}/{name}: cannot be written ({error})") from error

    def get(self, name: str, folder: Path) -> Path:
        """A local copy of ``name`` in ``folder``, or the file itself.

        Raises:
            OutputError: it is not there.
        """
        path = self.place(name, folder)
        try:
            if not self.is_local:
                self._fs.get_file(self._full(name), str(path))
            elif not path.is_file():
                raise FileNotFoundError("no such file")
        except OSError as error:
            raise OutputError(f"{self.url}/{name}: cannot be read ({error})") from error
        return path

    def read(self, name: str) -> bytes | None:
        """What a small file holds; None where there is none, as of a name that is too long."""
        try:
            content: bytes = self._fs.cat_file(self._full(name))
        except OSError as error:
            if isinstance(error, FileNotFoundError) or error.errno == ENAMETOOLONG:
                return None
            raise
        return content

    def write(self, name: str, content: bytes) -> None:
        """Make or replace a small file.

        Raises:
            OutputError: it cannot be written.
        """
        if self.is_local:
            with whole_file(self.place(name, Path())) as partial:
                partial.write_bytes(content)
            return
        try:
            self._fs.pipe_file(self._full(name), content)
        except OSError as error:
            raise OutputError(f"{self.url}/{name}: cannot be written ({error})") from error

    def digest(self, name: str) -> str | None:
        """The sha256 of a file; None where there is none."""
        try:
            with self._fs.open(self._full(name), "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return bool(self._fs.isfile(self._full(name)))

    def remove(self, name: str) -> None:
        """It is not needed any more; that it is gone already is no error."""
        with suppress(OSError):
            self._fs.rm_file(self._full(name))

    def clear(self, name: str) -> None:
        """A folder is not needed any more, with all that is in it."""
        with suppress(OSError):
            self._fs.rm(self._full(name), recursive=True)

    def check(self) -> None:
        """Raise `OutputError` where the store cannot be written to."""
        name = f".balltrack-{os.getpid()}"
        try:
            self.write(name, b"")
        except OSError as error:
            raise OutputError(f"{self.url}: cannot be written to ({error})") from error
        with suppress(OSError):
            self._fs.rm_file(self._full(name))

    @property
    def ignores_case(self) -> bool:
        """Whether "A.csv" and "a.csv" are one file."""
        return self.is_local and ignores_case(Path(self._root))

    def _full(self, name: str) -> str:
        return f"{self._root}/{name}" if self._root else name


def find_films(sources: Sequence[str]) -> list[Film]:
    """Every video of the sources, each once, by the first name that they give it.

    A folder or a prefix stands for all videos in and below it, and a pattern for what it matches.
    Of several sources each has a folder of its name in the archive, but for single files.

    Raises:
        OptionError: no such kind of store; two videos of one name.
        VideoError: a source that is missing, or holds no video.
    """
    many = sum(not _open(source)[0].isfile(_open(source)[1]) for source in sources) > 1
    films: dict[str, Film] = {}
    urls: set[str] = set()
    for source in sources:
        for film in _films(source, many=many):
            if film.url in urls:
                continue
            urls.add(film.url)
            if film.name in films:
                other = films[film.name].url
                raise OptionError(f"{film.url}: has the name of {other}; rename one")
            films[film.name] = film
    return [films[name] for name in sorted(films)]


def fetch(film: Film, folder: Path) -> Path:
    """The film as a local file: itself, or a copy in ``folder``.

    Raises:
        VideoError: it cannot be read.
    """
    fs, path = _open(film.url)
    if isinstance(fs, LocalFileSystem):
        return Path(path)
    copy = folder / PurePosixPath(film.name).name
    try:
        fs.get_file(path, str(copy))
    except OSError as error:
        raise VideoError(f"{film.url}: cannot be fetched ({error})") from error
    return copy


def _films(source: str, *, many: bool) -> list[Film]:
    fs, root = _open(source)
    try:
        if fs.isfile(root):
            found, below = {root: fs.info(root)}, root.rpartition("/")[0]
        elif fs.isdir(root):
            found, below = _files_below(fs, root), root
        elif any(sign in root for sign in "*?["):
            found, below = fs.glob(root, detail=True), ""
        else:
            raise VideoError(f"{source}: there is no such file, folder or prefix")
    except (OSError, ValueError) as error:
        if isinstance(error, VideoError):
            raise
        raise VideoError(f"{source}: cannot be listed ({error})") from error
    alone = fs.isfile(root)
    prefix = f"{root.rpartition('/')[2]}/" if many and not alone and below else ""
    films = [
        _film(source, fs, path, info, prefix + _relative(path, below))
        for path, info in sorted(found.items())
        if info["type"] == "file" and (alone or is_video(Path(path)))
    ]
    if not films:
        raise VideoError(f"{source}: there is no video in it")
    return films


def _files_below(fs: Any, root: str) -> dict[str, dict[str, Any]]:
    if not isinstance(fs, LocalFileSystem):
        return dict(fs.find(root, detail=True))
    paths = (path.as_posix() for path in all_below(Path(root)))
    return {path: fs.info(path) for path in paths if is_video(Path(path)) and fs.isfile(path)}


def _relative(path: str, below: str) -> str:
    return path[len(below) :].lstrip("/") if below else path.rpartition("/")[2]


def _film(source: str, fs: Any, path: str, info: dict[str, Any], name: str) -> Film:
    version = next((str(info[key]) for key in _VERSIONS if info.get(key)), "")
    url = path if isinstance(fs, LocalFileSystem) else f"{source.partition('://')[0]}://{path}"
    return Film(url, name, int(info["size"] or 0), version)


def _open(url: str) -> tuple[Any, str]:
    """A file system, and the path in it without a slash at its end."""
    protocol, mark, _ = url.partition("://")
    if not mark:  # a path, whatever signs are in it
        return LocalFileSystem(), Path(url).absolute().as_posix().rstrip("/") or "/"
    try:
        fs, path = fsspec.url_to_fs(url)
    except ImportError as error:
        extra = EXTRAS.get(protocol)
        package = f"'balltrack[{extra}]'" if extra else "the package that fsspec names"
        raise OptionError(f"{url}: pip install {package} ({error})") from error
    except ValueError as error:
        raise OptionError(f"{url}: no such kind of store ({error})") from error
    return fs, str(path).rstrip("/")
