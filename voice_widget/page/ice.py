"""How a page gets the ICE servers of its offers: asked for each time, sealed, and in no trait."""

from __future__ import annotations

from typing import Literal, TypedDict

from voice_widget.page.message import FromPage


class IceWantedMessage(FromPage):
    """The page makes an offer and wants the ICE servers. Answered by ``ice.servers`` or ``request.failed``.

    ``talk`` is the talk that it is for; empty: somebody may call. ``key`` as in ``call.open``. Not
    ``offers``: it only looks for its addresses.
    """

    type: Literal["ice.wanted"]
    request_id: str
    talk: str
    key: str
    offers: bool


class IceServersMessage(TypedDict):
    """The ICE servers for one offer: ``RTCConfiguration.iceServers`` as JSON, sealed as in ``secret``.

    An empty ``key``: the page gave none, as where it is not secure, and ``sealed`` is the JSON itself.
    """

    type: Literal["ice.servers"]
    seq: int
    request_id: str
    url: str
    key: str
    nonce: str
    sealed: str
