"""A function describes itself, and what a model writes is held to that."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from voice_widget.errors import SettingError
from voice_widget.realtime.wire.events import dump
from voice_widget.tools.tool import Tool


def book(day: str, seats: int = 2, where: Literal["inside", "outside"] = "inside") -> dict[str, Any]:
    """Book a table.

    Not for large groups.

    Args:
        day: The day of the week.
        seats (int): How many people.

    Returns:
        What was booked.
    """
    return {"day": day, "seats": seats, "where": where}


def test_a_function_describes_itself() -> None:
    spec = Tool(book).spec
    assert (spec["type"], spec["name"], spec["description"]) == (
        "function",
        "book",
        "Book a table.\n\nNot for large groups.",
    )
    properties = spec["parameters"]["properties"]
    assert properties["day"] == {"description": "The day of the week.", "type": "string"}
    assert properties["seats"] == {"description": "How many people.", "type": "integer", "default": 2}
    assert properties["where"]["enum"] == ["inside", "outside"]
    assert spec["parameters"]["required"] == ["day"]


def test_it_may_be_described_otherwise() -> None:
    spec = Tool(lambda day: day, name="look", description="Look at a day.").spec
    assert (spec["name"], spec["description"]) == ("look", "Look at a day.")


def test_a_parameter_may_have_any_name_that_python_allows() -> None:
    def save(copy: bool, json: str, model_config: int, _quietly: bool = False, schema: str = "") -> None: ...

    tool = Tool(save)
    assert list(tool.spec["parameters"]["properties"]) == [
        "copy",
        "json",
        "model_config",
        "_quietly",
        "schema",
    ]
    assert tool.arguments('{"copy": true, "json": "{}", "model_config": 3}') == {
        "copy": True,
        "json": "{}",
        "model_config": 3,
        "_quietly": False,
        "schema": "",
    }


def test_a_mistake_of_the_models_names_the_argument() -> None:
    with pytest.raises(ValueError, match=r"seats\n.*integer"):
        Tool(book).arguments('{"day": "Sun", "seats": "many"}')


def test_a_description_is_plain_json() -> None:
    class Text(str):
        pass

    class Kind:
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return handler(str)

        @classmethod
        def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
            return {"type": "string", "pattern": made}

    def take(kind: Any) -> None: ...

    take.__annotations__["kind"] = Kind
    made: Any = Text("a+")
    assert type(Tool(take).spec["parameters"]["properties"]["kind"]["pattern"]) is str
    made = object()
    with pytest.raises(SettingError, match="take cannot be described"):
        Tool(take)


def _large(given: dict[str, Any]) -> Iterator[bool]:
    yield given["seats"] > 10


@pytest.mark.parametrize(
    ("function", "options", "says"),
    [
        (42, {}, "not a int"),
        (lambda x: x, {}, "cannot be the name"),
        (book, {"name": "look up"}, "'look up' cannot be the name"),
        (book, {"timeout_s": 0}, "timeout_s must be a number of seconds above 0"),
        (book, {"cancel_on_interruption": "yes"}, "cancel_on_interruption must be True or False"),
        (book, {"cancel_on_interruption": True}, "book is a plain function, which nothing can cancel"),
        (book, {"filler": ["One moment.", " "]}, "cannot be spoken while a tool runs"),
        (book, {"filler": 5}, "5 cannot be spoken while a tool runs"),
        (book, {"filler_after_s": 0}, "filler_after_s must be a number of seconds above 0"),
        (book, {"speak_progress": 1}, "speak_progress must be True or False"),
        (book, {"background": 1}, "background must be True or False"),
        (book, {"description": 5}, "description must be a text, not int"),
        (book, {"needs_approval": "yes"}, "needs_approval must be True or False"),
        (book, {"needs_approval": _large}, "needs_approval of the tool book asks is a generator"),
        (book, {"approval_timeout_s": "1"}, "approval_timeout_s must be a number of seconds above 0"),
        (book, {"timeout_s": "soon"}, "timeout_s must be a number of seconds above 0"),
    ],
)
def test_what_is_no_tool_is_refused_at_once(function: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        Tool(function, **options)


def test_parameters_without_a_name_are_refused() -> None:
    def many(*values: int) -> None: ...

    with pytest.raises(SettingError, match="values"):
        Tool(many)


def test_what_pydantic_is_told_of_a_parameter_counts() -> None:
    def look(
        day: Annotated[str, Field(description="Which day")],
        rows: int = Field(5, ge=1),
        deep: Annotated[bool, Field(default=True)] = False,
    ) -> None: ...

    tool = Tool(look)
    properties = tool.spec["parameters"]["properties"]
    assert properties["day"]["description"] == "Which day"
    assert (properties["rows"]["default"], properties["rows"]["minimum"]) == (5, 1)
    assert tool.spec["parameters"]["required"] == ["day"]
    assert tool.arguments('{"day": "Sun"}') == {"day": "Sun", "rows": 5, "deep": False}
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        tool.arguments('{"day": "Sun", "rows": 0}')


def test_a_partial_function_is_named_and_described_as_what_it_calls() -> None:
    tool = Tool(functools.partial(book, day="Sun"))
    assert (tool.name, tool.spec["description"][:13]) == ("book", "Book a table.")
    assert tool.spec["parameters"]["required"] == []


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({}, 30),
        ({"background": True}, 600),
        ({"background": True, "timeout_s": 5}, 5),
        ({"timeout_s": None}, None),
    ],
)
def test_what_runs_in_the_background_may_take_longer(options: dict[str, Any], seconds: float | None) -> None:
    assert Tool(book, **options).timeout_s == seconds


def test_a_filler_is_one_text_or_several() -> None:
    assert Tool(book).filler == ()
    assert Tool(book, filler="One moment.").filler == ("One moment.",)
    assert Tool(book, filler=["One moment.", "Let me see."]).filler == ("One moment.", "Let me see.")


def test_an_option_that_it_does_not_have_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingError, match="Tool has no argument 'backgroud'") as raised:
        Tool(print, backgroud=True)  # type: ignore[call-arg]
    assert raised.value.next_step == "Did you mean 'background'?"


def test_a_default_that_is_no_json_is_left_out_without_a_word() -> None:
    def look(day: str, options: Any = object()) -> None: ...  # noqa: B008 - one such thing

    properties = Tool(look).spec["parameters"]["properties"]
    assert properties["options"] == {}
    assert Tool(look).arguments('{"day": "Sun"}')["options"] is look.__defaults__[0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("default", "words"),
    [
        (math.inf, "By default infinity."),
        (-math.inf, "By default minus infinity."),
        (math.nan, "By default not a number."),
        (Field(math.inf), "By default infinity."),
    ],
)
def test_a_default_that_json_has_no_number_for_is_told_in_words(default: Any, words: str) -> None:
    def find(day: str, limit: Any = default) -> None:
        """Find it.

        Args:
            limit: The most.
        """

    tool = Tool(find)
    limit = tool.spec["parameters"]["properties"]["limit"]
    assert limit == {"description": f"The most. {words}"}
    assert "limit" not in tool.spec["parameters"]["required"]
    assert dump(tool.spec)
    expected = default.default if isinstance(default, FieldInfo) else default
    assert repr(tool.arguments('{"day": "Sun"}')["limit"]) == repr(expected)


def test_so_it_is_within_a_parameter() -> None:
    class Range(BaseModel):
        low: float = 0.0
        high: float = math.inf

    def find(within: Range) -> None: ...

    find.__annotations__["within"] = Range
    high = Tool(find).spec["parameters"]["$defs"]["Range"]["properties"]["high"]
    assert (high["description"], "default" in high) == ("By default infinity.", False)


def _bounded(most: Annotated[float, Field(json_schema_extra={"maximum": math.inf})]) -> None: ...


def _described(most: Annotated[float, Field(description="Half a smile: \ud83d")]) -> None: ...


def _chosen(most: str = "\ud83d") -> None: ...


def _with_half_a_smile(most: float) -> None:
    """Smile: \ud83d."""


@pytest.mark.parametrize(
    ("function", "options", "says"),
    [
        (_bounded, {}, "The tool _bounded .* its parameter most has inf in it"),
        (_described, {}, r"The tool _described .* its parameter most has .* half of one, '\\ud83d'"),
        (_chosen, {}, "its parameter most has a character"),
        (_with_half_a_smile, {}, "The tool _with_half_a_smile .* its description has a character"),
        (book, {"description": "\udc00"}, "The tool book .* its description has a character"),
    ],
)
def test_what_no_service_can_be_sent_is_refused_by_the_name_of_its_parameter(
    function: Any, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingError, match=says):
        Tool(function, **options)


class _Desk:
    def book(self, seats: int) -> int:
        return seats


def test_a_method_without_its_object_is_refused() -> None:
    with pytest.raises(SettingError, match="The tool book is a method without its object"):
        Tool(_Desk.book)
    assert Tool(_Desk().book).spec["parameters"]["required"] == ["seats"]
    assert Tool(functools.partial(_Desk.book, _Desk())).spec["parameters"]["required"] == ["seats"]
