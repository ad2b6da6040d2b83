import itertools
import math

import pytest

from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.recognisers.language_model import arpa, sentences, vocabulary

TALK = ["mean of tip", "mean of bill", "sort by tip"]


def read(text: str) -> tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], float]]:
    """Probabilities and backoff weights of an ARPA text."""
    chances, weights, order = {}, {}, 0
    for line in text.splitlines():
        if line.endswith("-grams:"):
            order = int(line[1])
        elif order and line and not line.startswith("\\"):
            log, *rest = line.split()
            gram = tuple(rest[:order])
            chances[gram] = 10 ** float(log)
            weights[gram] = 10 ** float(rest[order]) if len(rest) > order else 1.0
    return chances, weights


def chance(model, history, word):
    chances, weights = model
    if (*history, word) in chances:
        return chances[(*history, word)]
    return weights.get(history, 1.0) * chance(model, history[1:], word)


def test_after_any_history_the_chances_sum_to_one():
    model = read(arpa(TALK))
    words = [g[0] for g in model[0] if len(g) == 1 and g[0] != "<s>"]
    for history in [("mean", "of"), ("of",), ("<s>", "sort"), ("tip", "tip"), ()]:
        assert math.fsum(chance(model, history, w) for w in words) == pytest.approx(1, abs=0.01)


def test_what_was_said_is_likelier_than_what_was_not():
    model = read(arpa(TALK))
    assert chance(model, ("mean", "of"), "tip") > 10 * chance(model, ("mean", "of"), "sort")
    assert chance(model, ("mean", "of"), "please") > 0


def test_the_header_counts_the_grams():
    text = arpa(TALK)
    chances, _ = read(text)
    for order in (1, 2, 3):
        assert f"ngram {order}={sum(len(g) == order for g in chances)}\n" in text


def test_a_sentence_with_a_word_that_cannot_be_spoken_is_left_out():
    chances, _ = read(arpa(TALK, lambda word: word != "bill"))
    assert not any("bill" in g for g in chances)
    assert ("mean", "of", "tip") in chances


def test_slots_are_filled_by_each_word():
    made = sentences(Hints(("mean of {column}", "how many rows"), ("total_bill", "Tip")))
    assert made == ["mean of total bill", "mean of tip", "how many rows", "total bill", "tip"]


def test_several_slots_get_samples_and_the_same_each_time():
    hints = Hints(("{a} by {b}",), ("one", "two", "three", "four"))
    made = sentences(hints)
    assert made == sentences(hints)
    pairs = {tuple(s.split(" by ")) for s in made if " by " in s}
    assert len(pairs) > 8
    assert pairs <= set(itertools.product(hints.words, hints.words))


def test_too_many_phrases_are_sampled_and_words_always_stay():
    made = sentences(Hints(tuple(f"phrase {'a' * n}" for n in range(1, 200)), ("tip",)), most=50)
    assert len(made) == 51
    assert made[-1] == "tip"


def test_slots_without_words_say_nothing():
    assert sentences(Hints(("mean of {column}",))) == []
    assert sentences(Hints()) == []


def test_common_words_are_in_the_vocabulary():
    assert {"please", "tip", "mean"} <= set(vocabulary(TALK))
