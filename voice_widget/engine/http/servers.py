"""The ICE servers that a kernel gives with an offer, for the engine's end of the call."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from voice_widget.errors import ProtocolError, SettingError
from voice_widget.realtime.settings.ice_servers import ICE_HEADER, IceServer, checked_ice_servers


def read_servers(headers: Mapping[str, str]) -> tuple[IceServer, ...]:
    """The servers in a request's header; none: it has none.

    Raises:
        ProtocolError: They cannot be read.

    Example:
        >>> read_servers({})
        ()
    """
    text = headers.get(ICE_HEADER)
    try:
        return () if text is None else checked_ice_servers(json.loads(base64.b64decode(text, validate=True)))
    except (ValueError, RecursionError, SettingError):
        # Nothing of it is repeated: it holds credentials.
        message = "The ICE servers cannot be read."
        raise ProtocolError(message, code="invalid_value", param=ICE_HEADER) from None
