"""The server from start to end: what was left is saved, an address, a browser, all saved again."""

from __future__ import annotations

import logging
import socket
import webbrowser
from collections.abc import Callable
from secrets import token_urlsafe

import uvicorn

from balltrack.errors import OutputError
from balltrack.review.server import Review, make_app
from balltrack.review.session import Clip, Session

HOST = "127.0.0.1"


def serve(
    clips: list[Clip], port: int, *, browse: bool, ready: Callable[[str], None]
) -> list[Session]:
    """Serve the page until the process is told to end, then save.

    Args:
        clips: what to review.
        port: to be reached by; 0 takes a free one.
        browse: open the page in the browser.
        ready: told the address when it can be opened.

    Returns:
        The sessions with corrected labels, which are written.

    Raises:
        OutputError: the port is taken, or corrected labels cannot be written.
    """
    review = Review(clips)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise OutputError(f"port {port}: {error.strerror}; give another --port") from error
        token = token_urlsafe(16)
        port = int(listening.getsockname()[1])
        address = f"http://{HOST}:{port}/{token}/"
        config = uvicorn.Config(
            make_app(review, token, port),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        review.write_left()
        listening.listen()
        ready(address)
        if browse:
            webbrowser.open(address)
        try:
            _Server(config).run(sockets=[listening])
        except KeyboardInterrupt:  # how such a server is ended
            pass
        finally:
            saved = review.save()
            review.close()
    return saved


class _Server(uvicorn.Server):
    """Requests that are cut off when it ends, such as of a paused video, are no errors."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
