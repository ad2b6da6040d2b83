"""The click on Call → connected by each way to a server of its own process, ``python -m voice_widget serve``.

The ways take turns in one page of JupyterLab, and with what the page could do alone.
"""

from __future__ import annotations

from benchmarks.lab import AT_MOST, WATCH, Marks, begin, end, opened, tell
from benchmarks.report import Beside
from benchmarks.serving import TOKEN, bare_page, serving
from tests.e2e import speech
from tests.e2e.lab import Notebook

CALLS = 12
FLOWS = {
    "unified_sideband": "service=OpenAI({server})",
    "ephemeral_sideband": "service=OpenAI({server}), flow='ephemeral'",
    "ephemeral_relay": "service=OpenAI({server}, sideband=False), flow='ephemeral'",
    "comm": "service=OpenAI({server}), transport='comm'",
    "beta": "service=OpenAI({server}, dialect='beta')",
}


def cells(url: str, widgets: dict[str, str], common: str = "") -> tuple[str, str]:
    """A notebook with several widgets in one output; in ``widgets`` are their arguments."""
    server = f'api_key="{TOKEN}", base_url="{url}/v1"'
    made = [
        f"w[{name!r}] = VoiceWidget({how.format(server=server)}{common})" for name, how in widgets.items()
    ]
    head = ["from ipywidgets import VBox", "from voice_widget import OpenAI, VoiceWidget", "w = {}"]
    return "\n".join([*head, *made]), "VBox(list(w.values()))"


def all_ways(notebook: Notebook, url: str) -> dict[str, Marks]:
    """One call by each."""
    marks: dict[str, Marks] = {"bare_page": bare_page(notebook.page, url)}
    for number, name in enumerate(FLOWS):
        marks[name] = begin(notebook, number)
        end(notebook, number, f"w[{name!r}]")
    return marks


def main() -> None:
    with serving() as url, opened(cells(url, FLOWS), [speech.silence(30)]) as notebook:
        notebook.page.evaluate(WATCH)
        rounds = [all_ways(notebook, url) for _ in range(1 + CALLS)]
    floor = Beside("connect_bare_page", tell("connect_bare_page", [each["bare_page"] for each in rounds]))
    for name in FLOWS:
        marks = [each[name] for each in rounds]
        tell(f"click_to_connected_{name}", marks, beside=floor, at_most=AT_MOST)


if __name__ == "__main__":
    main()
