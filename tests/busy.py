"""Whether this machine has time for a browser that hears and speaks."""

from __future__ import annotations

import os


def busy() -> bool:
    """Whether more runs on this machine than it has time for: then sound may reach a browser in pieces.

    A test of real speech that failed meanwhile is tried again. The load that the tests make themselves counts
    too: on two cores that is enough at times, with nothing else on the machine.
    """
    return os.name == "posix" and os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)
