"""What a docstring says of a function and of its arguments: in Google's, NumPy's or Sphinx's form."""

from __future__ import annotations

import inspect
import re

_GOOGLE = r"(?:Args|Arguments|Parameters|Returns?|Raises|Yields?|Examples?|Notes?):[ \t]*$"
_NUMPY = r"(?:Parameters|Returns|Raises|Yields|Examples|Notes|See Also)\n-{3,}[ \t]*$"
_SPHINX = r":(?:param|type|returns?|rtype|raises)\b"
_SECTIONS = re.compile(rf"^(?:{_GOOGLE}|{_NUMPY}|{_SPHINX})", re.MULTILINE)
_ENTRY = re.compile(r"\*{0,2}(\w+)[ \t]*(?:\([^)]*\))?[ \t]*:[ \t]*(.*)")
_NUMPY_ENTRY = re.compile(r"\*{0,2}(\w+)[ \t]*(?::.*)?$")
_PARAM = re.compile(r"^:param\s+(?:[^:]*\s)?(\w+):[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)


def about(text: str) -> str:
    r"""A docstring up to its sections.

    Example:
        >>> about("Tips of a day.\n\nArgs:\n    day: Its name.")
        'Tips of a day.'
    """
    return _SECTIONS.split(inspect.cleandoc(text), maxsplit=1)[0].strip()


def about_arguments(text: str) -> dict[str, str]:
    r"""What is said of each argument, in one line each.

    Example:
        >>> about_arguments("Tips.\n\nArgs:\n    day: Its name,\n        in English.")
        {'day': 'Its name, in English.'}
    """
    text = inspect.cleandoc(text)
    if google := re.search(
        r"^(?:Args|Arguments|Parameters):[ \t]*\n((?:[ \t]+.*\n?|\n)+)", text, re.MULTILINE
    ):
        return _entries(inspect.cleandoc("\n" + google[1]), _ENTRY)
    if numpy := re.search(r"^Parameters\n-{3,}[ \t]*\n((?:.*\n?)+)", text, re.MULTILINE):
        section = re.split(r"^\S.*\n-{3,}[ \t]*$", numpy[1], maxsplit=1, flags=re.MULTILINE)[0]
        return _entries(section, _NUMPY_ENTRY)
    return {match[1]: _line(match[2]) for match in _PARAM.finditer(text)}


def _entries(section: str, entry: re.Pattern[str]) -> dict[str, str]:
    """Each begins at the margin; what is indented goes on with it."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in section.splitlines():
        begins = entry.match(line)
        if begins:
            lines = found[begins[1]] = list(begins.groups()[1:])
        else:
            lines.append(line)
    return {name: _line(" ".join(lines)) for name, lines in found.items()}


def _line(text: str) -> str:
    return " ".join(text.split())
