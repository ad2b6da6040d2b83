from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from tests.tables.made import metrics_frame
from tests.tables.test_transcript import row
from voice_widget import AgentError, ScriptedService, VoiceWidget
from voice_widget.realtime.state.changes import Used
from voice_widget.tables.metrics import metrics_row
from voice_widget.tables.schema import dtypes

USAGE = {
    "total_tokens": 260,
    "input_tokens": 200,
    "output_tokens": 60,
    "input_token_details": {
        "text_tokens": 120,
        "audio_tokens": 80,
        "image_tokens": 0,
        "cached_tokens": 128,
        "cached_tokens_details": {"text_tokens": 100, "audio_tokens": 28, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 20, "audio_tokens": 40},
}


def used(usage: Any, kind: Any = "response", **fields: Any) -> Used:
    values: dict[str, Any] = {
        "response_id": "resp_1" if kind == "response" else None,
        "item_id": "item_2",
        "call_id": "rtc_1",
        "status": "completed",
        "stop_reason": None,
        "model": "gpt-realtime-2.1",
        "started_at": 1_700_000_000.0,
        "arrived_at": 1_700_000_001.25,
    }
    return Used(kind, usage=usage, **(values | fields))


def test_cached_tokens_are_not_counted_twice():
    made = metrics_row(used(USAGE))
    assert (made["input_tokens"], made["output_tokens"], made["total_tokens"]) == (200, 60, 260)
    assert made["uncached_text_tokens"] == 20
    assert made["uncached_audio_tokens"] == 52
    assert made["uncached_image_tokens"] == 0
    parts = ("uncached_text_tokens", "uncached_audio_tokens", "uncached_image_tokens", "cached_tokens")
    assert sum(made[part] for part in parts) == made["input_tokens"]
    assert (made["output_text_tokens"], made["output_audio_tokens"]) == (20, 40)


def test_the_table_has_its_columns_whatever_there_is():
    empty = metrics_frame([])
    assert list(empty.columns) == list(dtypes("metrics"))
    nothing = metrics_frame([used(None, started_at=None, status="cancelled", item_id=None, model=None)])
    full = metrics_frame([used(USAGE)], [row(2)])
    for table in (nothing, full):
        assert (table.dtypes == empty.dtypes).all()
    assert nothing.loc[0, "total_tokens"] is not None
    assert nothing.loc[:, "input_tokens":"audio_seconds"].isna().all(axis=None)
    assert nothing["started_at"].isna().all()
    assert str(full["arrived_at"].dtype) == "datetime64[us, UTC]"
    assert full["duration_ms"].tolist() == [1250]


def test_gaps_and_interruptions_come_from_the_turn():
    turn = row(2, role="assistant", response_gap_ms=640, interrupted=True)
    table = metrics_frame([used(USAGE), used(USAGE, item_id="item_9")], [turn])
    assert table["response_gap_ms"].tolist()[0] == 640
    assert table["interrupted"].tolist()[0] is True
    assert table["response_gap_ms"].isna().tolist() == [False, True]


def test_transcriptions_are_counted_in_tokens_or_seconds():
    tokens = {"type": "tokens", "total_tokens": 40, "input_tokens": 30, "output_tokens": 10}
    tokens |= {"input_token_details": {"text_tokens": 0, "audio_tokens": 30}}
    table = metrics_frame(
        [used(tokens, "transcription"), used({"type": "duration", "seconds": 2.5}, "transcription")],
        [row(2, response_gap_ms=640)],
    )
    assert table["kind"].tolist() == ["transcription", "transcription"]
    assert table["input_audio_tokens"].isna().tolist() == [False, True]
    assert table["audio_seconds"].tolist()[1] == 2.5
    assert table["response_gap_ms"].isna().all()  # the gap is the answer's


def test_a_service_that_says_nothing_of_its_cache_is_not_made_to():
    made = metrics_row(used({"input_token_details": {"text_tokens": 5}}))
    assert (made["cached_text_tokens"], made["uncached_text_tokens"]) == (None, None)
    made = metrics_row(used({"input_token_details": {"text_tokens": 5, "cached_tokens": 0}}))
    assert (made["cached_text_tokens"], made["uncached_text_tokens"]) == (0, 5)


@pytest.mark.parametrize(
    "odd", [True, -1, "3", 2**70, float("inf"), float("nan"), 1.5, None, [], {"text_tokens": 1}]
)
def test_odd_numbers_are_no_numbers(odd: Any):
    usage = {
        "input_tokens": odd,
        "seconds": odd if odd != 1.5 else "1.5",
        "input_token_details": {"text_tokens": 3, "cached_tokens": odd, "cached_tokens_details": odd},
        "output_token_details": odd,
    }
    table = metrics_frame([used(usage)])
    assert table["input_tokens"].isna().all()
    assert table["input_text_tokens"].tolist() == [3]
    assert table["audio_seconds"].isna().all() or table["audio_seconds"].tolist() == [1.5]


def test_more_cached_than_there_was_says_nothing():
    details = {"text_tokens": 3, "cached_tokens": 9, "cached_tokens_details": {"text_tokens": 9}}
    assert metrics_row(used({"input_token_details": details}))["uncached_text_tokens"] is None


def test_whole_floats_are_numbers():
    assert metrics_row(used({"total_tokens": 3.0}))["total_tokens"] == 3


def test_what_was_thought_and_why_it_stopped_have_columns():
    usage = {"output_tokens": 30, "output_token_details": {"text_tokens": 10, "reasoning_tokens": 20}}
    table = metrics_frame([used(usage, status="incomplete", stop_reason="max_output_tokens")])
    assert table["reasoning_tokens"].tolist() == [20]
    assert table["stop_reason"].tolist() == ["max_output_tokens"]


def test_an_answer_that_failed_says_why_and_what_to_do():
    def agent(turn):
        raise KeyError("tip")

    with closing(VoiceWidget(agent=agent, service=ScriptedService([]), transport="memory")) as w:
        w.connect().result(10)
        answer = w.next_turn("assistant")
        w.send_text("go").result(10)
        with pytest.raises(AgentError):
            answer.result(10)
        w.disconnect().result(10)
        metrics = w.metrics_df.iloc[-1]
        said = w.error
    assert "KeyError" in metrics["error"]
    assert (metrics["error_code"], metrics["error"], metrics["next_step"]) == (
        said["code"],
        said["message"],
        said["next_step"],
    )
