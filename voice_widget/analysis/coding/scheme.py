"""A scheme: the codes that labels may have, each with a colour, a key and a meaning. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from voice_widget.errors import SettingError, refusing_class, shown

NONE = "(none)"
"""How tables call what has no code."""
COLOURS = (
    # Okabe and Ito (2008), without black, which a dark page hides; then Tol's "muted" set.
    *("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442"),
    *("#332288", "#117733", "#882255", "#44aa99", "#999933", "#cc6677", "#88ccee", "#aa4499", "#ddcc77"),
)
"""Colours that people who see colours otherwise tell apart as well."""
VIEWS_OWN = frozenset(" []+-=io?")
"""Keys that mean something else in a replay: they are chosen last."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LONGEST = 100
_EXAMPLE = 'Write Scheme("repair", "backchannel").'


@refusing_class('Write Code(colour="#d55e00", key="r", meaning="what was said is put right").')
@dataclass(frozen=True)
class Code:
    """One code of a scheme.

    Args:
        colour: How it is shown, as ``#rrggbb``; None: the scheme takes the next of a set that is safe for
            people who see colours otherwise.
        key: The key that gives it; None: the scheme takes a letter of its name.
        meaning: When it is to be given.
    """

    colour: str | None = None
    key: str | None = None
    meaning: str = ""

    def __post_init__(self) -> None:
        if self.colour is not None:
            if not (isinstance(self.colour, str) and _COLOUR.fullmatch(self.colour)):
                raise _invalid(
                    f"A colour is written #rrggbb, not {shown(self.colour)}.", "Give one such as #d55e00."
                )
            object.__setattr__(self, "colour", self.colour.lower())
        if self.key is not None and not _is_key(self.key):
            raise _invalid(
                f"A key is one character that is printed, not {shown(self.key)}.", "Give a letter or a digit."
            )
        if not isinstance(self.meaning, str):
            raise _invalid(
                f"A meaning is a text, not {shown(self.meaning)}.", "Say when the code is to be given."
            )


class Scheme(Mapping[str, Code]):
    """The codes that may be given, by their names. Each has a colour and a key of its own.

    Args:
        codes: Names, or one dict from names to `Code`.

    Raises:
        SettingError: It cannot be one (``scheme_invalid``): without a code, a name twice, a key twice, …

    Example:
        >>> scheme = Scheme("repair", "request")
        >>> scheme["request"].key, scheme["request"].colour
        ('e', '#0072b2')
        >>> Scheme({"repair": Code(key="1", meaning="what was said is put right")})["repair"].key
        '1'
    """

    def __init__(self, *codes: str | Mapping[str, Code]) -> None:
        given = _given(codes)
        if not given:
            raise _invalid("A scheme has at least one code.", _EXAMPLE)
        for name in given:
            _checked_name(name)
        self._codes = _completed(given)

    def __getitem__(self, name: str) -> Code:
        """A code by its name."""
        return self._codes[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in their order."""
        return iter(self._codes)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._codes)

    def __repr__(self) -> str:
        return f"Scheme({dict(self._codes)!r})"

    def extended(self, *names: str) -> Scheme:
        """A scheme with further codes behind these.

        Example:
            >>> list(Scheme("repair").extended("request"))
            ['repair', 'request']
        """
        more = {name: Code() for name in names if name not in self._codes}
        return Scheme({**self._codes, **more}) if more else self

    def as_json(self) -> dict[str, Any]:
        """What JSON can hold, from which `of_json` makes the same."""
        told = {x: {"colour": y.colour, "key": y.key, "meaning": y.meaning} for x, y in self._codes.items()}
        return {"codes": told}

    @classmethod
    def of_json(cls, found: object) -> Scheme:
        """A scheme from what `as_json` gave.

        Raises:
            SettingError: It is none (``scheme_invalid``).

        Example:
            >>> Scheme.of_json(Scheme("repair").as_json()) == Scheme("repair")
            True
        """
        codes = found.get("codes") if isinstance(found, Mapping) else None
        if not isinstance(codes, Mapping) or not all(isinstance(x, Mapping) for x in codes.values()):
            raise _invalid(f"There are no codes in {shown(found)}.", "Give what Scheme.as_json has given.")
        fields = ("colour", "key", "meaning")
        return cls({name: Code(**{x: told[x] for x in fields if x in told}) for name, told in codes.items()})


def _given(codes: Sequence[object]) -> dict[str, Code]:
    if len(codes) == 1 and isinstance(codes[0], Mapping):
        for name, code in codes[0].items():
            if not isinstance(code, Code):
                raise _invalid(f"{shown(name)} has {shown(code)} in the place of a Code.", _EXAMPLE)
        return dict(codes[0])
    twice = next((name for at, name in enumerate(codes) if name in codes[:at]), None)
    if twice is not None:
        raise _invalid(f"The code {shown(twice)} is there twice.", "Name each once.")
    return {_checked_name(name): Code() for name in codes}


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise _invalid(f"The name of a code is a word or a few, not {shown(name)}.", _EXAMPLE)
    if name != (plain := " ".join(name.split())):  # files of ELAN and Praat would bring that one back
        raise _invalid(
            f"The name {shown(name)} has blanks at an end, or several in a row.", f"Write {shown(plain)}."
        )
    if len(name) > _LONGEST:
        raise _invalid(
            f"The name {shown(name)} is longer than {_LONGEST} characters.", "Say the rest in the meaning."
        )
    if name == NONE:
        raise _invalid(f"{NONE} is what tables call a turn without a code.", "Give it another name.")
    return name


def _completed(given: Mapping[str, Code]) -> dict[str, Code]:
    keys: dict[str, str] = {}
    for name, code in given.items():
        if code.key is not None:
            if code.key in keys:
                raise _invalid(
                    f"{shown(keys[code.key])} and {shown(name)} have the same key, {shown(code.key)}.",
                    "Give each one of its own.",
                )
            keys[code.key] = name
    taken = {code.colour for code in given.values()}
    free = chain((colour for colour in COLOURS if colour not in taken), _cycle())
    found: dict[str, Code] = {}
    for name, code in given.items():
        key = code.key or _free_key(name, keys)
        keys[key] = name
        found[name] = Code(colour=code.colour or next(free), key=key, meaning=code.meaning)
    return found


def _cycle() -> Iterator[str]:
    while True:
        yield from COLOURS


def _free_key(name: str, taken: Mapping[str, str]) -> str:
    options = [*filter(_is_key, name.lower())]
    options += [*digits[1:], *digits[:1], *ascii_lowercase, *ascii_uppercase]
    options.sort(key=lambda each: each.lower() in VIEWS_OWN)
    key = next((each for each in options if each not in taken), None)
    if key is None:
        raise _invalid("There are more codes than keys.", "Take fewer, or give keys of your own.")
    return key


def _is_key(key: object) -> bool:
    return isinstance(key, str) and len(key) == 1 and key.isprintable() and not key.isspace()


def _invalid(message: str, next_step: str) -> SettingError:
    return SettingError(message, code="scheme_invalid", next_step=next_step)
