"""Whether this machine has time for a browser that hears and speaks."""

from __future__ import annotations

import os


def busy() -> bool:
    """Whether others work on this machine: then sound may reach a browser in pieces, and is heard in pieces.

    A test of real speech that failed meanwhile proves nothing, and is tried again; on a quiet machine never.
    """
    return os.name == "posix" and os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)
