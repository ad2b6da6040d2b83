"""Questions of tables of six trades, as one speaks them, written down before the grammar was looked at."""

from __future__ import annotations

from functools import partial

import pandas as pd

from .question import CAN, REFUSE, Facts, Gap, Question, Right, Spread, facts, low, shape, share, top, two

_h = partial(Question, "hospital")
_f = partial(Question, "flights")
_s = partial(Question, "shop")
_r = partial(Question, "sensors")
_v = partial(Question, "survey")
_b = partial(Question, "football")

T, H, W = "Temperature (°C)", "Humidity [%]", "wind speed (m/s)"


def _by(times: pd.Series, unit: str) -> pd.Series:
    return times.dt.to_period(unit)


def _within(name: str, least: float, most: float) -> list[Right]:
    """What one counts who leaves out one of the two limits, or both."""
    return [
        lambda d: d[name].between(least, most, inclusive="neither").sum(),
        lambda d: d[name].between(least, most, inclusive="left").sum(),
        lambda d: d[name].between(least, most, inclusive="right").sum(),
    ]


HOSPITAL = [
    _h("how many stays do we have", len, "rows"),
    _h("how big is this table", shape, "rows"),
    _h("what's the average length of stay", lambda d: d.length_of_stay_days.mean(), "aggregate"),
    _h(
        "average length of stay by department",
        lambda d: d.groupby("department").length_of_stay_days.mean(),
        "group",
    ),
    _h("what did the average stay cost", lambda d: d.cost_usd.mean(), "aggregate"),
    _h(
        "which department has the longest stays on average",
        lambda d: top(d.groupby("department").length_of_stay_days.mean()),
        "top_group",
    ),
    _h(
        "how many people stayed longer than two weeks",
        lambda d: (d.length_of_stay_days > 14).sum(),
        "filter",
    ),
    _h(
        "how many patients over eighty were in cardiology",
        lambda d: ((d.patient_age > 80) & (d.department == "Cardiology")).sum(),
        "several",
    ),
    _h(
        "what's the total cost of maternity and surgery together",
        lambda d: d[d.department.isin(["Maternity", "Surgery"])].cost_usd.sum(),
        "several",
    ),
    _h("how many stays have no insurer", lambda d: d.insurer.isna().sum(), "missing"),
    _h("which columns have gaps", lambda d: ["insurer", "pain_score"], "missing"),
    _h("what share of patients was readmitted", lambda d: share(d.readmitted), "share"),
    _h(
        "what percentage of the women was readmitted",
        lambda d: share(d[d.sex == "female"].readmitted),
        "share",
    ),
    _h(
        "readmission rate by department",
        lambda d: 100 * d.groupby("department").readmitted.mean(),
        "share",
        also=[lambda d: d.groupby("department").readmitted.mean()],
    ),
    _h(
        "how many admissions were there per month in twenty twenty three",
        lambda d: d[d.admitted_on.dt.year == 2023].groupby(_by(d.admitted_on, "M")).size(),
        "trend",
    ),
    _h(
        "how many were admitted in twenty twenty two", lambda d: (d.admitted_on.dt.year == 2022).sum(), "date"
    ),
    _h("how many were discharged in march", lambda d: (d.discharged_on.dt.month == 3).sum(), "date"),
    _h(
        "how many were discharged before june twenty twenty three",
        lambda d: (d.discharged_on < "2023-06-01").sum(),
        "date",
    ),
    _h("when was the last admission", lambda d: d.admitted_on.max(), "first_last"),
    _h("which years do we have", lambda d: [2022, 2023, 2024], "distinct"),
    _h(
        "does cost go up with age",
        lambda d: d.cost_usd.corr(d.patient_age),
        "correlation",
        also=[lambda d: bool(d.cost_usd.corr(d.patient_age) > 0)],
    ),
    _h("what's the ninety fifth percentile of cost", lambda d: d.cost_usd.quantile(0.95), "percentile"),
    _h("show me the five most expensive stays", lambda d: d.nlargest(5, "cost_usd"), "top_n"),
    _h(
        "median cost by department and sex",
        lambda d: d.groupby(["department", "sex"]).cost_usd.median(),
        "two_groups",
    ),
    _h(
        "how many patients in their sixties",
        lambda d: d.patient_age.between(60, 69).sum(),
        "range",
    ),
    _h(
        "average cost of everyone who wasn't in surgery",
        lambda d: d[d.department != "Surgery"].cost_usd.mean(),
        "negation",
    ),
    _h(
        "how many stays cost between five and ten thousand",
        lambda d: d.cost_usd.between(5000, 10000).sum(),
        "range",
        also=_within("cost_usd", 5000, 10000),
    ),
    _h(
        "what about men",
        lambda d: d[d.sex == "male"].cost_usd.mean(),
        "follow_up",
        before=["average cost for women"],
    ),
    _h("are any stays duplicated", lambda d: False, "duplicates", also=[lambda d: 0]),
    _h("how many nurses work here", REFUSE, "refuse"),
]

FLIGHTS = [
    _f("how many flights are there", len, "rows"),
    _f("what airlines do we have", lambda d: list(d.airline.unique()), "distinct"),
    _f("average departure delay", lambda d: d.departure_delay_min.mean(), "aggregate"),
    _f(
        "which airline is the most delayed on arrival",
        lambda d: top(d.groupby("airline").arrival_delay_min.mean()),
        "top_group",
        also=[lambda d: top(d.groupby("airline").arrival_delay_min.sum()), REFUSE],
    ),
    _f(
        "how many flights were more than half an hour late on departure",
        lambda d: (d.departure_delay_min > 30).sum(),
        "filter",
    ),
    _f(
        "how many flights had an arrival delay over an hour",
        lambda d: (d.arrival_delay_min > 60).sum(),
        "filter",
    ),
    _f("how many flights got cancelled", lambda d: d.cancelled.sum(), "filter"),
    _f("how many weren't cancelled", lambda d: (~d.cancelled).sum(), "negation"),
    _f(
        "what fraction of united flights was cancelled",
        lambda d: share(d[d.airline == "United"].cancelled),
        "share",
    ),
    _f(
        "how many delta flights left from boston",
        lambda d: ((d.airline == "Delta") & (d.origin == "Boston")).sum(),
        "several",
    ),
    _f(
        "average arrival delay for flights from denver to miami",
        lambda d: d[(d.origin == "Denver") & (d.destination == "Miami")].arrival_delay_min.mean(),
        "filtered",
    ),
    _f("flights per airline", lambda d: d.airline.value_counts(), "group"),
    _f("flights per month", lambda d: d.groupby(_by(d.flight_date, "M")).size(), "trend"),
    _f(
        "which month had the most flights", lambda d: top(_by(d.flight_date, "M").value_counts()), "top_group"
    ),
    _f(
        "how many flights in december",
        lambda d: (d.flight_date.dt.month == 12).sum(),
        "date",
    ),
    _f(
        "how many flights between march first and april fifteenth",
        lambda d: d.flight_date.between("2024-03-01", "2024-04-15").sum(),
        "date",
    ),
    _f("what's the longest distance", lambda d: d.distance_miles.max(), "aggregate"),
    _f("total passengers by destination", lambda d: d.groupby("destination").passengers.sum(), "group"),
    _f(
        "which destination had the fewest passengers",
        lambda d: low(d.groupby("destination").passengers.sum()),
        "top_group",
    ),
    _f(
        "average passengers by airline and origin",
        lambda d: d.groupby(["airline", "origin"]).passengers.mean(),
        "two_groups",
    ),
    _f(
        "how many flights arrived later than they departed",
        lambda d: (d.arrival_delay_min > d.departure_delay_min).sum(),
        "two_columns",
        also=[REFUSE],
    ),
    _f(
        "for how many flights is the arrival delay bigger than the departure delay",
        lambda d: (d.arrival_delay_min > d.departure_delay_min).sum(),
        "two_columns",
    ),
    _f(
        "what's the correlation of departure delay and arrival delay",
        lambda d: d.departure_delay_min.corr(d.arrival_delay_min),
        "correlation",
    ),
    _f(
        "plot passengers by airline",
        lambda d: d.groupby("airline").passengers.sum(),
        "plot",
        also=[lambda d: d.groupby("airline").passengers.mean()],
    ),
    _f(
        "sort the flights by distance descending",
        lambda d: d.sort_values("distance_miles", ascending=False),
        "sort",
    ),
    _f(
        "and to seattle",
        lambda d: (d.destination == "Seattle").sum(),
        "follow_up",
        before=["how many flights go to miami"],
    ),
    _f(
        "how many flights on a sunday",
        lambda d: (d.flight_date.dt.day_of_week == 6).sum(),
        "date",
    ),
    _f("how many flights left early", lambda d: (d.departure_delay_min < 0).sum(), "filter", also=[REFUSE]),
    _f("which pilots were late", REFUSE, "refuse"),
]

SHOP = [
    _s("how many orders came from italy", lambda d: (d.country == "Italy").sum(), "filter"),
    _s("how many different customers are there", lambda d: d.customer.nunique(), "distinct"),
    _s("what columns are there", lambda d: list(d.columns), "columns"),
    _s("describe the shipping cost", lambda d: facts(d.shipping_cost), "describe"),
    _s("total quantity by category", lambda d: d.groupby("category").quantity.sum(), "group"),
    _s(
        "which customer ordered most often",
        lambda d: top(d.customer.value_counts()),
        "top_group",
    ),
    _s("top three countries by number of orders", lambda d: d.country.value_counts().head(3), "top_n"),
    _s(
        "average shipping cost for toys in spain",
        lambda d: d[(d.category == "toys") & (d.country == "Spain")].shipping_cost.mean(),
        "filtered",
    ),
    _s("how many orders were returned last", REFUSE, "refuse", also=[lambda d: d.returned.sum()]),
    _s("how many orders used a coupon", lambda d: d.coupon.notna().sum(), "missing"),
    _s("how many orders had no coupon", lambda d: d.coupon.isna().sum(), "missing"),
    _s("how often was the vip coupon used", lambda d: (d.coupon == "VIP").sum(), "filter"),
    _s(
        "what's the most popular category",
        lambda d: top(d.category.value_counts()),
        "top_group",
        also=[lambda d: top(d.groupby("category").quantity.sum())],
    ),
    _s("how many orders per year", lambda d: d.groupby(_by(d.order_date, "Y")).size(), "trend"),
    _s(
        "average unit price per quarter",
        lambda d: d.groupby(_by(d.order_date, "Q")).unit_price.mean(),
        "trend",
    ),
    _s(
        "what is quantity times unit price altogether",
        lambda d: (d.quantity * d.unit_price).sum(),
        "arithmetic",
    ),
    _s("how many five star reviews", lambda d: (d.review_stars == 5).sum(), "filter"),
    _s("average stars by category", lambda d: d.groupby("category").review_stars.mean(), "group"),
    _s(
        "which orders cost more than fifty per unit",
        lambda d: d[d.unit_price > 50],
        "filter",
        also=[lambda d: (d.unit_price > 50).sum()],
    ),
    _s(
        "how many orders with at least five items", lambda d: (d.quantity >= 5).sum(), "filter", also=[REFUSE]
    ),
    _s("how many orders with a quantity of at most two", lambda d: (d.quantity <= 2).sum(), "filter"),
    _s(
        "how many orders were neither from greece nor from portugal",
        lambda d: (~d.country.isin(["Greece", "Portugal"])).sum(),
        "negation",
    ),
    _s(
        "when was the first order from greece",
        lambda d: d[d.country == "Greece"].order_date.min(),
        "first_last",
    ),
    _s("show me the last ten orders", lambda d: d.tail(10), "first_last"),
    _s(
        "share of orders by country",
        lambda d: 100 * d.country.value_counts(normalize=True),
        "share",
        also=[lambda d: d.country.value_counts(normalize=True)],
    ),
    _s(
        "how many customers ordered more than five times",
        lambda d: (d.customer.value_counts() > 5).sum(),
        "having",
    ),
    _s(
        "what discount is the most common",
        lambda d: top(d.discount.value_counts()),
        "top_group",
        also=[lambda d: 0.0],
    ),
    _s(
        "only the ones that were returned",
        lambda d: (d.returned & (d.category == "books")).sum(),
        "follow_up",
        before=["how many orders of books"],
        also=[lambda d: d[d.returned & (d.category == "books")]],
    ),
    _s("what's the profit", REFUSE, "refuse"),
    _s("how many orders came from france", REFUSE, "refuse", also=[lambda d: 0]),
]

SENSORS = [
    _r("how many readings are there", len, "rows"),
    _r("average temperature", lambda d: d[T].mean(), "aggregate"),
    _r("what's the highest wind speed", lambda d: d[W].max(), "aggregate"),
    _r("average humidity by site", lambda d: d.groupby("site")[H].mean(), "group"),
    _r("how many readings above fifteen degrees", lambda d: (d[T] > 15).sum(), "filter"),
    _r("how many readings below freezing", lambda d: (d[T] < 0).sum(), "filter", also=[REFUSE]),
    _r("how often was the temperature below zero", lambda d: (d[T] < 0).sum(), "filter"),
    _r("how many humidity values are missing", lambda d: d[H].isna().sum(), "missing"),
    _r(
        "at which site was it the coldest",
        lambda d: d.loc[d[T].idxmin(), "site"],
        "top_group",
        also=[lambda d: low(d.groupby("site")[T].mean())],
    ),
    _r("when was the hottest reading", lambda d: d.loc[d[T].idxmax(), "reading_time"], "extreme"),
    _r(
        "average pressure per day", lambda d: d.groupby(_by(d.reading_time, "D")).pressure_hPa.mean(), "trend"
    ),
    _r(
        "average battery voltage per month",
        lambda d: d.groupby(_by(d.reading_time, "M")).battery_V.mean(),
        "trend",
    ),
    _r("what's the lowest battery on the roof", lambda d: d[d.site == "roof"].battery_V.min(), "filtered"),
    _r("how many readings had a fault", lambda d: (d.status == "fault").sum(), "filter"),
    _r("how many readings were not ok", lambda d: (d.status != "ok").sum(), "negation"),
    _r("percentage of warnings", lambda d: share(d.status == "warning"), "share"),
    _r(
        "share of faults per site",
        lambda d: 100 * (d.status == "fault").groupby(d.site).mean(),
        "share",
        also=[lambda d: (d.status == "fault").groupby(d.site).mean()],
    ),
    _r("how strongly are temperature and humidity related", lambda d: d[T].corr(d[H]), "correlation"),
    _r("standard deviation of pressure", lambda d: d.pressure_hPa.std(), "aggregate"),
    _r("how many readings in february", lambda d: (d.reading_time.dt.month == 2).sum(), "date"),
    _r("how many readings after march twentieth", lambda d: (d.reading_time >= "2023-03-21").sum(), "date"),
    _r(
        "average temperature in the cellar in march",
        lambda d: d[(d.site == "cellar") & (d.reading_time.dt.month == 3)][T].mean(),
        "filtered",
    ),
    _r(
        "how many readings with a humidity between forty and sixty percent",
        lambda d: d[H].between(40, 60).sum(),
        "range",
        also=_within(H, 40, 60),
    ),
    _r("draw a histogram of the temperature", lambda d: Spread(d[T]), "plot"),
    _r(
        "plot the temperature over time",
        lambda d: d.set_index("reading_time")[T],
        "plot",
        also=[
            lambda d: d.groupby(_by(d.reading_time, "D"))[T].mean(),
            lambda d: d.groupby(_by(d.reading_time, "M"))[T].mean(),
            lambda d: d.groupby(_by(d.reading_time, "W"))[T].mean(),
        ],
    ),
    _r(
        "is the attic warmer than the cellar on average",
        lambda d: bool(d[d.site == "attic"][T].mean() > d[d.site == "cellar"][T].mean()),
        "compare",
        also=[lambda d: two(d.groupby("site")[T].mean(), "attic", "cellar")],
    ),
    _r("what is the average rainfall", REFUSE, "refuse"),
    _r(
        "and the median",
        lambda d: d[d.site == "garage"][T].median(),
        "follow_up",
        before=["average temperature in the garage"],
    ),
]

SURVEY = [
    _v("how many people answered", len, "rows"),
    _v("what regions are there", lambda d: list(d.region.unique()), "distinct"),
    _v("how many are happy", lambda d: (d.satisfaction == "happy").sum(), "filter"),
    _v("how many are very happy", lambda d: (d.satisfaction == "very happy").sum(), "filter"),
    _v("how many are at least happy", lambda d: (d.satisfaction >= "happy").sum(), "ordered"),
    _v("how many have a satisfaction below neutral", lambda d: (d.satisfaction < "neutral").sum(), "ordered"),
    _v(
        "how many have more than a school education",
        lambda d: (d.education > "school").sum(),
        "ordered",
        also=[REFUSE],
    ),
    _v("how many with education above college", lambda d: (d.education > "college").sum(), "ordered"),
    _v("how many did not answer the satisfaction question", lambda d: d.satisfaction.isna().sum(), "missing"),
    _v("how many people were very unhappy", lambda d: 0, "filter"),
    _v("average income by education", lambda d: d.groupby("education", observed=True).income.mean(), "group"),
    _v(
        "average income by education and region",
        lambda d: d.groupby(["education", "region"], observed=True).income.mean(),
        "two_groups",
    ),
    _v("what's the average income in the north", lambda d: d[d.region == "north"].income.mean(), "filtered"),
    _v("how many work remotely", lambda d: (d.remote == "yes").sum(), "filter"),
    _v("what share works remote", lambda d: share(d.remote == "yes"), "share"),
    _v(
        "which region earns the most on average",
        lambda d: top(d.groupby("region").income.mean()),
        "top_group",
    ),
    _v("how many people work more than forty hours", lambda d: (d.hours_worked > 40).sum(), "filter"),
    _v(
        "average hours worked of people with three children",
        lambda d: d[d.children == 3].hours_worked.mean(),
        "filtered",
    ),
    _v("how many have no children", lambda d: (d.children == 0).sum(), "filter"),
    _v(
        "what percentage of university people is unhappy",
        lambda d: share(d[d.education == "university"].satisfaction == "unhappy"),
        "share",
        also=[
            lambda d: share(
                d[(d.education == "university") & d.satisfaction.notna()].satisfaction == "unhappy"
            )
        ],
    ),
    _v("count by age group", lambda d: d.age_group.value_counts(), "group"),
    _v("how many are sixty plus", lambda d: (d.age_group == "60+").sum(), "filter", also=[REFUSE]),
    _v("most common answer for satisfaction", lambda d: top(d.satisfaction.value_counts()), "top_group"),
    _v(
        "median income of the very happy",
        lambda d: d[d.satisfaction == "very happy"].income.median(),
        "filtered",
    ),
    _v("how many earn more than fifty thousand", lambda d: (d.income > 50000).sum(), "filter", also=[REFUSE]),
    _v("how many have an income above fifty thousand", lambda d: (d.income > 50000).sum(), "filter"),
    _v(
        "how many of those are from the south",
        lambda d: ((d.income > 50000) & (d.region == "south")).sum(),
        "follow_up",
        before=["how many have an income above fifty thousand"],
    ),
    _v("how many people are divorced", REFUSE, "refuse"),
    _v("what can you do", lambda d: CAN, "help"),
]

FOOTBALL = [
    _b(
        "are there any duplicate rows",
        lambda d: True,
        "duplicates",
        also=[lambda d: d.duplicated().sum(), lambda d: d.duplicated(keep=False).sum()],
    ),
    _b(
        "how many rows are duplicates",
        lambda d: d.duplicated().sum(),
        "duplicates",
        also=[lambda d: d.duplicated(keep=False).sum()],
    ),
    _b("how many matches did ajax play at home", lambda d: (d.home_team == "Ajax").sum(), "filter"),
    _b("how many away matches did porto have", lambda d: (d.away_team == "Porto").sum(), "filter"),
    _b("average attendance by home team", lambda d: d.groupby("home_team").attendance.mean(), "group"),
    _b("what was the highest attendance", lambda d: d.attendance.max(), "aggregate"),
    _b(
        "how many matches ended in a draw",
        lambda d: (d.home_goals == d.away_goals).sum(),
        "two_columns",
        also=[REFUSE],
    ),
    _b(
        "in how many matches were home goals and away goals equal",
        lambda d: (d.home_goals == d.away_goals).sum(),
        "two_columns",
    ),
    _b(
        "how many matches had more home goals than away goals",
        lambda d: (d.home_goals > d.away_goals).sum(),
        "two_columns",
    ),
    _b("average of home goals plus away goals", lambda d: (d.home_goals + d.away_goals).mean(), "arithmetic"),
    _b(
        "which referee gave the most yellow cards",
        lambda d: top(d.groupby("referee").yellow_cards.sum()),
        "top_group",
    ),
    _b(
        "what rank is lyon by number of home matches",
        lambda d: int(d.home_team.value_counts().rank(ascending=False)["Lyon"]),
        "rank",
        also=[REFUSE],
    ),
    _b("total home goals per year", lambda d: d.groupby(_by(d.match_date, "Y")).home_goals.sum(), "trend"),
    _b("how many matches in twenty twenty one", lambda d: (d.match_date.dt.year == 2021).sum(), "date"),
    _b(
        "which years are in the data",
        lambda d: [2020, 2021, 2022, 2023, 2024],
        "distinct",
        also=[lambda d: sorted(d.match_date.dt.year.unique())],
    ),
    _b(
        "how many matches between celtic and roma",
        lambda d: (d.home_team.isin(["Celtic", "Roma"]) & d.away_team.isin(["Celtic", "Roma"])).sum(),
        "several",
        also=[REFUSE],
    ),
    _b("how many matches were without a yellow card", lambda d: (d.yellow_cards == 0).sum(), "filter"),
    _b(
        "matches with more than four home goals",
        lambda d: d[d.home_goals > 4],
        "filter",
        also=[lambda d: (d.home_goals > 4).sum()],
    ),
    _b(
        "the three matches with the most spectators",
        REFUSE,
        "top_n",
        also=[lambda d: d.nlargest(3, "attendance")],
    ),
    _b("the three matches with the highest attendance", lambda d: d.nlargest(3, "attendance"), "top_n"),
    _b(
        "average attendance when turner was the referee",
        lambda d: d[d.referee == "Turner"].attendance.mean(),
        "filtered",
    ),
    _b(
        "on which day was the match with the lowest attendance",
        lambda d: d.loc[d.attendance.idxmin(), "match_date"],
        "extreme",
    ),
    _b(
        "how much higher is the average home goals than the average away goals",
        lambda d: Gap(d.home_goals.mean() - d.away_goals.mean()),
        "compare",
    ),
    _b(
        "how many matches had an attendance above twice the average",
        lambda d: (d.attendance > 2 * d.attendance.mean()).sum(),
        "relative",
    ),
    _b(
        "what's the smallest and the largest attendance",
        lambda d: Facts({"min": d.attendance.min(), "max": d.attendance.max()}),
        "two_figures",
    ),
    _b(
        "say that again",
        lambda d: (d.home_team == "Roma").sum(),
        "repeat",
        before=["how many home matches did roma play"],
    ),
    _b("who scored the goals", REFUSE, "refuse"),
]

QUESTIONS = [*HOSPITAL, *FLIGHTS, *SHOP, *SENSORS, *SURVEY, *FOOTBALL]
