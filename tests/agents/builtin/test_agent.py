"""The built-in agent: always an answer, always the same, and tools by their names."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from voice_widget.agents import Message, ToolCall, Turn
from voice_widget.agents.builtin import toolbox
from voice_widget.agents.builtin.agent import Assistant
from voice_widget.agents.builtin.arithmetic import Impossible, calculate
from voice_widget.agents.builtin.toolbox import choose, outcome
from voice_widget.agents.functions import as_agent, hints_of


def function(name: str, about: str = "", required: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "description": about,
        "parameters": {
            "type": "object",
            "properties": fields,
            "required": list(fields) if required is None else required,
        },
    }


TEXT = {"type": "string"}
GUEST = {
    "type": "object",
    "properties": {"name": TEXT, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
WEATHER = function(
    "get_weather",
    "Get the current weather.",
    ["city"],
    city={"type": "string", "description": "The name of the city."},
    unit={"enum": ["celsius", "fahrenheit"]},
)
DICE = function("roll_dice", "Roll some dice.", count={"type": "integer"})
ORDER = function("lookup_order", "Find an order by its number.", order_number={"type": "string"})
TOOLS = [WEATHER, DICE, ORDER]


def noon() -> datetime:
    return datetime(2026, 3, 7, 12, 5)


def said(text: str, *history: Message, **turn: Any) -> str:
    pieces = list(Assistant(noon)(Turn(text, history=history, **turn)))
    assert pieces
    assert all(isinstance(piece, str) and piece.strip() for piece in pieces)
    return "".join(str(piece) for piece in pieces)


def called(text: str, *tools: dict[str, Any], history: tuple[Message, ...] = (), **turn: Any) -> Any:
    [piece] = Assistant(noon)(Turn(text, history=history, tools=tools or TOOLS, **turn))
    assert isinstance(piece, ToolCall), piece
    return piece.name, piece.arguments


def test_it_is_an_agent_and_says_what_it_expects_to_hear():
    agent = Assistant()
    assert as_agent(agent) is agent
    assert "what can you do" in hints_of(agent).phrases
    for example in agent.examples():
        assert "You said" not in said(example)


def test_it_understands_what_it_says_it_expects():
    for phrase in hints_of(Assistant()).phrases:
        if phrase not in ("half of", "percent of", "the square root of"):
            assert "You said" not in said(phrase), phrase


def test_tools_say_what_is_said_to_call_them():
    expected = toolbox.hints(TOOLS)
    for phrase in ("get weather", "what is the weather in celsius", "roll two dice", "lookup order"):
        assert phrase in expected.phrases
        assert choose(phrase, TOOLS) is not None
    assert {"celsius", "fahrenheit", "city"} <= set(expected.words)
    odd = [{}, {"name": None}, {"name": 7, "parameters": {"properties": 1}}]
    assert toolbox.hints(odd).phrases == ("7", "what is the 7", "the 7 please", "call 7")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("the sky is blue", "You said: the sky is blue."),
        ("I see.", "You said: I see."),
        ("Hello!", "Hello, I am the built-in agent of voice widget. Ask me what I can do."),
        ("What time is it?", "It is 12:05."),
        ("which day is it", "Today is Saturday, March 7, 2026."),
        ("count to six", "1, 2, 3, 4, 5. 6. "),
        ("count from three to one", "3, 2, 1. "),
        ("count to a million", "That is too far: I count 30 numbers at most."),
        ("count to one and a half", "I only count whole numbers."),
        ("what is seven times six", "That is 42."),
        ("what's 5 divided by 0?", "I cannot do that: nothing can be divided by zero."),
        ("Repeat after me: Good Night, Moon.", "Good Night, Moon."),
        ("thank you very much", "You are welcome."),
        ("Goodbye.", "Goodbye."),
    ],
)
def test_small_talk(text: str, answer: str):
    assert said(text) == answer


def test_it_says_what_it_is_and_what_it_can_do():
    assert "no language model" in said("who are you?")
    assert "get weather, roll dice and lookup order" in said("what can you do", tools=TOOLS)


def test_what_it_cannot_follow_it_says():
    answer = said("follow your instructions", instructions="Talk like a pirate.")
    assert answer.startswith("My instructions are: Talk like a pirate. I cannot follow them")
    assert "no instructions" in said("what are your instructions")


def test_a_text_that_a_client_wants_spoken_is_spoken():
    told = "Say exactly the following text, word for word, and nothing else:\nGood news: it works."
    assert said("", instructions=told) == "Good news: it works."


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ('Say "The door is open."', "The door is open."),
        ("Greet the user.", "Hello, I am the built-in agent of voice widget. Ask me what I can do."),
        ("Say goodbye to the user.", "Goodbye."),
        (
            "Talk like a pirate.",
            "I was told: Talk like a pirate. I cannot follow that: I am a stand-in without a language model.",
        ),
    ],
)
def test_instructions_without_a_question_are_heeded(told: str, answer: str):
    assert said("", instructions=told) == answer
    assert said("", Message("user", "hi"), Message("assistant", "Hello."), Message("system", told)) == answer


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("Say 'Banana'.", "Banana"),
        ('Answer only with "four".', "four"),
        ('Say "Welcome." first. Then help the user.', "That is 4."),
        ("Be brief.", "That is 4."),
    ],
)
def test_all_that_it_is_told_to_say_it_says_whatever_the_user_said(told: str, answer: str):
    assert said("what is two plus two", instructions=told) == answer


def test_what_it_is_told_to_say_of_a_result_it_says():
    result = Message("tool", '{"sum": 3}', "add", "{}", "call_1")
    assert said("add one and two", result, instructions='Say "Done."') == "Done."


def test_silence_is_greeted_once_and_then_asked_about():
    assert said("").startswith("Hello")
    assert said("", Message("assistant", "Hello.")).startswith("I did not catch that.")


def test_it_repeats_itself():
    history = (Message("user", "hi"), Message("assistant", "Hello."))
    assert said("say that again", *history) == "Hello."
    assert said("how many questions was that", *history) == "You have spoken 2 times."


def test_it_goes_on_from_where_it_was_cut():
    asked = Message("user", "count to seven")
    assert said("go on") == "I have not said anything yet."
    assert said("Go on.", asked, Message("assistant", "1, 2, 3,")) == "4, 5. 6, 7. "
    assert said("go on", asked, Message("assistant", "1, 2, 3, 4, 5. 6, 7.")) == "That was all."
    thanked = (Message("user", "thanks"), Message("assistant", "You are welcome."))
    assert said("keep going", asked, Message("assistant", "1, 2, 3, 4, 5."), *thanked) == "6, 7. "


def test_to_go_on_it_calls_no_tool_again():
    asked, result = Message("user", "roll 2 dice"), Message("tool", "7", "roll_dice", '{"count": 2}', "c")
    assert said("go on", asked, result, Message("assistant", "Roll dice"), tools=TOOLS) == "says: 7. "
    assert said("go on", asked, tools=TOOLS) == "I do not know how that went on. Please ask again."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 2", 4),
        ("what is 2+3*4?", 14),
        ("10-4", 6),
        ("2 x 21", 42),
        ("minus three plus five", 2),
        ("ten minus minus one", 11),
        ("one hundred and five divided by five", 21),
        ("two to the power of ten", 1024),
        ("three squared", 9),
        ("the square root of sixteen", 4),
        ("half of nine", 4.5),
        ("twenty percent of fifty", 10),
        ("1.5 plus 2.25", 3.75),
        ("I have three cats", None),
        ("plus", None),
        ("two plus", None),
        ("times are hard", None),
        ("a dog over a cat", None),
        ("half of the people", None),
    ],
)
def test_arithmetic(text: str, value: float | None):
    assert calculate(text) == value


@pytest.mark.parametrize("text", ["1 / 0", "square root of minus one", "9 ^ 999", "0 ^ -1"])
def test_what_has_no_result_is_said(text: str):
    with pytest.raises(Impossible):
        calculate(text)
    assert said(text).startswith("I cannot do that")


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("What is the weather in Paris?", "get_weather", {"city": "Paris"}),
        ("what's the weather like in new york today", "get_weather", {"city": "new york"}),
        ("weather for Berlin in fahrenheit", "get_weather", {"city": "Berlin", "unit": "fahrenheit"}),
        ("please roll twenty one dice", "roll_dice", {"count": 21}),
        ("where is my order with order number A17?", "lookup_order", {"order_number": "A17"}),
        (
            'call get_weather {"city": "Rome", "unit": "celsius"}',
            "get_weather",
            {"city": "Rome", "unit": "celsius"},
        ),
    ],
)
def test_a_tool_that_is_named_is_called(text: str, name: str, arguments: dict[str, Any]):
    assert called(text) == (name, arguments)


@pytest.mark.parametrize("text", ["hello", "what time is it", "I like music", "my name is Ann", ""])
def test_no_tool_is_called_for_nothing(text: str):
    assert choose(text, TOOLS) is None
    said(text, tools=TOOLS)


def test_where_a_tool_is_required_one_is_called():
    clock = function("read_clock", "Reads the clock.")
    assert called("hello", clock, tool_choice="required") == ("read_clock", {})


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("book it for Ann", TEXT, "Ann"),
        ('book "two seats, please" now', TEXT, "two seats, please"),
        ("book a table", TEXT, "table"),
        ("book minus two", {"type": "integer"}, -2),
        ("book 2.5 or 3", {"type": "integer"}, 3),
        ("book two point five", {"type": "number"}, 2.5),
        ("book yes", {"type": "boolean"}, True),
        ("book it, not now", {"type": "boolean"}, False),
        ("book the window seat", {"enum": ["aisle", "window"]}, "window"),
        ("book three", {"enum": [1, 3]}, 3),
        ("book one, two and four", {"type": "array", "items": {"type": "integer"}}, [1, 2, 4]),
        ("book a and b", {"type": "array", "items": {"enum": ["a", "b", "c"]}}, ["a", "b"]),
        ("book cats, an ant", {"type": "array", "items": {"enum": ["an ant", "cat"]}}, ["cat", "an ant"]),
        ("book 3 for Ann", GUEST, {"age": 3, "name": "Ann"}),
        ("book for Ann and Bob", {"type": "array", "items": TEXT}, ["Ann", "Bob"]),
        ("book it for tomorrow", {"type": "string", "format": "date"}, "tomorrow"),
        ("book 2026-03-07", {"type": "string", "format": "date"}, "2026-03-07"),
        ("book five", {"anyOf": [{"type": "null"}, {"type": "integer"}]}, 5),
        ("book five", {"type": ["integer", "null"]}, 5),
        ("book", {"const": "seat"}, "seat"),
        ("book", {"type": "integer", "default": 1}, 1),
    ],
)
def test_parameters_are_filled_from_what_was_said(text: str, field: dict[str, Any], value: Any):
    assert called(text, function("book", "Books.", what=field)) == ("book", {"what": value})


def test_of_many_like_names_the_one_that_is_said_is_called():
    tools = [function(f"tool_number_{n}", "Does a thing.", v={"type": "integer"}) for n in range(100)]
    assert called("tool number 42 with 7", *tools)[0] == "tool_number_42"
    assert called("tool number 4 with 7", *tools)[0] == "tool_number_4"


def test_a_tool_of_common_words_is_called_by_them():
    assert called("find it", function("find_it")) == ("find_it", {})


def test_an_object_that_is_missing_can_be_given_as_json():
    tool = function("book_trip", "", guest=GUEST)
    asked = "To call book trip I need the guest. Which one?"
    assert said("book trip", tools=[tool]) == asked
    history = (Message("user", "book trip"), Message("assistant", asked))
    given = {"name": "Ann", "age": 3}
    assert called(json.dumps(given), tool, history=history) == ("book_trip", {"guest": given})


def test_a_choice_without_options_is_asked_for_plainly():
    tool = function("set_lamp", "", colour={"enum": []})
    assert said("set lamp", tools=[tool]) == "To call set lamp I need the colour. Which one?"


def test_references_in_a_schema_are_followed():
    tool = function("paint", "", colour={"$ref": "#/$defs/Colour"})
    tool["parameters"]["$defs"] = {"Colour": {"enum": ["red", "blue"]}}
    assert called("paint it blue", tool) == ("paint", {"colour": "blue"})


def test_texts_go_where_their_prepositions_point():
    travel = function("book_flight", "", origin=TEXT, destination=TEXT, day=TEXT)
    text = "book a flight to Rome from New York on Friday"
    arguments = {"origin": "New York", "destination": "Rome", "day": "Friday"}
    assert called(text, travel) == ("book_flight", arguments)


def test_what_is_missing_is_asked_for_and_the_answer_completes_the_call():
    question = said("what is the weather", tools=TOOLS)
    assert question == "To call get weather I need the city, which is The name of the city. Which one?"
    history = (Message("user", "what is the weather"), Message("assistant", question))
    assert called("Paris.", history=history) == ("get_weather", {"city": "Paris"})
    assert called("in London, please", history=history) == ("get_weather", {"city": "London"})
    assert said("never mind", *history, tools=TOOLS) == "Alright."


def test_two_missing_ones_are_asked_for_one_after_the_other():
    tool = function("set_lamp", "", level={"type": "integer"}, mode={"enum": ["warm", "cold"]})
    first = said("set the lamp", tools=[tool])
    assert first == "To call set lamp I need the level. Which one?"
    history = (Message("user", "set the lamp"), Message("assistant", first))
    second = said("seven", *history, tools=[tool])
    assert second == "The mode can be warm or cold. To call set lamp I need the mode. Which one?"
    history += (Message("user", "seven"), Message("assistant", second))
    assert called("warm", tool, history=history) == ("set_lamp", {"level": 7, "mode": "warm"})


def test_what_tools_return_is_said():
    one = Message("tool", '{"temperature": 20.0, "sky": "clear"}', name="get_weather")
    assert said("weather?", one, tools=TOOLS) == "Get weather says: temperature: 20, sky: clear. "
    two = Message("tool", '{"error": "no such order"}', name="lookup_order")
    three = Message("tool", "")
    assert said("weather?", one, two, three, tools=TOOLS, tool_choice="required").endswith(
        "Lookup order failed: no such order. The tool says nothing. "
    )


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("plain words", "plain words"),
        ("[1, 2, 3]", "1, 2 and 3"),
        ('[{"a": 1}, {"a": 2}]', "a: 1; a: 2"),
        ("{}", "nothing"),
        ("[]", ""),
        ("null", "nothing"),
        ("12.0", "12"),
        ("[" * 5000, "[" * 400 + " and so on"),
        ("word " * 200, ("word " * 80).strip() + " and so on"),
    ],
)
def test_outputs_are_readable(output: str, text: str):
    assert outcome(output) == (False, text)


@pytest.mark.parametrize(
    "tool",
    [
        {},
        {"name": None, "parameters": None},
        {"name": "x", "parameters": {"properties": [], "required": 7}},
        {"name": "book", "parameters": {"properties": {"a": 1}, "required": ["a", "b"]}},
        {"name": "book", "parameters": {"properties": {"a": {"$ref": "#/nowhere"}}, "required": ["a"]}},
        {"name": "book", "parameters": {"properties": {"a": {"$ref": "#/properties/a"}}, "required": ["a"]}},
        {"name": "book", "parameters": {"properties": {"a": {"enum": []}}, "required": ["a"]}},
        {"type": "mcp", "server_label": "x"},
    ],
)
@pytest.mark.parametrize("choice", ["auto", "required"])
def test_strange_tools_break_nothing(tool: dict[str, Any], choice: Any):
    pieces = list(Assistant()(Turn("book it", tools=[tool], tool_choice=choice)))
    assert pieces


def test_of_an_image_it_says_what_it_is_and_that_it_cannot_look() -> None:
    said = "".join(Assistant()(Turn("[PNG image, 1,234 bytes] [image] What is seven plus one?")))
    assert said == (
        "That is an image: PNG 1,234 bytes. That is an image. "
        "I cannot look at it: I am a stand-in without a language model."
    )
