"""What a result looks like in a cell, and in the panel."""

from __future__ import annotations

import base64
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from voice_widget.errors import VoiceWidgetError
from voice_widget.widget.rendering import MOST, captioned, for_panel, formatted

DF = pd.DataFrame({"island": ["Biscoe"], "penguins": [168]})


def test_a_question_stands_over_whatever_it_is():
    def caption(data: dict[str, Any], question: str = "<which>") -> dict[str, Any]:
        return captioned((data, {}), question)[0]

    table = caption({"text/html": "<table></table>", "text/plain": "t"})
    assert table["text/html"] == "<div><em>&lt;which&gt;</em></div><table></table>"
    figure = caption({"image/png": b"png", "text/plain": "f"}, "draw")
    assert figure["text/html"] == '<div><em>draw</em></div><img src="data:image/png;base64,cG5n">'
    assert "image/png" not in figure
    text = caption({"text/plain": "'<four>'"}, "how many")
    assert "<pre>&#x27;&lt;four&gt;&#x27;</pre>" in text["text/html"]
    assert text["text/plain"] == "how many\n\n'<four>'"
    assert caption({"text/html": "<b>4</b>"}, " ") == {"text/html": "<b>4</b>"}


def test_without_ipython_a_table_a_figure_and_a_plain_object_are_drawn():
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    drawn = for_panel(formatted(figure), "w.results[0].value")
    assert drawn["mime"] == "image/png"
    assert base64.b64decode(drawn["data"]).startswith(b"\x89PNG")

    assert for_panel(formatted(DF), "x")["mime"] == "text/html"
    assert "Biscoe" in for_panel(formatted(DF), "x")["data"]
    assert for_panel(formatted([1, 2]), "x") == {"mime": "text/plain", "data": "[1, 2]"}


@pytest.mark.parametrize(
    ("data", "mime", "told"),
    [
        ({"text/html": "<b>4</b>", "image/png": b"png"}, "text/html", "<b>4</b>"),
        ({"text/html": "<div></div><script>draw()</script>", "image/png": b"png"}, "image/png", "cG5n"),
        ({"text/html": "<div></div><script>draw()</script>"}, "text/html", None),
        ({"image/svg+xml": "<svg/>", "text/plain": "s"}, "image/svg+xml", "<svg/>"),
        ({"image/png": "cG5n\n", "text/plain": "p"}, "image/png", "cG5n"),
        ({"text/html": "", "text/plain": "p"}, "text/plain", "p"),
    ],
)
def test_the_panel_gets_what_it_can_draw_without_a_script(data: dict[str, Any], mime: str, told: str | None):
    drawn = for_panel((data, {}), "x")
    assert drawn["mime"] == mime
    assert drawn["data"] == (told or data[mime])


def test_what_is_too_large_or_cannot_be_drawn_is_named():
    with pytest.raises(VoiceWidgetError) as large:
        for_panel(({"text/plain": "x" * (MOST + 1)}, {}), "w.results[7].value")
    assert large.value.info() == {
        "code": "result_too_large",
        "message": "This result has 2.0 MB, too much for the panel.",
        "next_step": "It is `w.results[7].value`.",
    }
    assert for_panel(({"text/plain": "x" * MOST}, {}), "x")["mime"] == "text/plain"
    with pytest.raises(VoiceWidgetError) as nothing:
        for_panel(({"application/json": {}}, {}), "w.results[7].value")
    assert nothing.value.info()["code"] == "result_not_shown"
    assert "w.results[7].value" in nothing.value.info()["next_step"]
