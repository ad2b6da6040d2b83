"""A real Firefox, driven by WebDriver BiDi: as much of Playwright's page as the tests use."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.e2e.lab import wait_for

SETTINGS: Mapping[str, Any] = {
    # A page may have the microphone that the machine has, without a question.
    "media.navigator.permission.disabled": True,
    # What a new Firefox would ask its maker for.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.topsites.contile.enabled": False,
    # A notebook that is not saved would ask whether to leave it, and a page that asks is never left.
    "dom.disable_beforeunload": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.server": "",
}

# The first element that a reader would find under this selector, in shadow trees too.
FIND = """(selector, name, root = document) => {
  const trees = [root];
  for (const tree of trees) {
    for (const each of tree.querySelectorAll('*')) if (each.shadowRoot) trees.push(each.shadowRoot);
    for (const each of tree.querySelectorAll(selector))
      if (!name || (each.getAttribute('aria-label') ?? each.textContent).trim() === name) return each;
  }
  return null;
}"""

# Where the middle of such an element is; whether a click meets it is in `met` then.
AIM = f"""([selector, name]) => {{
  const element = ({FIND})(selector, name);
  window.met = false;
  if (!element) return null;
  // It may be drawn anew before the click comes.
  const named = at => at instanceof Element && at.matches(selector)
    && (!name || (at.getAttribute('aria-label') ?? at.textContent).trim() === name);
  window.addEventListener(
    'click', event => {{ window.met = event.composedPath().some(named); }}, {{ once: true, capture: true }});
  element.scrollIntoView({{ block: 'center' }});
  const box = element.getBoundingClientRect();
  return {{ x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) }};
}}"""


def firefox() -> str | None:
    """The browser's path, where it is."""
    return os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One Firefox with one tab, and a profile that is thrown away.

    Args:
        folder: Where the profile and the log are kept.
        env: Its environment, which leads it to a sound server.
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        program = firefox()
        assert program is not None
        self.problems: list[str] = []
        """Errors that the page did not catch."""
        profile = folder / "firefox"
        profile.mkdir()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in SETTINGS.items()]
        (profile / "user.js").write_text("\n".join(lines))
        self._log = (folder / "firefox.log").open("wb")
        self._process = subprocess.Popen(
            [program, "--headless", "--no-remote", f"--profile={profile}", "--remote-debugging-port=0"],
            env={**env, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self._numbers = itertools.count(1)
        self._preloaded: str | None = None
        try:
            where = wait_for(
                lambda: self._address(profile / "WebDriverBiDiServer.json"),
                seconds=60,
                what="Firefox listens",
            )
            self._socket = connect(f"{where}/session", max_size=None)
            self._ask("session.new", capabilities={})
            self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]
            self._ask("session.subscribe", events=["log.entryAdded"])
        except BaseException:
            self._end()
            raise

    def _address(self, path: Path) -> str | None:
        assert self._process.poll() is None, "Firefox has ended"
        try:
            found = json.loads(path.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return f"ws://{found['ws_host']}:{found['ws_port']}"

    def _send(self, method: str, **params: Any) -> int:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        return number

    def _ask(self, method: str, **params: Any) -> Any:
        number = self._send(method, **params)
        while True:
            message = json.loads(self._socket.recv(timeout=90))
            if message.get("method") == "log.entryAdded":
                entry = message["params"]
                if entry["type"] == "javascript" and entry["level"] == "error":
                    self.problems.append(entry["text"])
            elif message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]

    def add_init_script(self, script: str) -> None:
        """Run this in every page before its own scripts, in the place of what was run before."""
        if self._preloaded is not None:
            self._ask("script.removePreloadScript", script=self._preloaded)
        declaration = f"() => {{ {script} }}"
        self._preloaded = self._ask("script.addPreloadScript", functionDeclaration=declaration)["script"]

    def goto(self, url: str) -> None:
        """Load a page."""
        self._ask("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def reload(self) -> None:
        """Load the page again."""
        self._ask("browsingContext.reload", context=self._tab, wait="complete")

    def leave(self) -> None:
        """Leave the page, without waiting for it: a page may wait for the sound server."""
        self._send("browsingContext.navigate", context=self._tab, url="about:blank", wait="none")

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a function in the page with a value; what it returns, which must be JSON."""
        result = self._ask(
            "script.callFunction",
            functionDeclaration=(
                f"async argument => JSON.stringify(await ({function})(JSON.parse(argument)) ?? null)"
            ),
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return json.loads(result["result"]["value"])

    def wait_for_function(self, function: str, *, timeout: float = 30_000) -> None:
        """Wait until a function in the page returns something true."""
        wait_for(lambda: self.evaluate(f"() => !!({function})()"), seconds=timeout / 1000, what=function)

    def wait_for_selector(self, selector: str, *, timeout: float = 30_000) -> None:
        """Wait until the page has such an element."""
        self.wait_for_function(f"() => document.querySelector({json.dumps(selector)})", timeout=timeout)

    def has(self, selector: str, name: str = "") -> bool:
        """Whether there is such an element, of this name or text."""
        return bool(self.evaluate(f"([selector, name]) => !!({FIND})(selector, name)", [selector, name]))

    def click(self, selector: str, name: str = "") -> None:
        """Click in the middle of such an element, as a person does, who sees whether it was met."""
        wait_for(lambda: self.has(selector, name), seconds=30, what=f"{selector} {name!r} is there")
        wait_for(lambda: self._click(selector, name), seconds=30, what=f"{selector} {name!r} is clicked")

    def _click(self, selector: str, name: str) -> bool:
        """Whether it was met: what is above it may come or go in between."""
        if not (place := self.evaluate(AIM, [selector, name])):
            return False
        moves = [
            {"type": "pointerMove", **place},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "actions": moves}
        self._ask("input.performActions", context=self._tab, actions=[mouse])
        return bool(self.evaluate("() => window.met"))

    def on(self, event: str, handler: Callable[[Any], None]) -> None:
        """Playwright's way to hear of errors; here `problems` has them."""
        assert event == "pageerror"

    def close(self) -> None:
        """End it."""
        self._send("browser.close")
        self._end()

    def _end(self) -> None:
        if socket := getattr(self, "_socket", None):
            socket.close()
        try:
            self._process.wait(5 if socket else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        self._log.close()
