"""The smallest voice interface, the kernel's half: it keeps the key, and gives out a token for each call."""

import json
import urllib.request
from pathlib import Path

import anywidget
import traitlets


class VoiceInterface(anywidget.AnyWidget):
    _esm = Path(__file__).with_suffix(".js")
    base_url = traitlets.Unicode()
    key = traitlets.Unicode()  # not synced: it goes neither to the page nor into saved notebooks
    talk = traitlets.Dict().tag(sync=True)  # what the page shows

    @anywidget.experimental.command  # the page invokes it
    def _token(self, message, buffers):
        session = {"type": "realtime", "model": "gpt-realtime-2.1"}
        body = {"session": session, "expires_after": {"anchor": "created_at", "seconds": 60}}
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        url = f"{self.base_url}/realtime/client_secrets"
        try:
            request = urllib.request.Request(url, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request, timeout=5) as answer:
                return {"url": f"{self.base_url}/realtime/calls", "token": json.load(answer)["value"]}, []
        except OSError as error:  # or the page would wait for ever
            return {"error": f"The kernel got no token: {error}."}, []
