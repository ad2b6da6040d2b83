"""Keeps the page's messages on the way that the page chose, so that they are handled while a cell runs.

JupyterLab sends a widget's messages to a subshell, which works beside a running cell. ipykernel 7.4
overrules that: the comm remembers from which shell the kernel last *sent*, and is asked where to route the
page's messages (``_reply_subshell_for``). A send from a cell or from a thread of ours counts as the main
shell, and from then on every message of the page waits for the running cell.

Beside a running cell a message must not look like the end of one, either: ``comm`` tells IPython around each
that something was executed, and then matplotlib shows and closes what the cell is still drawing.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from voice_widget.page.nulls import from_page
from voice_widget.threads.one_thread import IN_BROWSER


def keep_page_routing(comm: Any) -> None:
    """Call it once for every comm, as soon as it is open. Other kernels ask no comm.

    Example:
        >>> class Comm:
        ...     def _reply_subshell_for(self, data, default): return "the shell that sent last"
        >>> comm = Comm()
        >>> keep_page_routing(comm)
        >>> comm._reply_subshell_for({}, "the page's choice")
        "the page's choice"
    """
    if hasattr(type(comm), "_reply_subshell_for"):
        comm._reply_subshell_for = _as_the_page_says
    if hasattr(comm, "_msg_callback"):
        comm.handle_msg = functools.partial(_handle, comm)


def _handle(comm: Any, message: Any) -> None:
    """As the comm's own, without IPython's events of a cell: what comes only goes into a queue."""
    if comm._msg_callback:
        comm._msg_callback(from_page(message))


def _as_the_page_says(data: Any, default: Any) -> Any:
    return default


def page_waits_for_the_cell(last_on_main: bool) -> str | None:
    """Why the page's messages wait for the running cell, or None where they do not.

    Args:
        last_on_main: The last message of a page was handled on the main thread.
    """
    if IN_BROWSER:
        return "In the browser the page's messages are handled only between cells"
    kernelbase = sys.modules.get("ipykernel.kernelbase")
    if kernelbase is None or not kernelbase.Kernel.initialized():
        return None
    kernel = kernelbase.Kernel.instance()
    if not getattr(kernel, "_supports_kernel_subshells", False):
        return "This kernel handles the page's messages only between cells"
    # The first message may come before the front end has made its subshell.
    if last_on_main and not kernel.shell_channel_thread.manager.list_subshell():
        return "This front end's messages are handled only between cells"
    return None
