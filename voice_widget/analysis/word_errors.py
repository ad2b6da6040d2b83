"""What was understood against what was to be said: the word error rate. Texts in, counts out."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_widget.analysis.parts import load
from voice_widget.analysis.talks import Analysed
from voice_widget.errors import SettingError, reason, shown
from voice_widget.realtime.state.records import SIDES, Side

if TYPE_CHECKING:
    import pandas as pd

Script = Sequence[str] | Mapping[int, str] | str | os.PathLike[str]
"""What was to be said: a sentence per turn in order, by the turn's ``seq``, or a file with a line each."""
Scripts = Script | Mapping[Side, Script]
"""What the user was to say; or a dict of what each side was to say."""
NORMALISATION = "lower case, no punctuation, numbers as written"
_COUNTS = ("words", "substitutions", "deletions", "insertions")
_CURLED = "\u2019"
_GROUPS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# An apostrophe belongs to its word, a point or a comma in a number to the number.
_INSIDE = re.compile(r"(?<=[^\W_])'(?=[^\W_])|(?<=\d)[.,](?=\d)")


@dataclass(frozen=True, slots=True)
class WordErrors:
    """How far texts are from what was to be said, in words.

    Attributes:
        words: How many words were to be said.
        substitutions: Words that became others.
        deletions: Words that are missing.
        insertions: Words that nobody was to say.
        normalisation: What was made alike before words were compared.
        missing: So many texts of which nobody knows what was understood: they count for nothing else.

    Example:
        >>> WordErrors(10, substitutions=1, deletions=1).rate
        0.2
    """

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    normalisation: str = NORMALISATION
    missing: int = 0

    @property
    def errors(self) -> int:
        """All of them."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """The word error rate: errors by words. It may exceed 1; None where no word was to be said."""
        return self.errors / self.words if self.words else None


def normalised(text: str) -> str:
    """A text as it is compared: lower case, without punctuation, one space between words.

    Apostrophes within words stay, and so do points in numbers; the commas that group digits go. Numbers are
    not spelled out: "168" is another word than "one". Words are what spaces part.

    Example:
        >>> normalised("It's 5,076 g - or 3.7 kg!")
        "it's 5076 g or 3.7 kg"
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace(_CURLED, "'")
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = unicodedata.normalize("NFC", _GROUPS.sub("", text))
    kept = {found.start() for found in _INSIDE.finditer(text)}
    plain = (
        letter if at in kept or unicodedata.category(letter)[0] not in "PSZC" else " "
        for at, letter in enumerate(text)
    )
    return " ".join("".join(plain).split())


def word_errors(references: Sequence[str], hypotheses: Sequence[str | None]) -> list[WordErrors]:
    """Each text against its own sentence, by the alignment of least errors (Levenshtein's, from `jiwer`).

    Args:
        references: What was to be said.
        hypotheses: What was understood, as many; None or NA: nobody knows, and it is ``missing``.

    Raises:
        SettingError: There are not as many, or one is no text (``script_unfit``).
        MissingParts: jiwer is not installed; it is in the extra ``analysis``.

    Example:
        >>> [one] = word_errors(["How many are there?"], ["how many there is"])
        >>> one.words, one.substitutions, one.deletions, one.insertions
        (4, 2, 0, 0)
    """
    if len(references) != len(hypotheses):
        raise _unfit(len(references), len(hypotheses))
    if not references:
        return []
    process_words = load("jiwer", "The word error rate").process_words
    found = []
    for pair in zip(references, hypotheses, strict=True):
        if _is_missing(pair[1]):
            found.append(WordErrors(missing=1))
            continue
        reference, hypothesis = (normalised(_text(each)) for each in pair)
        said = process_words([reference], [hypothesis])
        found.append(WordErrors(len(said.references[0]), said.substitutions, said.deletions, said.insertions))
    return found


def _is_missing(text: object) -> bool:
    import pandas as pd

    return text is None or text is pd.NA or text != text  # NaN


def _text(text: object) -> str:
    if isinstance(text, str):
        return text
    raise SettingError(f"{shown(text)} is no text.", code="script_unfit", next_step="Give texts.")


def total(found: Iterable[WordErrors]) -> WordErrors:
    """Of several, all together: words count alike, whatever turn they are in.

    Example:
        >>> total([WordErrors(1, deletions=1), WordErrors(9)]).rate
        0.1
    """
    found = list(found)
    return WordErrors(**{name: sum(getattr(one, name) for one in found) for name in (*_COUNTS, "missing")})


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str | None]) -> WordErrors:
    """Substitutions, deletions and insertions by the words that were to be said (Morris et al., 2004).

    Args:
        references: What was to be said.
        hypotheses: What was understood, as many; None or NA: nobody knows, and it is ``missing``.

    Raises:
        SettingError: There are not as many, or one is no text (``script_unfit``).
        MissingParts: jiwer is not installed; it is in the extra ``analysis``.

    Example:
        >>> word_error_rate(["How many are there?", "And now?"], ["how many there", "and now"]).rate
        0.16666666666666666
    """
    return total(word_errors(references, hypotheses))


def paired(talk: Analysed, script: Script, side: Side = "user") -> list[tuple[int, str, str]]:
    """Turns beside what was to be said in them: each turn's ``seq``, its sentence, and what was heard.

    Sentences in order belong to the side's turns that sounded, in order. Of an answer that was cut that is
    taken which was heard; a turn without a transcript is empty.

    Args:
        talk: The talk.
        script: A sentence per turn in order; or by ``seq``, then for some turns only; or the path of a text
            file with a line per turn.
        side: Whose turns.

    Raises:
        SettingError: The script has another number of sentences than the side has turns, or holds no texts
            (``script_unfit``), it cannot be read (``script_unreadable``), a turn is not there or of the other
            side (``unknown_turn``), or there is no such side.
    """
    if side not in SIDES:
        raise SettingError(f"{shown(side)} is no side.", next_step="Choose user or assistant.")
    heard = {one.seq: one.text for one in talk.utterances() if one.role == side}
    said = _sentences(script)
    if not isinstance(said, dict):
        if len(said) != len(heard):
            raise _unfit(len(said), len(heard))
        said = dict(zip(heard, said, strict=True))
    for seq in said.keys() - heard.keys():
        raise SettingError(
            f"Turn {shown(seq)} of the script is no turn of the {side} that was heard.",
            code="unknown_turn",
            next_step=f"There are {', '.join(map(str, heard)) or 'none'}.",
        )
    return [(seq, said[seq], text) for seq, text in heard.items() if seq in said]


def word_errors_frame(talk: Analysed, script: Script, side: Side = "user") -> pd.DataFrame:
    """One row per turn of the script, as `Talk.word_errors` gives it."""
    import pandas as pd

    pairs = paired(talk, script, side)
    found = word_errors([said for _, said, _ in pairs], [text for _, _, text in pairs])
    counts = {name: pd.array([getattr(one, name) for one in found], dtype="Int64") for name in _COUNTS}
    table = pd.DataFrame(
        {
            "seq": pd.array([seq for seq, _, _ in pairs], dtype="Int64"),
            "reference": pd.array([normalised(said) for _, said, _ in pairs], dtype="string"),
            "hypothesis": pd.array([normalised(text) for _, _, text in pairs], dtype="string"),
            **counts,
            "word_error_rate": pd.array([one.rate for one in found], dtype="Float64"),
        }
    )
    whole = total(found)
    for name in (*_COUNTS, "normalisation"):
        table.attrs[name] = getattr(whole, name)
    table.attrs["word_error_rate"] = whole.rate
    return table


@dataclass(frozen=True, slots=True)
class Scored:
    """One side of a talk against its script.

    Attributes:
        found: The errors in each turn of the script, by ``seq``.
        unread: So many of these turns have no text: all of their words are deletions.
    """

    found: dict[int, WordErrors]
    unread: int = 0


def scored(talk: Analysed, scripts: Scripts) -> dict[Side, Scored]:
    """Each side that has a script, against it.

    Args:
        talk: The talk.
        scripts: As `Talk.word_errors` takes it, of the user; or a dict of such by side.

    Raises:
        SettingError: As `paired`.
        MissingParts: jiwer is not installed; it is in the extra ``analysis``.
    """
    result: dict[Side, Scored] = {}
    for side, script in _by_side(scripts).items():
        pairs = paired(talk, script, side)
        errors = word_errors([said for _, said, _ in pairs], [text for *_, text in pairs])
        found = {seq: each for (seq, *_), each in zip(pairs, errors, strict=True)}
        result[side] = Scored(found, sum(not text.strip() for *_, text in pairs))
    return result


def _by_side(scripts: Scripts) -> Mapping[Any, Any]:
    """By side: who gives a dict of sentences writes numbers, not names."""
    if isinstance(scripts, Mapping) and any(isinstance(key, str) for key in scripts):
        return scripts
    return {"user": scripts}


def _sentences(script: object) -> dict[int, str] | list[str]:
    if isinstance(script, str | os.PathLike):
        path = Path(script)
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise SettingError(
                f"The script in {path} cannot be read: {reason(error)}.",
                code="script_unreadable",
                next_step="Give the path of a text file, or a list of sentences.",
            ) from None
        return [line for line in lines if line.strip()]
    if isinstance(script, Mapping):
        said: dict[int, str] | list[str] = dict(script)
        texts = list(script.values())
    elif isinstance(script, Iterable):
        said = texts = list(script)
    else:
        texts = [script]
    if wrong := [text for text in texts if not isinstance(text, str)]:
        raise SettingError(
            f"{shown(wrong[0])} is no sentence.",
            code="script_unfit",
            next_step="Give a list of sentences, or a dict of them by the number of their turn.",
        )
    return said


def _unfit(sentences: int, turns: int) -> SettingError:
    return SettingError(
        f"The script has {sentences} sentences, and {turns} turns were heard.",
        code="script_unfit",
        next_step="Give the sentences by the number of their turn, as a dict.",
    )
