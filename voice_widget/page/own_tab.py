"""How a page gets a link to a tab of the talk's own: asked for by a click, sealed, and in no trait."""

from __future__ import annotations

from typing import Literal, TypedDict

from voice_widget.page.message import FromPage


class TabWantedMessage(FromPage):
    """Somebody wants the widget in a tab of its own. Answered by ``tab`` or ``request.failed``.

    ``key`` as in ``call.open``.
    """

    type: Literal["tab.wanted"]
    request_id: str
    key: str


class TabMessage(TypedDict):
    """A link that opens the widget in a tab once, within so many ``seconds``; sealed as in ``secret``.

    An empty ``key``: the page gave none, as where it is not secure, and ``sealed`` is the link itself.
    ``port`` is where the engine's process listens.
    """

    type: Literal["tab"]
    seq: int
    request_id: str
    url: str
    key: str
    nonce: str
    sealed: str
    seconds: int
    port: int
