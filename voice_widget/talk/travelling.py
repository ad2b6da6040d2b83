"""How a talk's sound travels: a transport and a flow, checked, as the way of its calls."""

from __future__ import annotations

from typing import cast, get_args

from voice_widget.call.by_peer import ByPeer
from voice_widget.call.ice import Ice
from voice_widget.call.ways import Way
from voice_widget.errors import SettingError, shown
from voice_widget.realtime.state.records import Flow, Transport


def way_of(transport: str, flow: str, ice: Ice | None = None) -> Way:
    """The way of calls by this transport and flow, and by webrtc with these ICE servers.

    Raises:
        SettingError: There is no such transport, or no such flow; or the servers have no use.
    """
    if transport not in get_args(Transport):
        raise SettingError(
            f"There is no transport {shown(transport)}.", next_step='Choose "webrtc", "comm" or "memory".'
        )
    if flow not in get_args(Flow):
        raise SettingError(f"There is no flow {shown(flow)}.", next_step='Choose "unified" or "ephemeral".')
    if transport == "webrtc":
        return ByPeer(cast(Flow, flow), ice if ice else None)
    if ice:
        raise SettingError(
            f"`ice_servers` have no use by {transport}: only a page's peer looks for its way.",
            next_step='Leave them out, or use transport="webrtc".',
        )
    from voice_widget.call.by_socket import ByComm, InMemory

    return ByComm() if transport == "comm" else InMemory()


def joining(call_id: str) -> Way:
    """The way beside a call that was made elsewhere."""
    from voice_widget.call.joined import Joined

    return Joined(call_id)
