"""The page and what it asks for, over HTTP, for this machine alone.

Whoever wants an answer has to know the token in the address, and to ask under this machine's
own name: a web page of somebody else in the same browser knows neither. Nothing that is asked for
names a file: clips have numbers, and the page's own files are listed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from importlib.resources import files
from secrets import compare_digest
from threading import Lock
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from balltrack.errors import BalltrackError
from balltrack.review.corrections import Correction
from balltrack.review.frames import FrameFinder
from balltrack.review.journal import is_newer, journal_of
from balltrack.review.playback import Playback
from balltrack.review.queue import progress_of
from balltrack.review.session import ChangedMeanwhileError, Clip, Session

_log = logging.getLogger("balltrack")

PAGE = {
    "review.html": "text/html",
    "queue.html": "text/html",
    "style.css": "text/css",
    "icon.svg": "image/svg+xml",
    "review.js": "text/javascript",
    "showing.js": "text/javascript",
    "playing.js": "text/javascript",
    "court.js": "text/javascript",
    "filling.js": "text/javascript",
    "drawing.js": "text/javascript",
    "timeline.js": "text/javascript",
    "rows.js": "text/javascript",
    "talking.js": "text/javascript",
    "queue.js": "text/javascript",
}
"""The page's files, and what they are."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

LARGEST_BODY = 4 << 20


class _Number(IntegerConvertor):
    """Of a clip or a frame in a path; what is longer is none."""

    regex = "[0-9]{1,9}"


register_url_convertor("number", _Number())


class OpenClip:
    """A clip with all that the page needs of it."""

    def __init__(self, clip: Clip) -> None:
        self.session = Session(clip)
        self.frames = FrameFinder(self.session.info, self.session.times_s)
        self.playback = Playback(self.session.info)

    def close(self) -> None:
        """Let go of files and threads."""
        self.playback.close()
        self.frames.close()
        self.session.close()


class Review:
    """The clips under review; each is opened when it is asked for first."""

    def __init__(self, clips: list[Clip]) -> None:
        self.clips = clips
        self._open: dict[int, OpenClip] = {}
        self._lock = Lock()

    def clip(self, number: int) -> OpenClip:
        """An open clip.

        Raises:
            BalltrackError: it cannot be opened.
        """
        with self._lock:
            if number not in self._open:
                self._open[number] = OpenClip(self.clips[number])
            return self._open[number]

    def write_left(self) -> None:
        """Write the corrected labels that a review which was killed left in its journal alone."""
        for clip in self.clips:
            if not is_newer(journal_of(clip.output), clip.output):
                continue
            try:
                session = Session(clip)
                session.save()
                session.close()
            except BalltrackError as error:  # the page says it too
                _log.warning("%s", error)

    def save(self) -> list[Session]:
        """Write the corrected labels of all clips that were opened; those with any."""
        with self._lock:
            return [one.session for one in self._open.values() if one.session.save()]

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            for one in self._open.values():
                one.close()
            self._open.clear()


ACTIONS: dict[str, Callable[[Session, Any], dict[str, Any]]] = {
    "change": lambda session, body: session.change(_corrections(body)),
    "corners": lambda session, body: session.see_court(body),
    "undo": lambda session, _: session.undo(),
    "redo": lambda session, _: session.redo(),
    "done": lambda session, body: session.finish(body is True),
    "save": lambda session, _: {"saved": session.save()},
}
"""What the page can have done to a clip, by the last part of the path."""


def make_app(review: Review, token: str, port: int) -> Starlette:
    """The server's application.

    Args:
        review: what it serves.
        token: the first part of every path.
        port: that it is reached by.
    """
    answers, root = _Answers(review), f"/{token}"
    clip = f"{root}/clip/{{clip:number}}"
    return Starlette(
        routes=[
            Route(f"{root}/", answers.start),
            Route(f"{root}/clips", answers.clips),
            Route(f"{root}/page/{{name}}", answers.page),
            Route(f"{clip}/", answers.clip_page),
            Route(f"{clip}/state", answers.state),
            Route(f"{clip}/frame/{{frame:number}}.jpg", answers.frame),
            Route(f"{clip}/video", answers.video),
            Route(f"{clip}/playback", answers.playback),
            Route(f"{clip}/{{action}}", answers.act, methods=["POST"]),
        ],
        middleware=[Middleware(_OwnPagesAlone, token=token, port=port)],
        exception_handlers={BalltrackError: _failed},
    )


class _Answers:
    """An answer for each path; those that are not async run in threads."""

    def __init__(self, review: Review) -> None:
        self._review = review

    def start(self, request: Request) -> Response:
        first = "clip/0/" if len(self._review.clips) == 1 else "page/queue.html"
        return RedirectResponse(f"{request.url.path}{first}")

    def clips(self, _: Request) -> Response:
        return JSONResponse(progress_of(self._review.clips))

    def page(self, request: Request) -> Response:
        return _page_file(request.path_params["name"])

    def clip_page(self, request: Request) -> Response:
        self._number(request)
        return _page_file("review.html")

    def state(self, request: Request) -> Response:
        said = self._opened(request).session.state()
        return JSONResponse(said | {"clips": len(self._review.clips)}, headers=HEADERS)

    def frame(self, request: Request) -> Response:
        try:
            data = self._opened(request).frames.jpeg(int(request.path_params["frame"]))
        except IndexError:
            raise HTTPException(404) from None
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})

    def video(self, request: Request) -> Response:
        path = self._opened(request).playback.path
        if path is None:
            raise HTTPException(404)
        return FileResponse(path)

    def playback(self, request: Request) -> Response:
        return JSONResponse(self._opened(request).playback.progress(), headers=HEADERS)

    async def act(self, request: Request) -> Response:
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404)
        if int(request.headers.get("content-length", 0)) > LARGEST_BODY:
            raise HTTPException(413)
        try:
            body = json.loads(await request.body() or b"null")
            seen = request.query_params.get("seen")
            version = None if seen is None else int(seen)

            def do() -> dict[str, Any]:
                session = self._opened(request).session
                with session.as_seen(version):
                    return action(session, body)

            return JSONResponse(await run_in_threadpool(do))
        except BalltrackError:
            raise
        except ChangedMeanwhileError as error:
            return JSONResponse({"error": str(error)}, 409)
        except (ValueError, OverflowError, RecursionError) as error:
            return JSONResponse({"error": f"not understood: {error}"}, 400)

    def _opened(self, request: Request) -> OpenClip:
        return self._review.clip(self._number(request))

    def _number(self, request: Request) -> int:
        number = int(request.path_params["clip"])
        if number >= len(self._review.clips):
            raise HTTPException(404)
        return number


def _page_file(name: str) -> Response:
    if name not in PAGE:
        raise HTTPException(404)
    content = (files("balltrack.review") / "page" / name).read_bytes()
    return Response(content, media_type=PAGE[name], headers=HEADERS)


def _corrections(body: Any) -> list[Correction]:
    """What the page sends of some frames.

    Raises:
        ValueError: it is something else.
    """
    try:
        return [Correction(**row) for row in body]
    except TypeError as error:
        raise ValueError(str(error)) from None


def _failed(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 500)


class _OwnPagesAlone:
    """Refuses who asks under another name, from another page, or without the token."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._may(Request(scope)):
            await Response("refused", 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        given = request.url.path.lstrip("/").partition("/")[0]
        return (
            request.headers.get("host") in self._hosts
            and (origin is None or origin in self._origins)
            and compare_digest(given.encode(), self._token.encode())
        )
