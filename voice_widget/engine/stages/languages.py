"""Which languages a part knows, and what is said where the one that is spoken is not among them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from voice_widget.errors import SettingError, shown

_MOST_LISTED = 12
# What libraries call languages that have another code.
_CODES = {
    "cmn": "zh",
    "cn": "zh",
    "iw": "he",
    "jw": "jv",
    "kz": "kk",
    "nb": "no",
    "ua": "uk",
    "vn": "vi",
}


def base(language: str) -> str:
    """The code of a language without its region.

    Example:
        >>> base("de-AT"), base("EN_us"), base("cmn")
        ('de', 'en', 'zh')
    """
    code = language.strip().lower().replace("_", "-").partition("-")[0]
    return _CODES.get(code, code)


def listed(languages: Iterable[str]) -> str:
    """Languages in a sentence, of many the first.

    Example:
        >>> listed(["en", "de"]), listed(f"l{n}" for n in range(99))[-17:]
        ('en, de', 'l11 and 87 others')
    """
    every = list(languages)
    some = ", ".join(every[:_MOST_LISTED])
    return f"{some} and {len(every) - _MOST_LISTED} others" if len(every) > _MOST_LISTED else some


def chosen(language: object, known: Iterable[str], model: str, instead: str) -> str:
    """The code of the language that a part's option asks its model to hear.

    Args:
        language: What the option says.
        known: Which ones the model knows.
        model: What it is called.
        instead: What to do about a model of English alone.

    Raises:
        SettingError: The model does not know it.
    """
    every = tuple(known)
    if isinstance(language, str) and base(language) in map(base, every):
        return base(language)
    alone = every == ("en",)
    raise SettingError(
        f"{model} knows no language {shown(language)}, only {listed(every)}.",
        next_step=instead if alone else "Give the code of one that it knows.",
    )


class Unknown:
    """Says once of a language that a part does not know it, and again after another one.

    Args:
        part: Who that is: ``"The voice"``.
        languages: Which ones it knows; empty: it does not say.
    """

    def __init__(self, part: str, languages: Iterable[str]) -> None:
        self._part, self._languages = part, tuple(languages)
        self._told = ""

    def __call__(self, language: str) -> str:
        """A sentence about this language, if there is one to be said now."""
        # English is what nobody has asked for: a part's own language counts before it.
        known = {"en", *map(base, self._languages)}
        foreign = "" if not self._languages or base(language) in known else language
        told, self._told = self._told, foreign
        if not foreign or foreign == told:
            return ""
        return f"{self._part} does not know {foreign}, only {listed(self._languages)}."
