"""Tables as they come: time spans, zones, categories nobody has, names that are words of a question."""

from __future__ import annotations

import numpy as np
import pandas as pd

_STATIONS = ["Market", "Harbour", "Central", "Park", "Museum"]
_DOCTORS = ["Ahmed", "Brook", "Chen", "Diaz"]


def clinic(n: int = 120) -> pd.DataFrame:
    """Stays in a clinic: doctors stand in two columns, some wards are unknown, and `allergy` is empty."""
    some = np.random.default_rng(21)
    weight = np.round(some.normal(74, 12, n), 1)
    after = np.round(weight - some.gamma(2, 1, n), 1)
    weight[some.choice(n, 9, replace=False)] = np.nan
    ward = some.choice(["maple", "cedar", "willow", "birch"], n, p=[0.4, 0.3, 0.2, 0.1]).astype(object)
    ward[some.choice(n, 11, replace=False)] = None
    referred = some.choice(_DOCTORS, n, p=[0.2, 0.2, 0.4, 0.2]).astype(object)
    referred[some.choice(n, 15, replace=False)] = None
    smoker = pd.array(some.random(n) < 0.3, dtype="boolean")
    smoker[some.choice(n, 7, replace=False)] = pd.NA
    admitted = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.sort(some.integers(0, 540, n)), unit="D")
    return pd.DataFrame(
        {
            "patient": [f"P{at:03d}" for at in range(1, n + 1)],
            "ward": ward,
            "doctor": some.choice(_DOCTORS, n, p=[0.35, 0.3, 0.2, 0.15]),
            "referred_by": referred,
            "admitted": admitted,
            "stay": pd.to_timedelta(some.integers(6, 400, n), unit="h"),
            "age": some.integers(18, 95, n),
            "weight": weight,
            "weight_after": after,
            "smoker": smoker,
            "severity": pd.Categorical(
                some.choice(["low", "medium", "high"], n, p=[0.5, 0.35, 0.15]),
                ["low", "medium", "high", "critical"],
                ordered=True,
            ),
            "room": some.choice(["101", "102", "203", "0204"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "allergy": np.full(n, np.nan),
        }
    )


def rides(n: int = 300) -> pd.DataFrame:
    """Rides on hired bicycles: `from` and `to` hold the same stations, times have a zone, no guest rode."""
    some = np.random.default_rng(22)
    started = pd.Timestamp("2024-03-20 05:00", tz="Europe/Berlin") + pd.to_timedelta(
        np.sort(some.integers(0, 70 * 1440, n)), unit="min"
    )
    fare = np.round(some.gamma(3, 1.4, n), 2)
    fare[some.choice(n, 12, replace=False)] = np.nan
    rating = some.integers(1, 6, n).astype(float)
    rating[some.choice(n, 40, replace=False)] = np.nan
    return pd.DataFrame(
        {
            "ride": 7000 + np.arange(n),
            "started": started,
            "trip_time": pd.to_timedelta(some.integers(120, 5400, n), unit="s"),
            "from": some.choice(_STATIONS, n, p=[0.3, 0.25, 0.2, 0.15, 0.1]),
            "to": some.choice(_STATIONS, n, p=[0.1, 0.2, 0.3, 0.25, 0.15]),
            "kind": pd.Categorical(
                some.choice(["day", "member"], n, p=[0.4, 0.6]), ["day", "member", "guest"]
            ),
            "distance_km": np.round(some.gamma(2, 1.8, n), 2),
            "fare": fare,
            "helmet": some.random(n) < 0.35,
            "rating": rating,
        }
    )


def stage(n: int = 80) -> pd.DataFrame:
    """Evenings at theatres; columns are verbs, numbers, and near each other."""
    some = np.random.default_rng(23)
    seats = some.choice([120, 250, 400, 800], n)
    return pd.DataFrame(
        {
            "show": some.choice(["Hamlet", "Cats", "Macbeth", "Oliver", "Faust"], n),
            "run": some.integers(1, 60, n),
            "seats": seats,
            "seats_sold": (seats * some.uniform(0.2, 1, n)).astype(int),
            "seat_price": np.round(some.uniform(12, 95, n), 1),
            "1": some.integers(0, 11, n),
            "2": some.integers(0, 11, n),
            "share": np.round(some.uniform(0.1, 0.9, n), 3),
            "first": pd.Timestamp("2021-01-01") + pd.to_timedelta(some.integers(0, 700, n), unit="D"),
            "last": pd.Timestamp("2023-01-01") + pd.to_timedelta(some.integers(0, 700, n), unit="D"),
            "open": some.random(n) < 0.55,
            "town": some.choice(["Bath", "Nice", "York", "Reading"], n, p=[0.35, 0.3, 0.25, 0.1]),
        }
    )


def market() -> pd.DataFrame:
    """What was sold at a stall: some rows stand twice, and the codes are text."""
    some = np.random.default_rng(24)
    n = 60
    frame = pd.DataFrame(
        {
            "item": some.choice(["leek", "beet", "kale", "chard"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "qty": some.integers(1, 9, n),
            "price": some.choice([1.5, 2.0, 2.5, 4.0], n),
            "zip": some.choice(["01067", "10115", "20095"], n, p=[0.5, 0.3, 0.2]),
            "paid": some.choice(["yes", "no"], n, p=[0.8, 0.2]),
            "tip": np.where(some.random(n) < 0.5, np.nan, np.round(some.uniform(0.1, 1, n), 2)),
            "sold_on": pd.Timestamp("2024-05-01") + pd.to_timedelta(some.integers(0, 28, n), unit="D"),
        }
    )
    return pd.concat([frame, frame.iloc[[3, 3, 10, 41]]], ignore_index=True)


def quarters() -> pd.DataFrame:
    """Figures under two index levels."""
    index = pd.MultiIndex.from_product(
        [["north", "south", "west"], ["Q1", "Q2", "Q3", "Q4"]], names=["region", "quarter"]
    )
    sales = [120, 135, 98, 160, 210, 190, 205, 250, 75, 80, 66, 91]
    cost = [80, 90, 70, 100, 150, 160, 140, 170, 60, 61, 59, 64]
    return pd.DataFrame({"sales": sales, "cost": cost}, index=index)


def twice() -> pd.DataFrame:
    """Two columns of one name."""
    return pd.DataFrame(
        [["Ann", 7, 70, "red"], ["Bo", 9, 20, "blue"], ["Cy", 4, 50, "red"], ["Di", 8, 30, "blue"]],
        columns=["player", "score", "score", "team"],
    )


def single() -> pd.DataFrame:
    """One row."""
    return pd.DataFrame(
        {"town": ["Oslo"], "people": [709_000], "area": [454.0], "founded": [pd.Timestamp("1048-06-01")]}
    )


def empty() -> pd.DataFrame:
    """No row at all."""
    return pd.DataFrame(
        {
            "task": pd.Series(dtype=object),
            "owner": pd.Series(dtype=object),
            "hours": pd.Series(dtype=float),
            "due": pd.Series(dtype="datetime64[ns]"),
        }
    )


TABLES = {each.__name__: each for each in (clinic, rides, stage, market, quarters, twice, single, empty)}
