"""Docstrings as people write them."""

from __future__ import annotations

import pytest

from voice_widget.tools.docstrings import about, about_arguments
from voice_widget.tools.tool import Tool

GOOGLE = """Book a table.

    At once, without asking.

    Args:
        day: Its name,
            in English: *Sunday*.
        seats (int): How many.
        **more: Wishes.

    Returns:
        day: Not an argument.
    """
NUMPY = """Book a table.

    At once, without asking.

    Parameters
    ----------
    day : str
        Its name,
        in English: *Sunday*.
    seats : int, optional
        How many.
    **more
        Wishes.

    Returns
    -------
    str
        What the house says.
    """
SPHINX = """Book a table.

    At once, without asking.

    :param day: Its name,
        in English: *Sunday*.
    :param int seats: How many.
    :param more: Wishes.
    :returns: What the house says.
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_what_it_says_is_found_whole(text: str) -> None:
    assert about(text) == "Book a table.\n\nAt once, without asking."
    assert about_arguments(text) == {
        "day": "Its name, in English: *Sunday*.",
        "seats": "How many.",
        "more": "Wishes.",
    }


@pytest.mark.parametrize("text", ["", "Book a table: now.", "Args:", "Args:\n\n", "Parameters\n----------"])
def test_what_says_nothing_of_arguments_gives_none(text: str) -> None:
    assert about_arguments(text) == {}


def test_a_tool_tells_the_model_so() -> None:
    def book(day: str) -> str:
        """Book a table.

        Parameters
        ----------
        day : str
            Its name,
            in English.
        """
        return day

    spec = Tool(book).spec
    assert spec["description"] == "Book a table."
    assert spec["parameters"]["properties"]["day"]["description"] == "Its name, in English."
