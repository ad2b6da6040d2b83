"""Six tables to ask about, the same in every run."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from voice_widget.data import load

from . import odd_tables, trade_tables

TABLES = ("penguins", "orders", "employees", "awkward", "log", "weather")


def table(name: str) -> pd.DataFrame:
    """A copy of one's own of one of `TABLES`, of the odd ones or of those of trades."""
    return _built(name).copy()


@cache
def _built(name: str) -> pd.DataFrame:
    built = {
        "penguins": load,
        "orders": _orders,
        "employees": _employees,
        "awkward": _awkward,
        "log": _log,
        "weather": _weather,
        **odd_tables.TABLES,
        **trade_tables.TABLES,
    }
    return built[name]()


def _orders(n: int = 1200) -> pd.DataFrame:
    """Sales of two years; some prices and cities are missing. There is no Paris."""
    some = np.random.default_rng(11)
    cities = {
        "Germany": ["Berlin", "Hamburg", "Munich"],
        "France": ["Lyon", "Nice"],
        "Spain": ["Madrid", "Seville"],
        "Italy": ["Rome", "Milan"],
        "Poland": ["Warsaw", "Krakow"],
        "Austria": ["Vienna", "Graz"],
    }
    country = some.choice(list(cities), n, p=[0.3, 0.2, 0.16, 0.14, 0.12, 0.08])
    product = some.choice(
        ["apples", "pears", "plums", "cherries", "quinces"], n, p=[0.34, 0.25, 0.2, 0.15, 0.06]
    )
    base = pd.Series({"apples": 8.0, "pears": 11.0, "plums": 14.0, "cherries": 21.0, "quinces": 30.0})
    days = np.sort(some.integers(0, 727, n))
    price = np.round(base[product].to_numpy() * some.uniform(0.8, 1.25, n), 2)
    units = some.integers(1, 41, n)
    frame = pd.DataFrame(
        {
            "order_id": 5001 + np.arange(n),
            "date": pd.Timestamp("2022-01-03") + pd.to_timedelta(days, unit="D"),
            "region": some.choice(["north", "south", "east", "west"], n, p=[0.31, 0.27, 0.23, 0.19]),
            "country": country,
            "city": [cities[each][some.integers(len(cities[each]))] for each in country],
            "product": product,
            "units": units,
            "unit_price": price,
            "revenue": np.round(units * price, 2),
            "returned": some.random(n) < 0.09,
        }
    )
    unpriced = some.choice(n, 23, replace=False)
    frame.loc[unpriced, ["unit_price", "revenue"]] = np.nan
    frame.loc[some.choice(n, 14, replace=False), "city"] = None
    return frame


def _employees(n: int = 260) -> pd.DataFrame:
    """People of one company: the column is called `dept`, and the top ones have no manager."""
    some = np.random.default_rng(12)
    first = (
        "Ada Ben Chloe Dario Elena Farid Greta Hugo Ines Jonas "
        "Kira Liam Mona Nils Olga Pavel Quinn Rosa Sam Tara"
    )
    last = "Abel Brandt Costa Duval Ekman Fontana Gruber Haas Ivanov Jensen Keller Lopez Moreau"
    names = [f"{a} {b}" for a in first.split() for b in last.split()]
    name = some.permutation(names)[:n]
    dept = some.choice(
        ["engineering", "sales", "support", "marketing", "finance", "legal"],
        n,
        p=[0.33, 0.24, 0.19, 0.12, 0.08, 0.04],
    )
    level = some.choice(["junior", "senior", "lead"], n, p=[0.45, 0.42, 0.13])
    base = pd.Series(
        {
            "engineering": 71e3,
            "sales": 58e3,
            "support": 44e3,
            "marketing": 55e3,
            "finance": 63e3,
            "legal": 76e3,
        }
    )
    step = pd.Series({"junior": 0.82, "senior": 1.1, "lead": 1.42})
    salary = np.round(base[dept].to_numpy() * step[level].to_numpy() * some.normal(1, 0.08, n), -1)
    age = some.integers(21, 66, n)
    manager = pd.Series(some.choice(name[level == "lead"], n), dtype=object)
    manager[level == "lead"] = None
    bonus = np.round(salary * some.uniform(0.02, 0.2, n))
    bonus[some.choice(n, 41, replace=False)] = np.nan
    return pd.DataFrame(
        {
            "name": name,
            "dept": dept,
            "level": level,
            "salary": salary.astype(int),
            "bonus": bonus,
            "age": age,
            "hire_date": pd.Timestamp("2009-02-01") + pd.to_timedelta(some.permutation(5600)[:n], unit="D"),
            "remote": some.random(n) < 0.37,
            "manager": manager,
            "office": some.choice(["Berlin", "London", "Madrid", "Oslo"], n, p=[0.4, 0.3, 0.2, 0.1]),
        }
    )


def _awkward(n: int = 180) -> pd.DataFrame:
    """Column names as they come out of spreadsheets."""
    some = np.random.default_rng(13)
    before = some.integers(100, 5000, n)
    growth = np.round(some.normal(6, 14, n), 1)
    size = some.choice(["S", "M", "L", "XL"], n, p=[0.2, 0.4, 0.3, 0.1])
    count = some.integers(0, 60, n)
    return pd.DataFrame(
        {
            "Product Name": some.choice(["lamp", "chair", "desk", "shelf", "sofa", "stool"], n),
            "Weight (kg)": np.round(some.gamma(3, 4, n), 2),
            "Price (€)": np.round(some.uniform(15, 900, n), 2),
            "2023": before,
            "2024": np.round(before * (1 + growth / 100)).astype(int),
            "growth %": growth,
            "unitsSold": some.integers(0, 400, n),
            "store_id": some.choice([11, 12, 15, 21], n, p=[0.4, 0.3, 0.2, 0.1]),
            "Größe": size,
            "count": count,
            "mean": np.where(some.random(n) < 0.06, np.nan, np.round(some.normal(50, 9, n), 3)),
            "Is Active?": some.random(n) < 0.7,
            "Last Sold": pd.Timestamp("2024-01-01") + pd.to_timedelta(some.integers(0, 200, n), unit="D"),
        }
    )


def _log(n: int = 100_000) -> pd.DataFrame:
    """Requests to a web shop in one quarter; nothing in it is missing."""
    some = np.random.default_rng(14)
    seconds = np.sort(some.integers(0, 91 * 86_400, n))
    status = some.choice([200, 201, 301, 404, 500, 503], n, p=[0.83, 0.05, 0.03, 0.055, 0.025, 0.01])
    path = some.choice(
        ["/home", "/search", "/cart", "/login", "/checkout"], n, p=[0.35, 0.3, 0.16, 0.13, 0.06]
    )
    slow = pd.Series({"/home": 1.0, "/search": 2.2, "/cart": 1.4, "/login": 0.8, "/checkout": 3.1})
    country = some.choice(["DE", "FR", "US", "GB", "JP", "BR"], n, p=[0.34, 0.2, 0.18, 0.13, 0.09, 0.06])
    return pd.DataFrame(
        {
            "timestamp": pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, unit="s"),
            "user_id": (5000 * some.random(n) ** 3).astype(int) + 1,
            "country": country,
            "path": path,
            "duration_ms": np.round(some.lognormal(4.6, 0.7, n) * slow[path].to_numpy()).astype(int),
            "status": status,
            "error": status >= 400,
        }
    )


def _weather() -> pd.DataFrame:
    """A year of daily readings at three stations; the index is the date."""
    some = np.random.default_rng(15)
    days = pd.date_range("2023-01-01", "2023-12-31", freq="D")
    frames = []
    for station, offset, wet in (("harbour", 1.5, 0.40), ("airport", 0.0, 0.35), ("hilltop", -4.0, 0.52)):
        n = len(days)
        season = 9 - 11 * np.cos(2 * np.pi * (np.arange(n) - 20) / 365)
        rain = np.where(some.random(n) < wet, np.round(some.gamma(1.3, 5, n), 1), 0.0)
        wind = np.round(some.gamma(4, 4, n), 1)
        temperature = np.round(season + offset + some.normal(0, 3, n), 1)
        temperature[some.choice(n, 13, replace=False)] = np.nan
        frames.append(
            pd.DataFrame(
                {"station": station, "temperature": temperature, "rain_mm": rain, "wind_kmh": wind},
                index=days,
            )
        )
    frame = pd.concat(frames).sort_index(kind="stable")
    frame.index.name = "day"
    return frame
