"""ICE servers that stand in a file, for calls to ``serve``."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from voice_widget.errors import SettingError
from voice_widget.realtime.settings.ice_servers import IceServer, checked_ice_servers

log = logging.getLogger("voice_widget")


class IceFile:
    """Read anew for each call, for credentials expire. Call it for the servers of one.

    Args:
        path: Of a file with what a browser takes as ``iceServers``, as JSON.

    Raises:
        SettingError: It cannot be read, or what stands there is no server.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._last = self._read()

    def __call__(self) -> tuple[IceServer, ...]:
        """Those that stand there; while it cannot be read, those from before."""
        try:
            self._last = self._read()
        except SettingError as error:
            log.warning("%s The ICE servers from before are used.", error)
        return self._last

    def _read(self) -> tuple[IceServer, ...]:
        why = ""
        try:
            return checked_ice_servers(json.loads(self._path.read_text(encoding="utf-8")))
        except SettingError:
            raise
        except (OSError, ValueError, RecursionError) as error:
            # Not its text: a decoder may show what it could not read.
            why = (error.strerror if isinstance(error, OSError) else None) or "it is no JSON"
        raise SettingError(
            f"The ICE servers in {str(self._path)!r} cannot be read: {why}.",
            code="ice_servers_invalid",
            next_step='Write [{"urls": "stun:stun.example.org"}] into it, or servers with their credentials.',
        )
