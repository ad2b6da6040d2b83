"""The name that the notebook has for a widget: code that the page shows says it."""

from __future__ import annotations

import sys
from typing import Any

from voice_widget.widget.traits import KernelTrait, KernelWidget

DEFAULT = "w"


class Named(KernelWidget):
    """A widget that knows what the notebook calls it."""

    variable = KernelTrait[str](
        DEFAULT,
        "The notebook's variable that holds the widget, as code in the panel names it.",
        ask="Assign the widget to a variable and show it.",
    )

    def _find_variable(self) -> None:
        """Say what the notebook calls it now."""
        name = variable_of(self, notebook_names())
        if self._publisher is not None:
            self._publisher.submit(lambda: self._write("variable", name))


def notebook_names() -> dict[str, Any]:
    """What the notebook's cells have given names to; empty where no notebook is."""
    ipython = sys.modules.get("IPython")  # a program without it needs none
    shell = ipython.get_ipython() if ipython is not None else None
    return dict(shell.user_ns) if shell is not None else {}


def variable_of(value: object, names: dict[str, Any]) -> str:
    """The shortest name of a value that is not private; ``w``, as in the docs, if it has none.

    Example:
        >>> penguins = object()
        >>> variable_of(penguins, {"_": penguins, "_12": penguins, "assistant": penguins, "talk": penguins})
        'talk'
        >>> variable_of(penguins, {"_": penguins})
        'w'
    """
    found = [name for name, held in names.items() if held is value and not name.startswith("_")]
    return min(found, key=lambda name: (len(name), name), default=DEFAULT)
