"""How a talk's sound travels: a transport and a flow, checked, as the way of its calls."""

from __future__ import annotations

from typing import cast, get_args

from voice_widget.call.by_peer import ByPeer
from voice_widget.call.ice import Ice
from voice_widget.call.ways import Way
from voice_widget.errors import SettingError, shown
from voice_widget.realtime.state.records import Flow, Transport


def way_of(transport: str, flow: str, ice: Ice | None = None, *, falls_back: bool = False) -> Way:
    """The way of calls by this transport and flow.

    Args:
        transport: How the sound travels.
        flow: By webrtc, who hands the offer over.
        ice: By webrtc, by which servers the page's peer looks for its way.
        falls_back: By webrtc, where a peer finds no path the call goes on by comm.

    Raises:
        SettingError: There is no such transport, or no such flow; or the servers have no use.
    """
    if transport not in get_args(Transport):
        raise SettingError(
            f"There is no transport {shown(transport)}.", next_step='Choose "webrtc", "comm" or "memory".'
        )
    if flow not in get_args(Flow):
        raise SettingError(f"There is no flow {shown(flow)}.", next_step='Choose "unified" or "ephemeral".')
    if ice and transport != "webrtc":
        raise SettingError(
            f"`ice_servers` have no use by {transport}: only a page's peer looks for its way.",
            next_step='Leave them out, or use transport="webrtc".',
        )
    from voice_widget.call.by_socket import ByComm, InMemory

    if transport == "webrtc":
        return ByPeer(cast(Flow, flow), ByComm() if falls_back else None, ice or None)
    return ByComm() if transport == "comm" else InMemory()


def joining(call_id: str) -> Way:
    """The way beside a call that was made elsewhere."""
    from voice_widget.call.joined import Joined

    return Joined(call_id)
