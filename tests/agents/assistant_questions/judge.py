"""Says of an answer whether it is right, wrong, or a refusal. It knows question and table, not who answers.

An answer is the text that is spoken and the objects that are shown beside it. A figure is right if it is the
true one, exactly or rounded to what was said; a label if no other one of its column is named first; a table
by its values. A refusal says that something was not understood or is not there, or asks back, and states no
figure: it is `refused`, and `right` where the question cannot be answered. All else is `wrong`, above all a
figure where there is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from .question import REFUSE, Facts, Gap, Mentions, Question, Share, Spread, Top
from .shown import DAY, cells, label, only, rows_shown, series_shown, tables
from .spoken import Moment, Number, fits, moments, numbers, plain
from .tables import table

Verdict = Literal["right", "wrong", "refused"]

_REFUSES = re.compile(
    r"\b(?:(?:did|do|does|could|can|was|am|is|are|would|have|has) ?(?:n't|not) (?:quite |really |yet )?"
    r"(?:understand|understood|get|catch|follow|know|find|have|see|sure|able|tell|say|do|compute|work|make|change|"
    r"answer|predict|possible|supported|a column|a value|one of|in the|in this|in my|among|any|send|look|"
    r"recogni[sz]e)"
    r"|cannot|can't|can not|could not|couldn't|unable|unclear|ambiguous|unknown|not sure|not found|sorry"
    r"|there (?:is|was) (?:no|nothing)\b(?! missing)|there's (?:no|nothing)\b(?! missing)|no such"
    r"|no (?:column|value|field|data|group|table)s? (?:called|named|like|for|with|that|about|of|on|from|to)"
    r"|(?:have|has|know|knows|see|find|found) (?:no|nothing|neither|only)\b(?! missing| empty| blank| gaps)"
    r"|nothing (?:called|named|like|about)"
    r"|(?:do|did) you mean|which (?:one|column|of)|please (?:say|ask|name|tell)|could you|would you|can you"
    r"|not (?:in|one of|among) (?:the |this |my |its )?(?:data|table|columns?|values?)|what do you mean"
    r"|(?:but|and) not ['\"\u201c\u2018]|no idea|(?:that|this|it) needs|beyond me"
    r"|i (?:only (?:have|see)|(?:only )?(?:understood|know)) (?:only )?['\"\u201c\u2018\w]"
    r"|only (?:do|work|answer|compute|read)|out of my reach|missed|rephrase|say (?:it )?(?:again|otherwise))"
)
_HINT = re.compile(
    r"\b(?:you can|try|for example|for instance|such as|i can|ask (?:me|for)"
    r"|(?:columns?|values?|choices|names) (?:are|is)"
    r"|the (?:data|dates?|table|readings?)"
    r" (?:go|goes|runs?|covers?|spans?|starts?|ends?|holds?|reach(?:es)?))\b"
)
_SENTENCE = re.compile(r"(?<=[.!?])(?:\s+|$)|\n+")
_CONTEXT = re.compile(
    r"(?:(?:^|none\s|[.;:,]\s|\d%?\s(?:\w+\s)?|per ?cent\s|out\s)of\s(?:the\s|all\s|these\s|those\s)?"
    r"|\b(?:over|across|among|amongst|based on|out of|from)\s(?:the\s|all\s|these\s|those\s)?)$"
)
_ZERO = re.compile(r"\b(?:no|none|nobody|nothing|never|not one|not a single|no one)\b")
_NONE = re.compile(
    r"^\W*none\b|^[\w ]+ is empty\b|\bnothing (?:matches|fits|is left|there)\b|\bnone of (?:the|them)\b"
    r"|\b(?:there (?:are|were) no|(?:has|have|had) no|not a single|(?:^|found|find) no)\b"
    r"|\bno [\w ]{1,40}?(?:match|matches|matched|fit|fits|are|is|were|was|from|in|have|has|with)\b"
)
_YES = re.compile(r"^\W*(?:yes|yeah|yep|indeed|correct|true|right)\b")
_NO = re.compile(r"^\W*(?:no|nope|none|nothing|false)\b")
_SHOWS = re.compile(r"^\W*(?:here (?:is|are|it)|here's|this is|these are)\b")
_HOLDS = 4  # a figure that comes later than the fourth is no answer


def judge(
    question: Question, text: str, shown: Sequence[Any] = (), frame: pd.DataFrame | None = None
) -> Verdict:
    """What the answer is worth.

    Args:
        question: What was asked.
        text: What was spoken in answer.
        shown: The tables, series and figures that were shown for this question.
        frame: The table it was asked of; else the one that the question names.
    """
    frame = table(question.table) if frame is None else frame
    heard = _Heard(question, text or "", [each for each in shown if each is not None], frame)
    refused = heard.refuses()
    for answer in question.answers(frame):
        if answer is REFUSE:
            if refused or heard.finds_none():
                return "right"
        elif heard.says(answer):
            return "right"
    return "refused" if refused else "wrong"


def refuses(question: Question, text: str, frame: pd.DataFrame | None = None) -> bool:
    """Whether the text refuses or asks back, and states no figure."""
    frame = table(question.table) if frame is None else frame
    return _Heard(question, text, [], frame).refuses()


def finds_none(question: Question, text: str, frame: pd.DataFrame | None = None) -> bool:
    """Whether the text says that nothing is there to answer with, and states no figure."""
    frame = table(question.table) if frame is None else frame
    return _Heard(question, text, [], frame).finds_none()


def figures(question: Question, text: str, frame: pd.DataFrame | None = None) -> list[float]:
    """The figures that the text states as its answer: not those of the question, nor "over 342 rows"."""
    frame = table(question.table) if frame is None else frame
    return [each.value for each in _Heard(question, text, [], frame).principal]


class _Heard:
    """An answer taken apart once, then held against each answer that is right."""

    def __init__(self, question: Question, text: str, shown: list[Any], frame: pd.DataFrame) -> None:
        self.question = question
        self.text = plain(text)
        self.asked = plain(" ".join([*question.before[-1:], question.says]))
        self.shown = shown
        self.frame = frame
        self.moments = moments(text)
        self.all = [each for each in numbers(text) if not _in_a_name(each, self.text, frame)]
        self.principal = self._principal(self.all)

    def _principal(self, said: list[Number]) -> list[Number]:
        """The numbers that are the answer, without the echo of the question and without "of 600 rows"."""
        echo = Counter(each.value for each in numbers(self.asked))
        kept = []
        for each in said:
            if echo[each.value] > 0:
                echo[each.value] -= 1
            elif not _CONTEXT.search(self.text[: each.start]):
                kept.append(each)
        return kept or [each for each in said if not _CONTEXT.search(self.text[: each.start])] or said

    # Refusals

    def refuses(self) -> bool:
        """It says that it cannot, or asks, and nothing beside that states a figure."""
        text = self.text.strip()
        if not text:
            return False
        sentences = [each for each in _SENTENCE.split(text) if each and each.strip()]
        if not any(_REFUSES.search(each) or each.strip().endswith("?") for each in sentences):
            return False
        return not any(self._states(each) for each in sentences)

    def finds_none(self) -> bool:
        """It says that nothing is there to answer with, such as no order of that year; no figure beside."""
        sentences = [each for each in _SENTENCE.split(self.text.strip()) if each]
        return bool(_NONE.search(self.text)) and not any(self._states(each) for each in sentences)

    def _states(self, sentence: str) -> bool:
        """Whether the sentence gives an answer: a figure; or a name, date or yes where it refuses nothing."""
        if sentence.strip().endswith("?") or _HINT.search(sentence):
            return False
        if not _REFUSES.search(sentence) and not _NONE.search(sentence) and self._claims(sentence):
            return True
        echo = {each.value for each in numbers(self.asked)}
        said = [
            each
            for each in numbers(sentence)
            if each.value not in echo
            and not _in_a_name(each, sentence, self.frame)
            and not _CONTEXT.search(sentence[: each.start])
        ]
        return bool(said) and not (len(said) == 1 and self._lists(sentence))

    def _claims(self, sentence: str) -> bool:
        if _YES.search(sentence) or _SHOWS.search(sentence) or moments(sentence):
            return True
        named = [each for each in _values(self.frame) if not _places(each, self.asked)]
        return any(_places(each, sentence) for each in named) and not self._lists(sentence)

    def _lists(self, sentence: str) -> bool:
        """Whether the sentence only tells what names there are: "there are three islands: Biscoe, Dream"."""
        names = [*map(str, self.frame.columns), *_values(self.frame)]
        return sum(bool(_places(each, sentence)) for each in names) >= 2

    # Right answers

    def says(self, answer: Any) -> bool:
        """Whether this answer was given."""
        if isinstance(answer, Mentions):
            return sum(word in self.text for word in answer.words) >= answer.least
        if isinstance(answer, Top):
            return self._top(answer)
        if isinstance(answer, Share):
            return self._share(answer.value)
        if isinstance(answer, Gap):
            return self._number(abs(float(answer.value)), whole=_whole(answer.value), sign=False)
        if isinstance(answer, Facts):
            return self._facts(answer)
        if isinstance(answer, Spread):
            return self._spread(answer.values)
        if isinstance(answer, (bool, np.bool_)):
            return self._truth(bool(answer))
        if isinstance(answer, pd.Timestamp):
            return self._moment(answer)
        if isinstance(answer, pd.Timedelta):
            return self._length(answer)
        if isinstance(answer, (int, float, np.number)):
            return self._number(float(answer), whole=_whole(answer))
        if isinstance(answer, pd.Series):
            return self._series(answer / DAY if pd.api.types.is_timedelta64_dtype(answer) else answer)
        if isinstance(answer, pd.DataFrame):
            counted = any(fits(each, len(answer), whole=True) for each in self.all)
            return rows_shown(answer, self.shown, ordered=self.question.ordered, counted=counted)
        if isinstance(answer, list):
            return self._list(answer)
        return self._top(Top(answer))

    def _number(self, truth: float, *, whole: bool, sign: bool = True) -> bool:
        if self.principal:
            said = self.principal[:_HOLDS]
            if not sign:
                said = [each for each in said if each.value >= 0 or fits(each, -truth, whole=whole)]
                return any(fits(each, truth, whole=whole) or fits(each, -truth, whole=whole) for each in said)
            return any(fits(each, truth, whole=whole) for each in said)
        if truth == 0 and _ZERO.search(self.text):
            return True
        return any(_close(each, truth) for each in only(self.shown))

    def _length(self, truth: pd.Timedelta) -> bool:
        """A length of time in any unit: "1.5 hours"."""
        return any(
            fits(each, truth / pd.Timedelta(1, unit=each.unit.rstrip("s")), whole=False)
            for each in self.principal[:_HOLDS]
            if each.unit.rstrip("s") in ("second", "minute", "hour", "day")
        )

    def _share(self, truth: float) -> bool:
        for each in self.principal[:_HOLDS]:
            if each.fraction:
                if abs(each.value - truth) <= each.step:
                    return True
            elif each.percent:
                if fits(each, 100 * truth, whole=False):
                    return True
            elif 0 < each.value < 1 and fits(each, truth, whole=False):
                return True
        if any(each.percent or each.fraction for each in self.principal):
            return False
        for one, other in zip(self.all, self.all[1:], strict=False):
            between = self.text[one.end : other.start]
            if other.value and " of " in f" {between} " and abs(one.value / other.value - truth) < 1e-9:
                return True
        told = [each for each in only(self.shown) if not self.principal]
        return any(_close(each, truth) or _close(each, 100 * truth) for each in told)

    def _truth(self, truth: bool) -> bool:
        yes, no = bool(_YES.search(self.text)), bool(_NO.search(self.text))
        return (yes if truth else no) and yes != no

    def _moment(self, truth: pd.Timestamp) -> bool:
        for each in self.moments[:2]:
            day = each.freq == "D" and each.at.normalize() == truth.normalize()
            if day and (not each.clock or each.at.floor("min") == truth.floor("min")):
                return True
        if self.moments:
            return False
        return any(label(each) == label(truth) for each in only(self.shown) if isinstance(each, pd.Timestamp))

    def _facts(self, facts: Facts) -> bool:
        told = cells(self.shown)
        for truth in facts.figures.values():
            whole = _whole(truth)
            said = any(fits(each, float(truth), whole=whole) for each in self.all)
            if not said and not any(_close(each, truth) for each in told):
                return False
        return True

    def _spread(self, values: pd.Series) -> bool:
        known = np.sort(values.dropna().to_numpy(float))
        for have in tables(self.shown):
            binned = have.shape[1] > 1 and all(re.search(r"\d", str(each)) for each in have.iloc[:, 0])
            for name in have.columns:
                told = pd.to_numeric(have[name], errors="coerce").dropna().to_numpy(float)
                if binned and len(told) > 2 and told.sum() == len(known):
                    return True
                if len(told) == len(known) and np.allclose(np.sort(told), known):
                    return True
        return False

    def _top(self, top: Top) -> bool:
        if top.saying and not re.search(top.saying, self.text):
            return False
        first = self._first_label(top.label)
        if first is None:
            return not self.all and self._shown_first(top)
        if not first:
            return False
        if top.value is None:
            return True
        said = [each for each in self.principal if not _equal(each.value, top.label)]
        if not said:
            return True
        share = any(each.percent for each in said)
        return share or any(fits(each, float(top.value), whole=_whole(top.value)) for each in said)

    def _first_label(self, name: Any) -> bool | None:
        """Whether the label is named before all others of its column; None if none is named at all."""
        if isinstance(name, (pd.Period, pd.Timestamp)):
            return (
                _period_said(self.moments[0], name, self.text)
                if self.moments
                else _bare_month(name, self.text)
            )
        if isinstance(name, (int, float, np.number)) and not isinstance(name, bool):
            said = self.principal or self.all
            return any(_equal(each.value, name) for each in said[:2]) if said else None
        places = _places(str(name), self.text)
        rivals = [each for each in self._rivals(str(name)) if not _places(each, str(name).lower())]
        if not _places(str(name), self.asked):
            rivals = [each for each in rivals if not _places(each, self.asked)]
        others = [at for each in rivals for at in _places(each, self.text)]
        if not places:
            return False if others else None
        return not others or min(places) < min(others)

    def _rivals(self, name: str) -> list[str]:
        for column in self.frame.columns:
            values = self.frame[column]
            if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
                continue
            known = [str(each) for each in values.dropna().unique()]
            if name in known:
                return [each for each in known if each != name]
        return (
            [str(each) for each in self.frame.columns if str(each) != name]
            if name in self.frame.columns
            else []
        )

    def _shown_first(self, top: Top) -> bool:
        """Without a word about it: a table whose first row is the one with its figure, or that row alone."""
        for have in tables(self.shown):
            row = list(have.iloc[0]) if len(have) else []
            named = label(top.label) in {label(cell) for cell in row}
            if named and (
                len(have) == 1 if top.value is None else any(_close(each, top.value) for each in row)
            ):
                return True
        return False

    def _list(self, names: list[Any]) -> bool:
        """All of them and no other one, in the text or in a column that was shown."""
        for have in tables(self.shown):
            for column in have.columns:
                told = [label(each) for each in have[column]]
                want = [label(each) for each in names]
                if told == want or (not self.question.ordered and sorted(told) == sorted(want)):
                    return self._only_these(names, every=False)
        return self._only_these(names, every=True)

    def _only_these(self, names: list[Any], *, every: bool) -> bool:
        if all(isinstance(each, (int, float, np.number)) for each in names):
            said = {each.value for each in self.all}
            return all(float(each) in said for each in names) if every else True
        words = [str(each) for each in names]
        at = [min(_places(each, self.text), default=-1) for each in words]
        if every and (-1 in at or (self.question.ordered and at != sorted(at))):
            return False
        known = set(words)
        rivals = [
            each for each in self._rivals(words[0]) if each not in known and not _places(each, self.asked)
        ]
        rivals = [each for each in rivals if not any(_places(each, word.lower()) for word in words)]
        return not any(_places(each, self.text) for each in rivals)

    def _series(self, right: pd.Series) -> bool:
        right = right.dropna()
        if series_shown(right, self.shown, ordered=self.question.ordered):
            return not self._denies(right)
        if len(right) > 8 or right.index.nlevels > 1:
            return False
        return self._pairs(right, after=True) or self._pairs(right, after=False)

    def _denies(self, right: pd.Series) -> bool:
        """Whether a figure that is said right beside a label of the table is not that label's."""
        if right.index.nlevels > 1:
            return False
        whole = pd.api.types.is_integer_dtype(right)
        spots = {name: self._spots(name, right) for name in right.index}
        starts = sorted(start for each in spots.values() for start, _ in each)
        for name, truth in right.items():
            for start, end in spots[name]:
                stop = min([at for at in starts if at > start] + [self._sentence_end(end), end + 60])
                said = [each for each in self.all if end <= each.start < stop]
                before = self._last(start)
                near = said if before is None else [*said, before]
                if said and not any(_is(each, float(truth), whole=whole) for each in near):
                    return True
        return False

    def _sentence_end(self, start: int) -> int:
        stop = re.compile(r"[.!?;](?:\s|$)").search(self.text, start)
        return stop.start() if stop else len(self.text)

    def _pairs(self, right: pd.Series, *, after: bool) -> bool:
        whole = pd.api.types.is_integer_dtype(right)
        for name, truth in right.items():
            for start, end in self._spots(name, right):
                said = self._next(end) if after else self._last(start)
                if said is not None and _is(said, float(truth), whole=whole):
                    break
            else:
                return False
        return True

    def _spots(self, name: Any, right: pd.Series) -> list[tuple[int, int]]:
        if isinstance(name, (pd.Period, pd.Timestamp)):
            spots = [(each.start, each.end) for each in self.moments if _period_said(each, name, self.text)]
            if isinstance(name, pd.Period) and name.freqstr.startswith("Y"):
                spots += [(each.start, each.end) for each in self.all if each.value == name.year]
            return spots
        if isinstance(name, (int, np.integer)) and not isinstance(name, bool):
            return [(each.start, each.end) for each in self.all if each.value == name]
        rivals = [str(each) for each in right.index if str(name) in str(each) and str(each) != str(name)]
        spots = [(at, at + len(str(name))) for at in _places(str(name), self.text)]
        taken = [(at, at + len(each)) for each in rivals for at in _places(each, self.text)]
        return [spot for spot in spots if not any(a <= spot[0] < b for a, b in taken)]

    def _next(self, end: int) -> Number | None:
        return next((each for each in self.all if each.start >= end and each.start - end < 60), None)

    def _last(self, start: int) -> Number | None:
        return next(
            (each for each in reversed(self.all) if each.end <= start and start - each.end < 60), None
        )


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _equal(value: float, name: Any) -> bool:
    return isinstance(name, (int, float, np.number)) and value == float(name)


def _close(value: Any, truth: Any) -> bool:
    if not isinstance(value, (int, float, np.number)) or isinstance(value, (bool, np.bool_)):
        return False
    if _whole(truth):
        return float(value) == float(truth)
    return bool(np.isclose(float(value), float(truth), rtol=5e-4, atol=1e-9)) or round(
        float(truth), 2
    ) == float(value)


def _is(said: Number, truth: float, *, whole: bool) -> bool:
    """The figure itself, or a share of 0 to 1 said as a percentage."""
    if said.percent and 0 <= truth <= 1 and fits(said, 100 * truth, whole=False):
        return True
    return fits(said, truth, whole=whole)


_UNIT = "mm|cm|kg|g|ms|kmh|percent|euros"


def _spelt(name: str) -> list[str]:
    """The ways in which a name may be said: as it stands, without its unit, in words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    full = plain(words).replace("%", " percent ").replace("€", " euros ").replace("/", " ")
    short = re.sub(r"\(.*?\)", " ", full).replace(" percent ", " ")
    ways = [" ".join(re.sub(r"[^\w ]", " ", each).split()) for each in (full, short)]
    ways += [re.sub(rf" (?:{_UNIT})$", "", each) for each in ways]
    ways = [*dict.fromkeys(ways), plain(name)]
    return [each for each in ways if each]


def _places(name: str, text: str) -> list[int]:
    """Where a name stands in a text, as whole words; the last may have a plural s."""
    found: list[int] = []
    for way in _spelt(name):
        pattern = r"[\s_/()-]*".join(re.escape(each) for each in way.split())
        found += [match.start() for match in re.finditer(rf"(?<!\w){pattern}(?:s|es|'s)?(?!\w)", text)]
    return sorted(set(found))


def _values(frame: pd.DataFrame) -> list[str]:
    return [
        str(each)
        for name in frame.columns
        if not pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_datetime64_any_dtype(frame[name])
        for each in frame[name].dropna().unique()[:40]
    ]


def _in_a_name(said: Number, text: str, frame: pd.DataFrame) -> bool:
    """Whether the number is the name of a column: "2023 and 2024 together"."""
    names = {str(each) for each in frame.columns}
    return not said.percent and text[said.start : said.end].strip() in names


def _period_said(said: Moment, name: pd.Period | pd.Timestamp, text: str) -> bool:
    if isinstance(name, pd.Timestamp):
        return said.freq == "D" and said.at.normalize() == name.normalize()
    kind = name.freqstr[0]
    if "DMQY".find(said.freq) > "DMQY".find(kind):
        return False
    return pd.Period(said.at, name.freq) == name


def _bare_month(name: Any, text: str) -> bool | None:
    """A month said without its year, or a year alone."""
    if not isinstance(name, pd.Period):
        return None
    if name.freqstr.startswith("Y"):
        years = [each.value for each in numbers(text) if 1900 <= each.value <= 2200 and each.value % 1 == 0]
        return years[0] == name.year if years else None
    months = re.findall(
        r"\b(january|february|march|april|may|june|july|august|september|october|november|december)\b", text
    )
    if name.freqstr.startswith("M") and months:
        return name.strftime("%B").lower() == months[0]
    return None
