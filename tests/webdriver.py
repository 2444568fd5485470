"""A browser under remote control: W3C WebDriver, as far as the tests need it.

https://www.w3.org/TR/webdriver2 names the paths and values.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Shift": "\ue008", "Control": "\ue009", "Alt": "\ue00a", "Enter": "\ue007"}
KEYS |= {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}
KEYS |= {"Home": "\ue011", "End": "\ue010", "Escape": "\ue00c", "Tab": "\ue004"}
KEYS |= {"PageUp": "\ue00e", "PageDown": "\ue00f"}


class Browser:
    """One window; places are pixels of the page."""

    def __init__(self, driver: httpx.Client, dark: bool, size: tuple[int, int]) -> None:
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        arguments += ["--disable-dev-shm-usage", f"--window-size={size[0]},{size[1]}"]
        arguments += ["--blink-settings=preferredColorScheme=0"] if dark else []
        options = {"goog:chromeOptions": {"args": arguments, "binary": shutil.which("chromium")}}
        answer = driver.post("/session", json={"capabilities": {"alwaysMatch": options}}).json()
        self._driver = driver
        self._session = f"/session/{answer['value']['sessionId']}"

    def call(self, path: str, **body: Any) -> Any:
        """POST to a path of the session."""
        answer = self._driver.post(f"{self._session}/{path}", json=body).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{path}: {answer['error']}: {answer['message']}")
        return answer

    def open(self, address: str) -> None:
        """Go to a page."""
        self.call("url", url=address)

    def run(self, script: str) -> Any:
        """What a script returns."""
        return self.call("execute/sync", script=script, args=[])

    def until(self, script: str, seconds: float = 20) -> None:
        """Wait until a script returns something true."""
        end = time.monotonic() + seconds
        while not self.run(f"return {script}"):
            if time.monotonic() > end:
                said = self.run("return document.body.innerText")
                raise AssertionError(f"never: {script}; the page says {said}")
            time.sleep(0.03)

    def press(self, *keys: str) -> None:
        """Press keys together, the modifiers first."""
        told = [KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": key} for key in told]
        actions += [{"type": "keyUp", "value": key} for key in reversed(told)]
        self.call("actions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def click(
        self, x: float, y: float, button: int = 0, to: tuple[float, float] | None = None
    ) -> None:
        """Click at a place, or drag from it."""
        actions: list[dict[str, Any]] = [{"type": "pointerMove", "x": round(x), "y": round(y)}]
        actions += [{"type": "pointerDown", "button": button}]
        if to is not None:
            actions += [
                {"type": "pointerMove", "x": round(to[0]), "y": round(to[1]), "duration": 50}
            ]
        actions += [{"type": "pointerUp", "button": button}]
        self.call("actions", actions=[{"type": "pointer", "id": "mouse", "actions": actions}])

    def picture(self) -> bytes:
        """The page as a PNG."""
        answer = self._driver.get(f"{self._session}/screenshot").json()["value"]
        return base64.b64decode(answer)

    def close(self) -> None:
        """End the browser."""
        self._driver.delete(self._session)


@contextmanager
def browsers() -> Iterator[Callable[..., Browser]]:
    """Opens browsers, which end with the block; skipped where Chromium is not installed."""
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        pytest.skip("chromium and chromedriver are not installed: the page is not tested")
    with subprocess.Popen(
        ["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True
    ) as process:
        opened: list[Browser] = []
        try:
            driver = httpx.Client(
                base_url=f"http://127.0.0.1:{_port(process)}", timeout=60, trust_env=False
            )

            def make(dark: bool = False, size: tuple[int, int] = (1280, 860)) -> Browser:
                opened.append(Browser(driver, dark, size))
                return opened[-1]

            yield make
            for browser in opened:
                browser.close()
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if "successfully on port" in line:
            return int(line.rstrip(".\n").split()[-1])
    raise AssertionError("chromedriver says no port")
