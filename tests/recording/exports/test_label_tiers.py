"""Labels as tiers: each coder's and side's, none cut, and names that say whose they are."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from voice_widget.realtime.state.records import Side
from voice_widget.recording.exports.label_tiers import coder_and_side, label_tiers
from voice_widget.recording.labels import Label

SIDE: st.SearchStrategy[Side | None] = st.sampled_from(["user", "assistant", None])
CODERS = st.text(st.sampled_from("AB/12 usero"), min_size=1, max_size=8).map(str.strip).filter(bool)
LABELS = st.builds(
    lambda coder, side, start, length: Label(1, "x", coder, side=side, start_ms=start, end_ms=start + length),
    CODERS,
    SIDE,
    st.integers(0, 99),
    st.integers(1, 50),
)


@settings(deadline=None)
@given(st.lists(LABELS, max_size=12))
def test_nothing_is_cut_and_nothing_overlaps(labels: list[Label]):
    tiers = label_tiers(labels)
    assert len({tier.name for tier in tiers}) == len(tiers)
    assert all(one[1] <= two[0] for tier in tiers for one, two in pairwise(tier.spans))
    assert sorted(str((tier.coder, tier.side, *span)) for tier in tiers for span in tier.spans) == sorted(
        str((x.coder, x.side, x.start_ms, x.end_ms, x.code)) for x in labels
    )
    assert [coder_and_side(tier.name) for tier in tiers] == [(tier.coder, tier.side) for tier in tiers]


def test_what_has_no_time_or_begins_before_the_talk_is_in_none():
    assert label_tiers([Label(1, "x", "A", seq=1), Label(2, "x", "A", start_ms=-9, end_ms=9)]) == []


def test_names_of_others_say_nothing():
    for name in ("", "labels/", "labels/AB", "labels/AB/2", "labels//user", "labels/AB/them", "user"):
        assert coder_and_side(name) is None, name
