import numpy as np
import pytest

from voice_widget.engine.stages.recognisers.invented import (
    Heard,
    believed,
    better,
    doubtful,
    echoes,
    silent,
    too_fast,
)


@pytest.mark.parametrize(
    ("text", "log_probability", "no_speech", "seconds", "left"),
    [
        ("How many rows are there?", -0.2, 0.05, 2.0, "How many rows are there?"),
        ("Thank you.", -1.4, 0.8, 1.0, ""),  # a cough
        ("Wooooo", -0.4, 0.83, 2.0, ""),  # sure of itself, but nobody spoke
        ("I don't know.", -1.2, 0.53, 2.0, ""),  # hiss
        ("Fail better.", -0.42, 0.6, 2.0, "Fail better."),  # in loud noise
        ("Beep beep beep beep beep beep", -0.2, 0.6, 4.0, ""),  # a tune
        ("Okay.", -0.7, 0.43, 0.8, "Okay."),  # a short word, not very clear
        ("Stop.", -1.8, 0.15, 0.8, "Stop."),
        ("...", -0.5, 0.1, 1.0, ""),
        ("", -0.5, 0.1, 1.0, ""),
        ("Yes. Yes. Yes. Yes. Yes. Yes.", -0.1, 0.1, 0.75, "Yes."),
        ("no, no, no", -0.2, 0.1, 1.1, "no, no, no"),  # that can be said
        ("Sort by day. Sort by day. Sort by", -0.1, 0.1, 1.2, "Sort by day."),
        ("Please sort by day by day by day by day by", -0.1, 0.1, 1.2, "Please sort by day"),
        ("Ja ja, das ist gut so", -0.1, 0.1, 0.4, "Ja ja, das ist gut so"),  # nothing comes again to the end
    ],
)
def test_what_is_believed(text, log_probability, no_speech, seconds, left):
    heard = believed(Heard(text, log_probability, no_speech, seconds))
    assert heard.text == left
    assert heard.log_probability == log_probability


def test_who_speaks_fast_is_not_too_fast():
    assert not too_fast(Heard("x" * 60, 0, 0, 3.0))
    assert too_fast(Heard("x" * 90, 0, 0, 3.0))
    assert not too_fast(Heard("Yes, sure.", 0, 0, 0.01))


@pytest.mark.parametrize(
    ("heard", "again"),
    [
        (Heard("How many rows?", -0.2, 0.1, 1.0), False),
        (Heard("How men rose?", -0.7, 0.1, 1.0), True),
        (Heard("Yes. " * 9, -0.1, 0.1, 1.0), True),
        (Heard("Thank you.", -1.4, 0.5, 1.0), False),  # perhaps nobody spoke: no work, and no second chance
    ],
)
def test_what_is_worth_hearing_again(heard, again):
    assert doubtful(heard) is again


def test_of_two_attempts_the_likelier_counts_unless_nobody_can_say_it():
    likely, unlikely = Heard("a", -0.2, 0.1, 1.0), Heard("b", -0.6, 0.1, 1.0)
    repeated = Heard("Yes. " * 9, -0.1, 0.1, 1.0)
    assert better(likely, unlikely) == better(unlikely, likely) == likely
    assert better(unlikely, repeated) == better(repeated, unlikely) == unlikely


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("sex, total bill, tip", True),
        ("Total bill tip size.", True),
        ("What is the average total bill by size?", False),
        ("total bill", False),  # can be an answer
        ("Show the total bill, tip, and size of the table on Sunday", False),
        ("", False),
    ],
)
def test_the_prompt_is_known_when_it_comes_back(text, echo):
    assert echoes(text, "sex, total bill, tip, size") is echo
    assert not echoes(text, "")


def test_silence_is_silent():
    assert silent(np.zeros(16000, np.int16))
    assert silent(np.random.default_rng(1).normal(0, 5, 16000).astype(np.int16))
    assert silent(np.full(100, 3000, np.int16))
    assert silent(np.zeros(0, np.int16))
    assert not silent(np.full(16000, -300, np.int16))
