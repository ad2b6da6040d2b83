"""More questions of the tables of trades, written down after the grammar had been mended for the others."""

from __future__ import annotations

from functools import partial

import pandas as pd

from .question import REFUSE, Gap, Question, Share, Spread, facts, low, shape, share, top, two

_h = partial(Question, "hospital")
_f = partial(Question, "flights")
_s = partial(Question, "shop")
_r = partial(Question, "sensors")
_v = partial(Question, "survey")
_b = partial(Question, "football")

T, H, W = "Temperature (°C)", "Humidity [%]", "wind speed (m/s)"


def _month(times: pd.Series) -> pd.Series:
    return times.dt.to_period("M")


HOSPITAL = [
    _h("how many columns do we have", lambda d: d.shape[1], "columns"),
    _h("describe the cost", lambda d: facts(d.cost_usd), "describe"),
    _h("which departments are there", lambda d: list(d.department.unique()), "distinct"),
    _h("what was the shortest stay", lambda d: d.length_of_stay_days.min(), "aggregate"),
    _h(
        "average age of men in oncology",
        lambda d: d[(d.sex == "male") & (d.department == "Oncology")].patient_age.mean(),
        "filtered",
    ),
    _h(
        "how many women under thirty", lambda d: ((d.sex == "female") & (d.patient_age < 30)).sum(), "several"
    ),
    _h(
        "how many stays cost more than twenty thousand dollars",
        lambda d: (d.cost_usd > 20000).sum(),
        "filter",
    ),
    _h("total cost per insurer", lambda d: d.groupby("insurer").cost_usd.sum(), "group"),
    _h(
        "what share of the cost went to surgery",
        lambda d: Share(float(d[d.department == "Surgery"].cost_usd.sum() / d.cost_usd.sum())),
        "share",
    ),
    _h("how many patients had a pain score of ten", lambda d: (d.pain_score == 10).sum(), "filter"),
    _h(
        "average cost per month",
        lambda d: d.groupby(_month(d.admitted_on)).cost_usd.mean(),
        "trend",
        also=[REFUSE],
    ),
    _h(
        "how many were readmitted after cardiology",
        REFUSE,
        "refuse",
        also=[lambda d: (d.readmitted & (d.department == "Cardiology")).sum()],
    ),
    _h(
        "who is the oldest patient in maternity",
        lambda d: d[d.department == "Maternity"].nlargest(1, "patient_age"),
        "extreme",
        also=[lambda d: d[d.department == "Maternity"].set_index("stay_id").patient_age.idxmax()],
    ),
    _h(
        "and in surgery",
        lambda d: d[d.department == "Surgery"].cost_usd.median(),
        "follow_up",
        before=["median cost in oncology"],
    ),
]

FLIGHTS = [
    _f("show me the first three rows", lambda d: d.head(3), "first_last"),
    _f(
        "which airline flies the most passengers",
        lambda d: top(d.groupby("airline").passengers.sum()),
        "top_group",
        also=[REFUSE],
    ),
    _f("average distance by airline", lambda d: d.groupby("airline").distance_miles.mean(), "group"),
    _f("how many flights over two thousand miles", lambda d: (d.distance_miles > 2000).sum(), "filter"),
    _f(
        "how many flights from chicago were cancelled",
        lambda d: ((d.origin == "Chicago") & d.cancelled).sum(),
        "several",
    ),
    _f(
        "what's the median arrival delay of jetblue",
        lambda d: d[d.airline == "JetBlue"].arrival_delay_min.median(),
        "filtered",
    ),
    _f("how many flights do not go to denver", lambda d: (d.destination != "Denver").sum(), "negation"),
    _f("how many flights in the first quarter", lambda d: (d.flight_date.dt.quarter == 1).sum(), "date"),
    _f("which route is the longest", REFUSE, "refuse", also=[lambda d: d.distance_miles.max()]),
    _f(
        "cancellation rate by airline",
        lambda d: 100 * d.groupby("airline").cancelled.mean(),
        "share",
        also=[lambda d: d.groupby("airline").cancelled.mean()],
    ),
    _f("total passengers in june", lambda d: d[d.flight_date.dt.month == 6].passengers.sum(), "filtered"),
    _f(
        "how many flights have between fifty and one hundred passengers",
        lambda d: d.passengers.between(50, 100).sum(),
        "range",
    ),
    _f(
        "what's the eightieth percentile of the departure delay",
        lambda d: d.departure_delay_min.quantile(0.8),
        "percentile",
    ),
    _f(
        "how many flights with departure delay missing",
        lambda d: d.departure_delay_min.isna().sum(),
        "missing",
    ),
    _f("list the five longest flights", lambda d: d.nlargest(5, "distance_miles"), "top_n", also=[REFUSE]),
]

SHOP = [
    _s(
        "how many orders did we get in twenty twenty two",
        lambda d: (d.order_date.dt.year == 2022).sum(),
        "date",
    ),
    _s(
        "which category has the highest total quantity",
        lambda d: top(d.groupby("category").quantity.sum()),
        "top_group",
    ),
    _s("average review stars by country", lambda d: d.groupby("country").review_stars.mean(), "group"),
    _s("how many orders without a review", lambda d: d.review_stars.isna().sum(), "missing"),
    _s("what percentage of orders was returned", lambda d: share(d.returned), "share"),
    _s(
        "what percentage of the toys was returned", lambda d: share(d[d.category == "toys"].returned), "share"
    ),
    _s("what's the most expensive unit price", lambda d: d.unit_price.max(), "aggregate"),
    _s(
        "how many kitchen orders from portugal or greece",
        lambda d: ((d.category == "kitchen") & d.country.isin(["Portugal", "Greece"])).sum(),
        "several",
    ),
    _s(
        "total quantity sold in spain in twenty twenty three",
        lambda d: d[(d.country == "Spain") & (d.order_date.dt.year == 2023)].quantity.sum(),
        "filtered",
    ),
    _s(
        "is there a correlation between quantity and shipping cost",
        lambda d: d.quantity.corr(d.shipping_cost),
        "correlation",
    ),
    _s("orders per weekday", lambda d: d.groupby(d.order_date.dt.day_name()).size(), "trend"),
    _s("what was the last order date", lambda d: d.order_date.max(), "first_last"),
    _s(
        "how many books orders had a discount above ten percent",
        lambda d: ((d.category == "books") & (d.discount > 0.1)).sum(),
        "several",
    ),
    _s(
        "show the cheapest shipping cost by country",
        lambda d: d.groupby("country").shipping_cost.min(),
        "group",
    ),
    _s("plot orders per month", lambda d: d.groupby(_month(d.order_date)).size(), "plot"),
]

SENSORS = [
    _r("what sites are there", lambda d: list(d.site.unique()), "distinct"),
    _r("lowest temperature in the attic", lambda d: d[d.site == "attic"][T].min(), "filtered"),
    _r("how many readings per site", lambda d: d.site.value_counts(), "group"),
    _r("average wind speed by status", lambda d: d.groupby("status")[W].mean(), "group"),
    _r(
        "how many roof readings had a warning",
        lambda d: ((d.site == "roof") & (d.status == "warning")).sum(),
        "several",
    ),
    _r("how many readings with wind speed over six", lambda d: (d[W] > 6).sum(), "filter"),
    _r("median humidity in the garage", lambda d: d[d.site == "garage"][H].median(), "filtered"),
    _r("which site is the windiest on average", lambda d: top(d.groupby("site")[W].mean()), "top_group"),
    _r(
        "average temperature per week",
        lambda d: d.groupby(d.reading_time.dt.to_period("W"))[T].mean(),
        "trend",
    ),
    _r("when did the readings start", lambda d: d.reading_time.min(), "first_last", also=[REFUSE]),
    _r("is the pressure related to the wind speed", lambda d: d.pressure_hPa.corr(d[W]), "correlation"),
    _r(
        "how many readings were made before nine in the morning",
        lambda d: (d.reading_time.dt.hour < 9).sum(),
        "date",
        also=[REFUSE],
    ),
]

SURVEY = [
    _v(
        "how many respondents are between thirty and forty four",
        lambda d: (d.age_group == "30-44").sum(),
        "filter",
        also=[REFUSE],
    ),
    _v("average hours worked by region", lambda d: d.groupby("region").hours_worked.mean(), "group"),
    _v("how many have at least a college education", lambda d: (d.education >= "college").sum(), "ordered"),
    _v(
        "what share of the north is very happy",
        lambda d: share(d[d.region == "north"].satisfaction == "very happy"),
        "share",
        also=[
            lambda d: share(d[(d.region == "north") & d.satisfaction.notna()].satisfaction == "very happy")
        ],
    ),
    _v("how many don't work remotely", lambda d: (d.remote == "no").sum(), "negation"),
    _v("how many people have two or more children", lambda d: (d.children >= 2).sum(), "filter"),
    _v(
        "who has the highest income",
        lambda d: d.loc[[d.income.idxmax()]],
        "extreme",
        also=[lambda d: d.income.max()],
    ),
    _v(
        "median income by age group", lambda d: d.groupby("age_group", observed=True).income.median(), "group"
    ),
    _v(
        "compare the average income of school and university",
        lambda d: two(d.groupby("education", observed=True).income.mean(), "school", "university"),
        "compare",
        also=[
            lambda d: Gap(
                d[d.education == "school"].income.mean() - d[d.education == "university"].income.mean()
            )
        ],
    ),
    _v("how many neutral or worse", REFUSE, "refuse", also=[lambda d: (d.satisfaction <= "neutral").sum()]),
    _v(
        "how many people work more than the average hours",
        lambda d: (d.hours_worked > d.hours_worked.mean()).sum(),
        "relative",
        also=[REFUSE],
    ),
    _v("draw a histogram of income", lambda d: Spread(d.income), "plot"),
]

FOOTBALL = [
    _b("how many teams are there", lambda d: 5, "distinct", also=[REFUSE]),
    _b("which referee had the most matches", lambda d: top(d.referee.value_counts()), "top_group"),
    _b("average yellow cards by referee", lambda d: d.groupby("referee").yellow_cards.mean(), "group"),
    _b(
        "how many matches had more away goals than home goals",
        lambda d: (d.away_goals > d.home_goals).sum(),
        "two_columns",
    ),
    _b(
        "what share of matches had more home goals than away goals",
        lambda d: share(d.home_goals > d.away_goals),
        "share",
    ),
    _b(
        "total attendance in twenty twenty two",
        lambda d: d[d.match_date.dt.year == 2022].attendance.sum(),
        "filtered",
    ),
    _b("how many matches with no home goals", lambda d: (d.home_goals == 0).sum(), "filter"),
    _b(
        "how many matches with over fifty thousand attendance",
        lambda d: (d.attendance > 50000).sum(),
        "filter",
    ),
    _b(
        "matches per month in twenty twenty one",
        lambda d: d[d.match_date.dt.year == 2021].groupby(_month(d.match_date)).size(),
        "trend",
    ),
    _b("how many distinct referees", lambda d: d.referee.nunique(), "distinct"),
    _b("how many matches did silva referee", lambda d: (d.referee == "Silva").sum(), "filter", also=[REFUSE]),
    _b("sort the matches by attendance", lambda d: d.sort_values("attendance"), "sort"),
    _b("how big is the table", shape, "rows"),
    _b(
        "what about kovacs",
        lambda d: d[d.referee == "Kovacs"].yellow_cards.mean(),
        "follow_up",
        before=["average yellow cards of turner"],
    ),
    _b(
        "which month of twenty twenty two had the lowest average attendance",
        lambda d: low(d[d.match_date.dt.year == 2022].groupby(_month(d.match_date)).attendance.mean()),
        "top_group",
    ),
]

QUESTIONS = [*HOSPITAL, *FLIGHTS, *SHOP, *SENSORS, *SURVEY, *FOOTBALL]
