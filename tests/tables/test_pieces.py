from __future__ import annotations

from voice_widget.tables.pieces import recording_frame


def test_pieces_have_samples_and_milliseconds():
    pieces = [
        {"side": "user", "start": 0, "samples": 6000, "kind": "sound", "reason": None, "call_id": "rtc_1"},
        {"side": "user", "start": 6000, "samples": 25, "kind": "gap", "reason": "cut", "call_id": None},
    ]
    table = recording_frame(pieces)
    assert table["start_ms"].tolist() == [0, 250]
    assert table["end_ms"].tolist() == [250, 251]
    assert table["samples"].tolist() == [6000, 25]
    assert table["reason"].isna().tolist() == [True, False]
    assert table["call_id"].tolist()[0] == "rtc_1"
    assert (table.dtypes == recording_frame([]).dtypes).all()
