"""Numbers of any library are taken for numbers, wherever one is asked for; truth values are not."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from tests.analysis.test_measuring import two_exchanges
from voice_widget import ServerVad, SettingError, Talk, compare

NO_NUMBER = [True, np.True_, "5", None, 5j, float("nan"), 10**400]


@pytest.fixture(scope="module")
def talk() -> Talk:
    return two_exchanges().talk()


@pytest.mark.parametrize("value", [np.int64(500), np.float32(500), Fraction(500)])
def test_a_time_is_any_real_number(talk: Talk, value: float):
    assert talk.measures(dead_air_ms=value).equals(talk.measures(dead_air_ms=500))
    assert len(talk.findings(dead_air_ms=value)) == len(talk.findings(dead_air_ms=500))


def test_so_is_every_other_number(talk: Talk):
    example = Talk.example()
    given = {"seed": np.int64(3), "resamples": np.int32(200), "level": np.float32(0.9)}
    told = compare(talk, talk, **given).table.attrs
    assert (told["seed"], told["resamples"], told["level"]) == (3, 200, pytest.approx(0.9))
    worse = talk.impaired(noise_db=np.int16(10), seed=np.int64(2))
    assert json.dumps(worse.manifest["impaired"]) == '[{"side": "user", "noise_db": 10.0, "seed": 2}]'
    found = example.what_if(ServerVad(), vad="level", tolerance_ms=np.int64(80))
    assert found.table.equals(example.what_if(ServerVad(), vad="level", tolerance_ms=80).table)


@pytest.mark.parametrize("value", NO_NUMBER)
def test_what_is_none_is_refused(talk: Talk, value: object):
    for tried in (
        lambda: talk.measures(dead_air_ms=value),  # type: ignore[arg-type]
        lambda: compare(talk, talk, level=value),  # type: ignore[arg-type]
        lambda: talk.what_if(ServerVad(), tolerance_ms=value),  # type: ignore[arg-type]
        lambda: talk.sweep({"threshold": [value]}),
    ):
        with pytest.raises(SettingError):
            tried()
