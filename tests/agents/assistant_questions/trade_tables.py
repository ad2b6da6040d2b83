"""Tables of six trades: stays and their lengths, delays, orders, readings, ordered answers, repeated rows."""

from __future__ import annotations

import numpy as np
import pandas as pd


def hospital(n: int = 240) -> pd.DataFrame:
    """Stays in a hospital: two dates and the days between them, some scores are unknown."""
    some = np.random.default_rng(31)
    admitted = pd.Timestamp("2022-01-03") + pd.to_timedelta(np.sort(some.integers(0, 900, n)), unit="D")
    length = some.integers(1, 29, n)
    pain = some.integers(0, 11, n).astype(float)
    pain[some.choice(n, 14, replace=False)] = np.nan
    insurer = some.choice(["Aetna", "Cigna", "Humana"], n, p=[0.5, 0.3, 0.2]).astype(object)
    insurer[some.choice(n, 18, replace=False)] = None
    return pd.DataFrame(
        {
            "stay_id": [f"S{at:04d}" for at in range(1, n + 1)],
            "department": some.choice(
                ["Cardiology", "Surgery", "Oncology", "Maternity"], n, p=[0.3, 0.35, 0.15, 0.2]
            ),
            "admitted_on": admitted,
            "discharged_on": admitted + pd.to_timedelta(length, unit="D"),
            "length_of_stay_days": length,
            "patient_age": some.integers(16, 97, n),
            "sex": some.choice(["female", "male"], n, p=[0.55, 0.45]),
            "insurer": insurer,
            "cost_usd": np.round(some.gamma(4, 2100, n), 2),
            "pain_score": pain,
            "readmitted": some.random(n) < 0.18,
        }
    )


def flights(n: int = 500) -> pd.DataFrame:
    """Flights and by how many minutes they were late: a negative delay is early, a cancelled one has none."""
    some = np.random.default_rng(32)
    ports = ["Boston", "Denver", "Seattle", "Miami", "Chicago"]
    origin = some.choice(ports, n, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    target = np.array([some.choice([each for each in ports if each != at]) for at in origin])
    cancelled = some.random(n) < 0.06
    departure = np.round(some.gamma(1.4, 14, n) - 8).astype(float)
    arrival = np.round(departure + some.normal(0, 11, n))
    departure[cancelled] = np.nan
    arrival[cancelled] = np.nan
    return pd.DataFrame(
        {
            "flight_date": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(np.sort(some.integers(0, 366, n)), "D"),
            "airline": some.choice(["Delta", "United", "JetBlue", "Alaska"], n, p=[0.35, 0.3, 0.2, 0.15]),
            "origin": origin,
            "destination": target,
            "departure_delay_min": departure,
            "arrival_delay_min": arrival,
            "distance_miles": some.integers(190, 2700, n),
            "passengers": some.integers(40, 190, n),
            "cancelled": cancelled,
        }
    )


def shop(n: int = 400) -> pd.DataFrame:
    """Orders of a shop: some have no coupon, few have a review."""
    some = np.random.default_rng(33)
    quantity = some.integers(1, 8, n)
    unit_price = some.choice([4.5, 9.9, 19.0, 24.5, 79.0], n)
    coupon = some.choice(["SPRING", "VIP", "WELCOME"], n).astype(object)
    coupon[some.random(n) < 0.6] = None
    review = some.integers(1, 6, n).astype(float)
    review[some.random(n) < 0.45] = np.nan
    return pd.DataFrame(
        {
            "order_id": 52000 + np.arange(n),
            "order_date": pd.Timestamp("2021-06-01")
            + pd.to_timedelta(np.sort(some.integers(0, 1000, n)), "D"),
            "customer": [f"C{at:03d}" for at in some.integers(1, 91, n)],
            "country": some.choice(["Italy", "Spain", "Portugal", "Greece"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "category": some.choice(["books", "toys", "garden", "kitchen"], n, p=[0.4, 0.25, 0.2, 0.15]),
            "quantity": quantity,
            "unit_price": unit_price,
            "discount": some.choice([0.0, 0.05, 0.1, 0.2], n, p=[0.6, 0.2, 0.15, 0.05]),
            "shipping_cost": np.round(some.uniform(2, 14, n), 2),
            "coupon": coupon,
            "returned": some.random(n) < 0.12,
            "review_stars": review,
        }
    )


def sensors(n: int = 600) -> pd.DataFrame:
    """Readings every two hours at four sites: names carry units, humidity has gaps."""
    some = np.random.default_rng(34)
    at = pd.date_range("2023-02-01", periods=n, freq="2h")
    temperature = np.round(9 + 8 * np.sin(np.arange(n) / 60) + some.normal(0, 3, n), 1)
    humidity = np.round(np.clip(110 - 3.2 * temperature + some.normal(0, 9, n), 12, 100), 0)
    humidity[some.choice(n, 31, replace=False)] = np.nan
    return pd.DataFrame(
        {
            "reading_time": at,
            "site": some.choice(["roof", "cellar", "garage", "attic"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "Temperature (°C)": temperature,
            "Humidity [%]": humidity,
            "pressure_hPa": np.round(some.normal(1013, 8, n), 1),
            "battery_V": np.round(3.9 - np.arange(n) / 900 + some.normal(0, 0.05, n), 2),
            "wind speed (m/s)": np.round(some.gamma(2, 1.7, n), 1),
            "status": some.choice(["ok", "warning", "fault"], n, p=[0.85, 0.11, 0.04]),
        }
    )


def survey(n: int = 300) -> pd.DataFrame:
    """Answers to a survey, which have an order: pay grades are letters, nobody ticked `very unhappy`."""
    some = np.random.default_rng(35)
    mood = ["very unhappy", "unhappy", "neutral", "happy", "very happy"]
    felt = some.choice(mood[1:], n, p=[0.2, 0.3, 0.35, 0.15]).astype(object)
    felt[some.choice(n, 12, replace=False)] = None
    groups = ["18-29", "30-44", "45-59", "60+"]
    return pd.DataFrame(
        {
            "respondent": np.arange(1, n + 1),
            "satisfaction": pd.Categorical(felt, mood, ordered=True),
            "age_group": pd.Categorical(
                some.choice(groups, n, p=[0.3, 0.3, 0.25, 0.15]), groups, ordered=True
            ),
            "education": pd.Categorical(
                some.choice(["school", "college", "university"], n, p=[0.3, 0.4, 0.3]),
                ["school", "college", "university"],
                ordered=True,
            ),
            "region": some.choice(["north", "south", "east", "west"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "remote": some.choice(["yes", "no"], n, p=[0.45, 0.55]),
            "hours_worked": some.integers(8, 61, n),
            "income": np.round(some.normal(41000, 9000, n), -2),
            "children": some.integers(0, 5, n),
        }
    )


def football(n: int = 190) -> pd.DataFrame:
    """Results of matches: home and away hold the same teams, and a few rows stand twice."""
    some = np.random.default_rng(36)
    teams = ["Ajax", "Porto", "Celtic", "Lyon", "Roma"]
    home = some.choice(teams, n, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    away = np.array([some.choice([each for each in teams if each != at]) for at in home])
    frame = pd.DataFrame(
        {
            "match_date": pd.Timestamp("2020-08-01")
            + pd.to_timedelta(np.sort(some.integers(0, 1300, n)), "D"),
            "home_team": home,
            "away_team": away,
            "home_goals": some.poisson(1.6, n),
            "away_goals": some.poisson(1.1, n),
            "attendance": some.integers(4000, 62000, n),
            "referee": some.choice(["Kovacs", "Turner", "Silva"], n, p=[0.5, 0.3, 0.2]),
            "yellow_cards": some.poisson(3.1, n),
        }
    )
    return pd.concat([frame, frame.iloc[[12, 12, 40, 77, 150]]], ignore_index=True)


TABLES = {each.__name__: each for each in (hospital, flights, shop, sensors, survey, football)}
