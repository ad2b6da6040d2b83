"""A link to a tab of one's own."""

from __future__ import annotations

import html
import webbrowser


class TabLink:
    """A link that opens the widget in a browser tab of its own, once.

    It stands behind the ``#``, where it is sent to no server and written into no log. Shown in a cell it can
    be clicked.

    Attributes:
        url: The address.
        port: Where the engine's process listens at the kernel's computer, for a tunnel of your own.
        seconds: So long it can be used.

    Example:
        >>> TabLink("http://127.0.0.1:5000", "the-code", 5000, 60)
        TabLink(port=5000)
    """

    def __init__(self, origin: str, code: str, port: int, seconds: int) -> None:
        self.url, self.port, self.seconds = f"{origin}/tab/#{code}", port, seconds

    def __repr__(self) -> str:
        return f"TabLink(port={self.port})"

    def __str__(self) -> str:
        return self.url

    def _repr_html_(self) -> str:
        port, here = self.port, self.url.startswith("http://127.0.0.1:")
        line = f"<code>ssh -L {port}:127.0.0.1:{port} user@that-computer</code>"
        link = (
            f'<a href="{html.escape(self.url)}" target="_blank" rel="noopener">Open the talk in a tab of its '
            f"own</a> (once, within {self.seconds} s)"
        )
        return f"{link}. If the kernel runs on another computer, run {line} on yours first." if here else link

    def open(self) -> bool:
        """Open it in the browser of the kernel's computer; false: it has none."""
        return webbrowser.open_new_tab(self.url)
