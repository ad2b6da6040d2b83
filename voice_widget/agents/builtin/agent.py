"""The built-in agent of `serve`: a stand-in that needs no model, no key and no network.

For development and tests of voice clients: it always answers, always the same to the same, calls the tools of
the session when they are named, and says what it is. It understands nothing, and does not pretend to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from voice_widget.agents import Hints, Message, Piece, ToolCall, Turn
from voice_widget.agents.assistant.language import numbers, speaking
from voice_widget.agents.assistant.language.words import split
from voice_widget.agents.builtin import filling, toolbox
from voice_widget.agents.builtin.arithmetic import Impossible, calculate
from voice_widget.agents.repeating import NOT_KEPT, Kind, left_off, rest_said

_EXACTLY = re.compile(
    r"\b(?:say|repeat|read)\s+(?:out\s+)?(?:exactly|verbatim|word for word)\b[^:\n]*[:\n]\s*(.+)\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_SAY = re.compile(
    r"^(?:please )?(?:just |only )?(?:say|tell (?:the user|them)(?: that)?|(?:answer|reply|respond)(?: "
    r"only)?(?: with)?)\b[\s:,]*"
    r"[\"\u201c']([^\"\u201c\u201d]+)[\"\u201d']",
    re.IGNORECASE,
)
_ONLY = re.compile(_SAY.pattern + r"[.!]*", re.IGNORECASE)
"""Nothing but that: to be heeded whatever the user has said."""
_GREET = re.compile(r"^(?:please )?(?:greet|welcome|say (?:hello|hi)|introduce yourself)\b", re.IGNORECASE)
_PART = re.compile(r"^(?:please )?say (?:goodbye|bye)\b", re.IGNORECASE)
_ASKED = re.compile(r"\bTo call (.+?) I need the (.+?)(?:, which is .*)?\. Which one\?\s*\Z", re.DOTALL)
_IMAGE = re.compile(r"\[(?:(\w+) )?image(?:, ([\d,]+ bytes))?\]")
_ABOUT_INSTRUCTIONS = (
    r"\byour (?:instructions|(?:system )?prompt)\b|\bfollow \w* ?instructions\b"
    r"|\bpretend\b|\bact (?:as|like)\b"
)
_GO_ON = r"^(?:please )?(?:go on|go ahead|continue|carry on|keep going)(?: please)?$"
_AGAIN = r"\b(?:repeat that|say (?:that|it) again|what did you say|come again|once more)\b"
_THANKS = r"^(?:thanks|thank you)\b"
_ENOUGH = r"^(?:never mind|cancel|stop|forget it)$"
_MOST_COUNTED = 30
_COMMANDS = (
    *("hello", "good morning", "good evening", "thank you", "thanks", "goodbye", "never mind"),
    *("who are you", "what are you", "what can you do", "what can i say", "help"),
    *("what are your instructions", "follow your instructions"),
    *("what time is it", "what is the time", "what is the date", "what day is it"),
    *("go on", "say that again", "repeat that", "what did you say", "how many questions"),
)
_SUMS = ("plus", "minus", "times", "divided by")


class Assistant:
    """Greets, tells the time, counts, calculates, calls tools that are named, and repeats the rest.

    Args:
        clock: Gives the time, for those who ask.

    Example:
        >>> " ".join(Assistant()(Turn("what is seven times six")))
        'That is 42.'
        >>> " ".join(Assistant()(Turn("the sky is blue")))
        'You said: the sky is blue.'
    """

    def __init__(self, clock: Callable[[], datetime] = datetime.now) -> None:
        self._clock = clock

    def hints(self) -> Hints:
        """What it understands."""
        said = [numbers.spell(n) for n in (*range(21), *range(30, 101, 10))]
        sums = (
            f"what is {left} {sign} {right}"
            for step, sign in enumerate(_SUMS, 1)
            for left, right in zip(said, said[step:] + said[:step], strict=True)
        )
        counts = (f"count to {number}" for number in said)
        return Hints((*_COMMANDS, *counts, *sums, "half of", "percent of", "the square root of"), tuple(said))

    def examples(self) -> list[str]:
        """A few sentences worth trying."""
        return ["What can you do?", "What is twelve times seven?", "Count to five."]

    def __call__(self, turn: Turn) -> Iterator[Piece]:
        """Answer a turn, sentence by sentence."""
        if match := _ONLY.fullmatch(" ".join(turn.instructions.split())):
            yield match[1].strip()
            return
        outputs = turn.results
        if outputs:
            yield from (f"{_reported(output)} " for output in outputs)
            return
        if match := _EXACTLY.search(turn.instructions):
            # How clients let an assistant speak a text of theirs.
            yield match[1].strip().strip('"\u201c\u201d')
            return
        if not turn.text.strip() and (told := _told(turn)):
            yield from _heeded(told)
            return
        if images := _IMAGE.findall(turn.text):
            yield from _looked(images)
            return
        yield from self._tool(turn) or self._talk(turn)

    # --- tools ----------------------------------------------------------------------------------------

    def _tool(self, turn: Turn) -> list[Piece]:
        """A call of the tool that is named, or a question for what it lacks."""
        if not turn.tools:
            return []
        resumed = _resumed(turn)
        if resumed is not None:
            tool, found, missing = resumed
        else:
            named = toolbox.choose(turn.text, turn.tools)
            if named is None and turn.tool_choice == "required":
                named = turn.tools[0]
            if named is None:
                return []
            tool = named
            found, missing = filling.fill(turn.text, tool)
        name = str(tool.get("name") or "")
        if not missing:
            return [ToolCall(name, found)]
        wanted = missing[0]
        about = wanted.schema.get("description")
        which = f", which is {about.strip().rstrip('.')}" if isinstance(about, str) and about.strip() else ""
        options = wanted.schema.get("enum")
        choice = ""
        if isinstance(options, list) and options:
            listed = speaking.listing([str(option) for option in options], last="or")
            choice = f"The {wanted.spoken} can be {listed}. "
        spoken = toolbox.spoken_name(name)
        return [f"{choice}To call {spoken} I need the {wanted.spoken}{which}. Which one?"]

    # --- talk -----------------------------------------------------------------------------------------

    def _talk(self, turn: Turn) -> list[str]:
        text = turn.text.strip()
        said = split(text)
        plain = " ".join(said)
        if not said:
            if any(message.role == "assistant" for message in turn.history):
                return ["I did not catch that. ", "Please say it again."]
            return ["Hello, I am the built-in agent of voice widget. ", "Ask me what I can do."]
        for pattern, reply in self._replies():
            if match := re.search(pattern, plain):
                answer = reply(turn, match)
                if answer:
                    return answer
        try:
            value = calculate(text)
        except Impossible as error:
            return [f"I cannot do that: {error}."]
        if value is not None:
            return [f"That is {speaking.number(value)}."]
        return [f"You said: {text.rstrip('.')}."]

    def _replies(self) -> tuple[tuple[str, Callable[[Turn, re.Match[str]], list[str]]], ...]:
        return (
            (_ABOUT_INSTRUCTIONS, self._instructions),
            (r"\b(?:who|what) are you\b|\byour name\b|\bare you (?:real|human|a|an)\b", self._who),
            (
                r"\bwhat can you do\b|\bwhat can i (?:say|ask)\b|^help\b|\bwhich tools\b|\bwhat tools\b",
                self._help,
            ),
            (r"\b(?:what time|the time|what s the time|time is it)\b|^time$", self._time),
            (r"\bwhat day\b|\b(?:the|what) date\b|\bwhich day\b|\btoday s date\b", self._date),
            (r"\bcount (?:from (.+) )?(?:up )?to (.+)", self._count),
            (r"\bhow many (?:turns|messages|questions)\b|\bhow often have i spoken\b", self._turns),
            (_GO_ON, self._gone_on),
            (_AGAIN, self._again),
            (r"^(?:please )?(?:repeat after me|repeat|say) (.+)", self._say),
            (r"^(?:hello|hi|hey|good (?:morning|afternoon|evening)|greetings)\b", self._hello),
            (_THANKS, lambda turn, match: ["You are welcome."]),
            (r"^(?:bye|goodbye|good bye|see you|good night)\b", lambda turn, match: ["Goodbye."]),
            (_ENOUGH, lambda turn, match: ["Alright."]),
        )

    def _instructions(self, turn: Turn, match: re.Match[str]) -> list[str]:
        if not turn.instructions:
            return ["I was given no instructions. ", "I am a stand-in without a language model."]
        said = " ".join(turn.instructions.split())
        said = said if len(said) <= 200 else said[:200].rsplit(" ", 1)[0] + " and so on"
        return [
            f"My instructions are: {said.rstrip('.')}. ",
            "I cannot follow them: I am a stand-in without a language model.",
        ]

    def _who(self, turn: Turn, match: re.Match[str]) -> list[str]:
        return [
            "I am the built-in agent of voice widget. ",
            "I have no language model; I am here so that voice clients have someone to talk to.",
        ]

    def _help(self, turn: Turn, match: re.Match[str]) -> list[str]:
        names = [toolbox.spoken_name(str(tool.get("name") or "")) for tool in turn.tools]
        tools = [f"I can call {speaking.listing(names)}. "] if names else []
        return [
            "I can tell the time and the date, count, and do simple arithmetic. ",
            *tools,
            "Everything else I repeat.",
        ]

    def _time(self, turn: Turn, match: re.Match[str]) -> list[str]:
        now = self._clock()
        return [f"It is {now.hour}:{now.minute:02d}."]

    def _date(self, turn: Turn, match: re.Match[str]) -> list[str]:
        today = self._clock()
        return [f"Today is {today:%A}, {speaking.value(today.date())}."]

    def _count(self, turn: Turn, match: re.Match[str]) -> list[str]:
        first = numbers.find(split(match[1])) if match[1] else None
        last = numbers.find(split(match[2]))
        if not last or (match[1] and not first):
            return []
        begin, end = first[0].value if first else 1.0, last[0].value
        if begin != int(begin) or end != int(end):
            return ["I only count whole numbers."]
        if abs(end - begin) >= _MOST_COUNTED:
            return [f"That is too far: I count {_MOST_COUNTED} numbers at most."]
        step = 1 if end >= begin else -1
        counted = [str(n) for n in range(int(begin), int(end) + step, step)]
        # Sentence by sentence, so that there is something to interrupt.
        return [", ".join(counted[at : at + 5]) + ". " for at in range(0, len(counted), 5)]

    def _turns(self, turn: Turn, match: re.Match[str]) -> list[str]:
        count = 1 + sum(message.role == "user" for message in turn.history)
        return [f"You have spoken {speaking.count(count, 'times')}."]

    def _again(self, turn: Turn, match: re.Match[str]) -> list[str]:
        said = next((m.text for m in reversed(turn.history) if m.role == "assistant"), "")
        return [said or "I have not said anything yet."]

    def _gone_on(self, turn: Turn, match: re.Match[str]) -> list[str]:
        """What of the last answer was not heard; its tools are not called again."""
        place, heard = left_off(turn.history, _asks)
        if place is None:
            return ["I have not said anything yet."]
        results = [message for message in turn.history[place:] if message.role == "tool"]
        history = (*turn.history[:place], *results)
        pieces = list(self(replace(turn, text=turn.history[place].text, history=history)))
        if any(isinstance(piece, ToolCall) for piece in pieces):
            return [NOT_KEPT]
        return [rest_said("".join(map(str, pieces)), heard)]

    def _say(self, turn: Turn, match: re.Match[str]) -> list[str]:
        # As it was written, not as it was compared.
        found = re.search(r"\b(?:repeat after me|repeat|say)\b[\s:,]*(.+)", turn.text, re.I | re.S)
        return [found[1].strip()] if found else []

    def _hello(self, turn: Turn, match: re.Match[str]) -> list[str]:
        if any(message.role == "assistant" for message in turn.history):
            return ["Hello again."]
        return ["Hello, I am the built-in agent of voice widget. ", "Ask me what I can do."]


def _looked(images: list[tuple[str, str]]) -> Iterator[str]:
    """What is known of images without looking."""
    for kind, size in images:
        yield " ".join(filter(None, ["That is an image:", kind, size])).rstrip(":") + ". "
    yield "I cannot look at it: I am a stand-in without a language model."


def _asks(text: str) -> Kind:
    plain = " ".join(split(text))
    if re.search(_GO_ON, plain):
        return "go_on"
    if re.search(_AGAIN, plain):
        return "again"
    return "aside" if re.search(f"{_THANKS}|{_ENOUGH}", plain) else "question"


def _told(turn: Turn) -> str:
    """What is to be done where the user has said nothing new: a system message, or the instructions."""
    last = turn.history[-1] if turn.history else None
    if last is not None and last.role == "system":
        return last.text
    return turn.instructions


def _heeded(told: str) -> list[str]:
    """What a short instruction asks to be said; of any other, that it cannot be followed."""
    plain = " ".join(told.split())
    if match := _EXACTLY.search(told) or _SAY.search(plain):
        return [match[1].strip().strip('"\u201c\u201d')]
    if _GREET.search(plain):
        return ["Hello, I am the built-in agent of voice widget. ", "Ask me what I can do."]
    if _PART.search(plain):
        return ["Goodbye."]
    said = plain if len(plain) <= 200 else plain[:200].rsplit(" ", 1)[0] + " and so on"
    return [
        f"I was told: {said.rstrip('.')}. ",
        "I cannot follow that: I am a stand-in without a language model.",
    ]


def _reported(output: Message) -> str:
    name = speaking.title(toolbox.spoken_name(output.name) if output.name else "the tool")
    failed, text = toolbox.outcome(output.text)
    if not text:
        return f"{name} says nothing."
    return f"{name} {'failed' if failed else 'says'}: {text.rstrip('.')}."


def _resumed(turn: Turn) -> tuple[toolbox.Tool, dict[str, object], list[toolbox.Parameter]] | None:
    """The call that the assistant has just asked a parameter for, with what the user says to that."""
    said = [message for message in turn.history if message.role in ("user", "assistant")]
    answers, place = [turn.text], len(said) - 1
    asked: list[tuple[str, str]] = []
    while place >= 1 and said[place].role == "assistant" and said[place - 1].role == "user":
        match = _ASKED.search(said[place].text)
        if match is None:
            break
        asked.insert(0, (match[1], match[2]))
        answers.insert(0, said[place - 1].text)
        place -= 2
    if not asked or re.search(_ENOUGH, " ".join(split(turn.text))):
        return None
    tool = next(
        (t for t in turn.tools if toolbox.spoken_name(str(t.get("name") or "")) == asked[-1][0]), None
    )
    if tool is None:
        return None
    found, _ = filling.fill(answers[0], tool)
    known = {parameter.spoken: parameter for parameter in toolbox.required(tool)}
    for (_, spoken), text in zip(asked, answers[1:], strict=True):
        parameter = known.get(spoken)
        value = filling.answer(text, parameter) if parameter is not None else None
        if parameter is not None and value is not None:
            found[parameter.name] = value
    return tool, found, [p for p in known.values() if p.name not in found]
