"""A "not" of the verb of what is asked for is asked about; one that leaves out rows leaves them out."""

from __future__ import annotations

from functools import cache

import pytest

from tests.agents.assistant_questions.tables import table
from voice_widget.agents import Message
from voice_widget.agents.assistant.notebook import NotebookAssistant

GENTOO = "Do you mean the average body mass for Gentoo?"
MASS = "Without the “not”: The average body mass, the total, the highest or the lowest?"
WITHOUT = "Do you mean it without the “not”?"


@cache
def _agent(name: str) -> NotebookAssistant:
    return NotebookAssistant({name: table(name)})


def said(name: str, text: str, *before: Message) -> str:
    return "".join(piece for piece in _agent(name).answer(text, list(before)) if isinstance(piece, str))


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("penguins", "What doesn't Gentoo weigh on average?", GENTOO),
        ("penguins", "what does not gentoo weigh on average", GENTOO),
        ("penguins", "what does Gentoo not weigh on average", GENTOO),
        ("penguins", "what isn't the average mass of Gentoo", GENTOO),
        ("penguins", "what don't the Gentoo penguins weigh on average", GENTOO),
        ("penguins", "what don't the Gentoo penguins weigh", MASS),
        ("penguins", "how much doesn't Adelie weigh", MASS),
        ("penguins", "how heavy isn't gentoo", MASS),
        ("penguins", "what does gentoo never weigh", MASS),
        ("penguins", "how many penguins doesn't Dream have", "Do you mean the number of rows for Dream?"),
        ("penguins", "how many penguins does Dream not have", "Do you mean the number of rows for Dream?"),
        ("penguins", "what doesn't gentoo weigh at most", "Do you mean the highest body mass for Gentoo?"),
        ("penguins", "isn't gentoo the heaviest species", WITHOUT),
        ("penguins", "doesn't gentoo weigh the most", WITHOUT),
        ("orders", "how much didn't Germany spend", "Do you mean the total revenue for Germany?"),
        ("orders", "how many units didn't Germany order", "Do you mean the total units for Germany?"),
        ("orders", "how much haven't we earned", "Do you mean the total revenue?"),
        ("orders", "when didn't germany first order", WITHOUT),
        ("employees", "how much doesn't Tara Moreau earn", "Do you mean the salary for Tara Moreau?"),
        ("weather", "how cold didn't it get", "Do you mean the lowest temperature?"),
        ("log", "how many requests didn't search get", "Do you mean the number of rows for /search?"),
        (
            "penguins",
            "when didn't Gentoo weigh most",
            "I did not get that. I do not know what to do with “not”.",
        ),
    ],
)
def test_a_not_of_what_is_asked_for_is_asked_about(name: str, text: str, answer: str) -> None:
    assert said(name, text).startswith(answer)


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("penguins", "how many penguins do not live on Dream", "There are 220 penguins without Dream"),
        ("penguins", "how many don't live on Dream", "There are 220 penguins without Dream"),
        ("penguins", "which penguins are not Gentoo", "Here are 220 rows without Gentoo."),
        ("penguins", "who isn't gentoo", "Here are 220 rows without Gentoo."),
        ("penguins", "average mass of those that are not Gentoo", "The average body mass without Gentoo is"),
        ("penguins", "how heavy are those not gentoo on average", "The average body mass without Gentoo is"),
        ("penguins", "what share isn't gentoo", "About 63.95 percent of the rows are not Gentoo"),
        ("penguins", "what islands don't the gentoo live on", "I cannot tell which island has none"),
        ("orders", "how much revenue does not come from germany", "The total revenue without Germany is"),
        ("orders", "how many units weren't sold to germany", "The total units without Germany is 16836."),
        ("orders", "how many orders did not get returned", "There are 1077 orders for not returned"),
        (
            "employees",
            "what do people that don't work in sales earn on average",
            "The average salary without sales is",
        ),
        ("employees", "how many people do not get a bonus", "There are 41 employees with no known bonus"),
        ("log", "how many requests did not get search", "There are 69967 rows without /search"),
    ],
)
def test_a_not_that_leaves_rows_out_leaves_them_out(name: str, text: str, answer: str) -> None:
    assert said(name, text).startswith(answer)


def test_a_yes_gives_what_was_offered() -> None:
    text = "What doesn't Gentoo weigh on average?"
    before = Message("user", text), Message("assistant", said("penguins", text))
    assert said("penguins", "yes", *before) == said("penguins", "What does Gentoo weigh on average?")
