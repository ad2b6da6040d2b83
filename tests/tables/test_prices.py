"""What a talk costs: each token once, by its own price, and nothing where something is not known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tables.made import metrics_frame
from tests.tables.test_metrics import USAGE, used
from voice_widget.errors import SettingError
from voice_widget.tables.metrics import metrics_row
from voice_widget.tables.prices import OPENAI_PRICES, PARTS, checked_prices, cost_of, price_of

PRICE = {"input_text": 4.0, "cached_text": 0.4, "input_audio": 32.0, "cached_audio": 0.4}
PRICE |= {"output_text": 16.0, "output_audio": 64.0}


def cost(usage: dict[str, Any], price: dict[str, float] = PRICE) -> float | None:
    return metrics_row(used(usage, model="m"), None, {"m": price})["cost"]


def test_cached_tokens_are_paid_once_and_as_cached():
    # 20 + 52 uncached, 100 + 28 cached, 20 + 40 out
    assert cost(USAGE) == pytest.approx((20 * 4 + 52 * 32 + 128 * 0.4 + 20 * 16 + 40 * 64) / 1e6)


def test_the_table_has_it_where_the_model_has_a_price():
    table = metrics_frame([used(USAGE, model="m"), used(USAGE, model="other"), used(USAGE)], [], {"m": PRICE})
    assert table["cost"].isna().tolist() == [False, True, True]
    assert metrics_frame([used(USAGE)])["cost"].isna().all()


@pytest.mark.parametrize("part", sorted(PRICE))
def test_without_one_price_nothing_is_known(part: str):
    assert cost(USAGE, {name: price for name, price in PRICE.items() if name != part}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"input_tokens": 201},
        {"output_tokens": 61},
        {"input_tokens": None},
        {"output_tokens": None},
        {"input_token_details": None},
        {"input_token_details": {"text_tokens": 120, "audio_tokens": 80, "cached_tokens": 128}},
    ],
)
def test_counts_that_do_not_add_up_have_no_cost(change: dict[str, Any]):
    assert cost(USAGE | change) is None


def test_what_was_thought_is_paid_as_text_and_once():
    beside = {"text_tokens": 20, "audio_tokens": 30, "reasoning_tokens": 10}
    within = {"text_tokens": 30, "audio_tokens": 30, "reasoning_tokens": 10}
    costs = [cost(USAGE | {"output_token_details": details}) for details in (beside, within)]
    assert costs[0] == costs[1] is not None


def test_sound_is_paid_by_the_minute():
    assert cost_of({"audio_seconds": 90.0}, {"minute": 0.02}) == pytest.approx(0.03)
    assert cost_of({"audio_seconds": 90.0}, PRICE) is None


def test_a_dated_model_has_the_prices_of_its_name():
    prices = {"m": {"minute": 1.0}, "m-2026-01-02": {"minute": 2.0}}
    found = [price_of(name, prices) for name in ("m", "m-2026-01-02", "m-2026-03-04", "m-mini", None)]
    assert found == [prices["m"], prices["m-2026-01-02"], prices["m"], None, None]


def test_openais_prices_are_prices():
    assert checked_prices(OPENAI_PRICES) == OPENAI_PRICES
    # Cached input costs a hundredth of new sound, and output is dearer than input.
    for model, price in OPENAI_PRICES.items():
        if "minute" not in price:
            assert price["cached_audio"] < price["input_audio"] < price["output_audio"], model


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        (3, "no dict by model"),
        ({"m": 3}, "no dict by part"),
        ({3: {}}, "no dict by part"),
        ({"m": {"audio_input": 3}}, "no part 'audio_input'"),
        ({"m": {"input_audio": "3"}}, "price of input_audio is '3'"),
        ({"m": {"input_audio": True}}, "price of input_audio is True"),
        ({"m": {"input_audio": -1}}, "price of input_audio is -1"),
        ({"m": {"input_audio": float("nan")}}, "price of input_audio is nan"),
    ],
)
def test_what_are_no_prices_is_refused(prices: Any, words: str):
    with pytest.raises(SettingError, match=words) as raised:
        checked_prices(prices)
    assert raised.value.next_step


def test_every_part_may_have_a_price():
    given = {"m": dict.fromkeys(PARTS, 1)}
    assert checked_prices(given) == {"m": dict.fromkeys(PARTS, 1.0)}
