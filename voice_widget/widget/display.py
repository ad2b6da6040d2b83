"""Rich results in the widget's own cell: a display handle made there, updated by the publisher."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Result:
    """One rich result of an agent.

    Attributes:
        value: What the agent showed: a table, a figure …
        label: Its short name in the panel.
        question: What it answers.
        item_id: The row of the question.
    """

    value: Any = field(repr=False)
    label: str = ""
    question: str = ""
    item_id: str = ""


class Results:
    """What an agent has shown, oldest first: without questions that nobody is to know any more."""

    def __init__(self) -> None:
        self.all: list[Result] = []
        self._redacted: set[str] = set()

    def add(self, result: Result) -> Result:
        """Keep one more; gives it as it is kept: its question may have been redacted while it was made."""
        self.all.append(self._known(result))
        return self.all[-1]

    def redact(self, item_id: str) -> None:
        """Nobody is to know any more what this row asked."""
        self._redacted.add(item_id)
        self.all = [self._known(result) for result in self.all]

    def _known(self, result: Result) -> Result:
        return replace(result, question="") if result.item_id in self._redacted else result


class ResultDisplay:
    """The place under the widget where the latest result appears."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._latest: Result | None = None

    def open(self, above: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Show ``above`` in the output of the cell that runs now, and make the place under it.

        The place of an earlier cell keeps what it shows.
        """
        from IPython.core.getipython import get_ipython
        from IPython.display import DisplayHandle, publish_display_data

        publish_display_data(above, metadata)  # type: ignore[no-untyped-call]
        if get_ipython() is None:
            return
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]
        data, metadata = rendered(self._latest)
        self._handle.display(data, metadata=metadata, raw=True)

    def show(self, result: Result) -> None:
        """Show a result there. Calls the value's own rendering, which is the user's code."""
        self._latest = result
        if self._handle is not None:
            data, metadata = rendered(result)
            self._handle.update(data, metadata=metadata, raw=True)

    def redact(self, item_id: str) -> None:
        """Show the latest result without its question, if that is this row."""
        if self._latest is not None and self._latest.item_id == item_id:
            self.show(replace(self._latest, question=""))


def rendered(result: Result | None) -> tuple[dict[str, Any], dict[str, Any]]:
    r"""The mime bundle of a result, its question as a caption where the kind of output allows one.

    Example:
        >>> rendered(Result("four", question="how many?"))[0]["text/plain"]
        "how many?\n\n'four'"
    """
    import html

    from IPython.core.getipython import get_ipython

    if result is None:
        return {"text/plain": "", "text/html": ""}, {}
    formatter = getattr(get_ipython(), "display_formatter", None)
    data, metadata = formatter.format(result.value) if formatter else ({"text/plain": repr(result.value)}, {})
    data, caption = dict(data), result.question.strip()
    if not caption:
        return data, metadata
    body = data.get("text/html")
    if body is None and "image/png" in data:
        body = f'<img src="data:image/png;base64,{_base64(data.pop("image/png"))}">'
    if body is None and set(data) == {"text/plain"}:
        body = f"<pre>{html.escape(data['text/plain'])}</pre>"
    if body is not None:
        data["text/html"] = f"<div><em>{html.escape(caption)}</em></div>{body}"
    data["text/plain"] = f"{caption}\n\n{data.get('text/plain', '')}"
    return data, metadata


def _base64(image: bytes | str) -> str:
    import base64

    return image.strip() if isinstance(image, str) else base64.b64encode(image).decode()
