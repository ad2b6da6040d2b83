"""Questions by who has read neither the grammar nor the other sets, opened after the count."""

from __future__ import annotations

from functools import partial

import pandas as pd

from .question import (
    CAN,
    REFUSE,
    Gap,
    Question,
    Right,
    Spread,
    Top,
    facts,
    low,
    shape,
    share,
    top,
    two,
)

_p = partial(Question, "penguins")
_o = partial(Question, "orders")
_e = partial(Question, "employees")
_a = partial(Question, "awkward")
_l = partial(Question, "log")
_w = partial(Question, "weather")


def _inside(name: str, least: float, most: float) -> Right:
    """How many lie between the two, which count too."""
    return lambda d: d[name].between(least, most).sum()


def _within(name: str, least: float, most: float) -> list[Right]:
    """What one counts who leaves out one of the two limits, or both."""
    return [
        lambda d: d[name].between(least, most, inclusive="neither").sum(),
        lambda d: d[name].between(least, most, inclusive="left").sum(),
        lambda d: d[name].between(least, most, inclusive="right").sum(),
    ]


def _pairs(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame[list(names)].dropna().reset_index(drop=True)


def _month(times: pd.Series | pd.DatetimeIndex) -> pd.PeriodIndex:
    return pd.DatetimeIndex(times).to_period("M")


def _days(frame: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(frame.index)


def _day(times: pd.Series) -> pd.PeriodIndex:
    return pd.DatetimeIndex(times).to_period("D")


def _year(times: pd.Series) -> pd.PeriodIndex:
    return pd.DatetimeIndex(times).to_period("Y")


PENGUINS = [
    _p("how many penguins are in this data set", len, "rows"),
    _p("How big is the table?", shape, "rows"),
    _p("give me a summary of the flipper length", lambda d: facts(d.flipper_length_mm), "describe"),
    _p("how many penguins don't have a body mass", lambda d: d.body_mass_g.isna().sum(), "missing"),
    _p("how many different species are there", lambda d: d.species.nunique(), "distinct"),
    _p("how heavy is the heaviest penguin", lambda d: d.body_mass_g.max(), "aggregate"),
    _p(
        "What's the standard deviation of the bill length?",
        lambda d: d.bill_length_mm.std(),
        "aggregate",
    ),
    _p(
        "average flipper length for each island",
        lambda d: d.groupby("island").flipper_length_mm.mean(),
        "group",
    ),
    _p(
        "how many penguins of each species are there on each island",
        lambda d: d.groupby(["species", "island"]).size(),
        "two_groups",
    ),
    _p(
        "how many gentoos were measured in 2008",
        lambda d: ((d.species == "Gentoo") & (d.year == 2008)).sum(),
        "date",
    ),
    _p(
        "how many penguins weigh less than three thousand five hundred grams",
        lambda d: (d.body_mass_g < 3500).sum(),
        "filter",
    ),
    _p(
        "what's the average body mass of male adelies",
        lambda d: d[(d.species == "Adelie") & (d.sex == "male")].body_mass_g.mean(),
        "several",
    ),
    _p(
        "how many penguins weigh between 3000 and 4000 grams",
        _inside("body_mass_g", 3000, 4000),
        "range",
        also=_within("body_mass_g", 3000, 4000),
    ),
    _p(
        "how many penguins are neither on dream nor on biscoe",
        lambda d: (~d.island.isin(["Dream", "Biscoe"])).sum(),
        "negation",
    ),
    _p(
        "sort the penguins by bill length, longest first",
        lambda d: d.sort_values("bill_length_mm", ascending=False, kind="stable"),
        "sort",
        ordered=True,
    ),
    _p("which island has the most penguins", lambda d: top(d.island.value_counts()), "top_group"),
    _p("what percentage of the penguins are adelies", lambda d: share(d.species == "Adelie"), "share"),
    _p(
        "how strongly are flipper length and body mass correlated",
        lambda d: d.flipper_length_mm.corr(d.body_mass_g),
        "correlation",
    ),
    _p("average body mass per year", lambda d: d.groupby("year").body_mass_g.mean(), "trend"),
    _p(
        "make a scatter plot of bill length against bill depth",
        lambda d: _pairs(d, "bill_length_mm", "bill_depth_mm"),
        "plot",
        also=[lambda d: d[["bill_length_mm", "bill_depth_mm"]]],
    ),
    _p(
        "and the median?",
        lambda d: d.groupby("species").body_mass_g.median(),
        "follow_up",
        before=["average body mass by species"],
    ),
    _p(
        "sorry, could you repeat that",
        lambda d: d.bill_depth_mm.mean(),
        "repeat",
        before=["what's the mean bill depth"],
    ),
    _p(
        "are there more chinstraps than adelies",
        lambda d: bool((d.species == "Chinstrap").sum() > (d.species == "Adelie").sum()),
        "yes_no",
        also=[lambda d: two(d.species.value_counts(), "Chinstrap", "Adelie")],
    ),
    _p("what's the average age of the penguins", REFUSE, "refuse"),
    _p("which penguin is the cutest", REFUSE, "refuse"),
]

ORDERS = [
    _o("how many orders do we have", len, "rows"),
    _o("describe the revenue column", lambda d: facts(d.revenue), "describe"),
    _o("Which products do we sell?", lambda d: list(d["product"].unique()), "distinct"),
    _o("what's our total revenue", lambda d: d.revenue.sum(), "aggregate"),
    _o("what is the median unit price", lambda d: d.unit_price.median(), "aggregate"),
    _o("total revenue by country please", lambda d: d.groupby("country").revenue.sum(), "group"),
    _o("average unit price per product", lambda d: d.groupby("product").unit_price.mean(), "group"),
    _o(
        "show me the revenue by region and product",
        lambda d: d.groupby(["region", "product"]).revenue.sum(),
        "two_groups",
    ),
    _o("how many orders were returned", lambda d: d.returned.sum(), "filter"),
    _o(
        "what's the total revenue from germany in 2023",
        lambda d: d[(d.country == "Germany") & (d.date.dt.year == 2023)].revenue.sum(),
        "date",
    ),
    _o(
        "how many units did we sell in the second quarter of 2023",
        lambda d: d[d.date.between("2023-04-01", "2023-06-30")].units.sum(),
        "date",
    ),
    _o(
        "what's the total revenue without the returned orders",
        lambda d: d[~d.returned].revenue.sum(),
        "negation",
    ),
    _o(
        "how many orders have a revenue between 100 and 200",
        _inside("revenue", 100, 200),
        "range",
        also=_within("revenue", 100, 200),
    ),
    _o(
        "how many orders of at least twenty five units were returned",
        lambda d: ((d.units >= 25) & d.returned).sum(),
        "several",
    ),
    _o(
        "which product has the highest average unit price",
        lambda d: top(d.groupby("product").unit_price.mean()),
        "top_group",
    ),
    _o(
        "in which month of 2022 did we have the highest revenue",
        lambda d: top(d.groupby(_month(d.date)).revenue.sum()["2022-01":"2022-12"]),
        "top_group",
    ),
    _o("show me the ten largest orders by revenue", lambda d: d.nlargest(10, "revenue"), "top_n"),
    _o("what percentage of our orders were returned", lambda d: share(d.returned), "share"),
    _o(
        "is there a correlation between units and revenue",
        lambda d: d.units.corr(d.revenue),
        "correlation",
    ),
    _o(
        "how did our revenue develop month by month",
        lambda d: d.groupby(_month(d.date)).revenue.sum(),
        "trend",
    ),
    _o("when was our very first order", lambda d: d.date.min(), "first_last"),
    _o(
        "draw a bar chart of revenue by product",
        lambda d: d.groupby("product").revenue.sum(),
        "plot",
    ),
    _o(
        "did we make more revenue in 2023 than in 2022",
        lambda d: bool(
            d[d.date.dt.year == 2023].revenue.sum() > d[d.date.dt.year == 2022].revenue.sum(),
        ),
        "yes_no",
        also=[lambda d: d.groupby(_year(d.date)).revenue.sum()],
    ),
    _o(
        "now only for 2023",
        lambda d: d[d.date.dt.year == 2023].groupby("country").revenue.sum(),
        "follow_up",
        before=["total revenue by country"],
    ),
    _o(
        "which one is the most expensive",
        lambda d: top(d.groupby("product").unit_price.mean()),
        "follow_up",
        before=["average unit price per product"],
    ),
    _o("how much revenue did we make in lisbon", REFUSE, "refuse", also=[lambda d: 0]),
    _o("how much revenue will we make next year", REFUSE, "refuse"),
]

EMPLOYEES = [
    _e("what do we know about each employee", lambda d: list(d.columns), "columns"),
    _e("how many people have no manager", lambda d: d.manager.isna().sum(), "missing"),
    _e("which departments are there", lambda d: list(d.dept.unique()), "distinct"),
    _e("what's the average salary", lambda d: d.salary.mean(), "aggregate"),
    _e("how old is our youngest employee", lambda d: d.age.min(), "aggregate"),
    _e("What's the highest bonus anybody got?", lambda d: d.bonus.max(), "aggregate"),
    _e("what's the average salary for each level", lambda d: d.groupby("level").salary.mean(), "group"),
    _e("total bonus per department", lambda d: d.groupby("dept").bonus.sum(), "group"),
    _e(
        "how many people in engineering work remotely",
        lambda d: ((d.dept == "engineering") & d.remote).sum(),
        "several",
    ),
    _e(
        "how many people earn less than forty thousand",
        lambda d: (d.salary < 40_000).sum(),
        "filter",
    ),
    _e("how many people don't work remotely", lambda d: (~d.remote).sum(), "negation"),
    _e(
        "what do seniors in the london office earn on average",
        lambda d: d[(d.level == "senior") & (d.office == "London")].salary.mean(),
        "several",
    ),
    _e("how many people were hired in 2019", lambda d: (d.hire_date.dt.year == 2019).sum(), "date"),
    _e(
        "average salary of people hired since january 2020",
        lambda d: d[d.hire_date >= "2020-01-01"].salary.mean(),
        "date",
    ),
    _e(
        "who earns the most",
        lambda d: Top(d["name"].iloc[d.salary.argmax()], float(d.salary.max())),
        "top_n",
        also=[lambda d: d.nlargest(1, "salary")],
    ),
    _e(
        "sort everybody by hire date",
        lambda d: d.sort_values("hire_date", kind="stable"),
        "sort",
        ordered=True,
    ),
    _e("which department has the fewest people", lambda d: low(d.dept.value_counts()), "top_group"),
    _e("what percentage of the people work remotely", lambda d: share(d.remote), "share"),
    _e("what's the correlation between age and salary", lambda d: d.age.corr(d.salary), "correlation"),
    _e(
        "what's the ninetieth percentile of the salaries in sales",
        lambda d: d[d.dept == "sales"].salary.quantile(0.9),
        "percentile",
    ),
    _e(
        "who was hired last",
        lambda d: str(d["name"].iloc[d.hire_date.argmax()]),
        "first_last",
        also=[lambda d: d.nlargest(1, "hire_date")],
    ),
    _e("draw a histogram of the ages", lambda d: Spread(d.age), "plot"),
    _e(
        "how much more do leads earn than juniors on average",
        lambda d: Gap(d[d.level == "lead"].salary.mean() - d[d.level == "junior"].salary.mean()),
        "compare",
        also=[lambda d: two(d.groupby("level").salary.mean(), "lead", "junior")],
    ),
    _e(
        "and in marketing",
        lambda d: d[d.dept == "marketing"].salary.mean(),
        "follow_up",
        before=["what's the average salary in sales"],
    ),
    _e(
        "and by office",
        lambda d: d.groupby("office").salary.mean(),
        "follow_up",
        before=["average salary by department"],
    ),
    _e("what did you say", lambda d: d.salary.sum(), "repeat", before=["what's the sum of all salaries"]),
    _e("Help", lambda d: CAN, "help"),
    _e("who is going to quit next", REFUSE, "refuse"),
]

AWKWARD = [
    _a("how many rows are in this sheet", len, "rows"),
    _a("describe the weight", lambda d: facts(d["Weight (kg)"]), "describe"),
    _a(
        "are there any missing prices",
        lambda d: bool(d["Price (€)"].isna().any()),
        "missing",
        also=[lambda d: d["Price (€)"].isna().sum()],
    ),
    _a("how many different stores do we have", lambda d: d.store_id.nunique(), "distinct"),
    _a("how many units were sold altogether", lambda d: d.unitsSold.sum(), "aggregate"),
    _a("what's the lowest growth", lambda d: d["growth %"].min(), "aggregate"),
    _a("standard deviation of the price", lambda d: d["Price (€)"].std(), "aggregate"),
    _a("total units sold by store", lambda d: d.groupby("store_id").unitsSold.sum(), "group"),
    _a("average weight for each größe", lambda d: d.groupby("Größe")["Weight (kg)"].mean(), "group"),
    _a("how many rows are active", lambda d: d["Is Active?"].sum(), "filter"),
    _a("how many items have the größe xl", lambda d: (d["Größe"] == "XL").sum(), "filter"),
    _a(
        "what's the average price of lamps in store 11",
        lambda d: d[(d["Product Name"] == "lamp") & (d.store_id == 11)]["Price (€)"].mean(),
        "several",
    ),
    _a(
        "what's the average price of the ones that aren't active",
        lambda d: d[~d["Is Active?"]]["Price (€)"].mean(),
        "negation",
    ),
    _a(
        "how many were last sold in march 2024",
        lambda d: (_month(d["Last Sold"]) == pd.Period("2024-03")).sum(),
        "date",
    ),
    _a(
        "which store sold the most units",
        lambda d: top(d.groupby("store_id").unitsSold.sum()),
        "top_group",
    ),
    _a(
        "Which product is the cheapest on average?",
        lambda d: low(d.groupby("Product Name")["Price (€)"].mean()),
        "top_group",
    ),
    _a(
        "the three rows with the lowest growth please",
        lambda d: d.nsmallest(3, "growth %"),
        "top_n",
    ),
    _a("what percentage of the rows is active", lambda d: share(d["Is Active?"]), "share"),
    _a(
        "is there a correlation between weight and price",
        lambda d: d["Weight (kg)"].corr(d["Price (€)"]),
        "correlation",
    ),
    _a(
        "what's the ninetieth percentile of the weight",
        lambda d: d["Weight (kg)"].quantile(0.9),
        "percentile",
    ),
    _a("what's the latest last sold date", lambda d: d["Last Sold"].max(), "first_last"),
    _a("histogram of the price please", lambda d: Spread(d["Price (€)"]), "plot"),
    _a(
        "is the total for 2024 higher than the total for 2023",
        lambda d: bool(d["2024"].sum() > d["2023"].sum()),
        "yes_no",
        also=[lambda d: d[["2024", "2023"]].sum()],
    ),
    _a(
        "and how many are not active",
        lambda d: (~d["Is Active?"]).sum(),
        "follow_up",
        before=["how many rows are active"],
    ),
    _a(
        "say that again please",
        lambda d: d["Weight (kg)"].max(),
        "repeat",
        before=["what's the maximum weight"],
    ),
    _a("which supplier do the chairs come from", REFUSE, "refuse"),
    _a("what colour are the lamps", REFUSE, "refuse"),
]

LOG = [
    _l("how many requests are in the log", len, "rows"),
    _l("describe the duration", lambda d: facts(d.duration_ms), "describe"),
    _l("which countries do the requests come from", lambda d: list(d.country.unique()), "distinct"),
    _l("what status codes are there", lambda d: sorted(d.status.unique()), "distinct"),
    _l("What's the median duration?", lambda d: d.duration_ms.median(), "aggregate"),
    _l("median duration for each path", lambda d: d.groupby("path").duration_ms.median(), "group"),
    _l(
        "what's the error rate by path",
        lambda d: d.groupby("path").error.mean(),
        "group",
        also=[lambda d: 100 * d.groupby("path").error.mean()],
    ),
    _l("how many requests ended in an error", lambda d: d.error.sum(), "filter"),
    _l("how many requests took longer than two seconds", lambda d: (d.duration_ms > 2000).sum(), "filter"),
    _l(
        "what's the maximum duration on the login page",
        lambda d: d[d.path == "/login"].duration_ms.max(),
        "filtered",
    ),
    _l(
        "how many requests from france to search took more than 500 milliseconds",
        lambda d: ((d.country == "FR") & (d.path == "/search") & (d.duration_ms > 500)).sum(),
        "several",
    ),
    _l("how many requests don't have status 200", lambda d: (d.status != 200).sum(), "negation"),
    _l(
        "how many requests did we get on february 14th 2024",
        lambda d: (_day(d.timestamp) == pd.Period("2024-02-14")).sum(),
        "date",
    ),
    _l(
        "what was the average duration in january",
        lambda d: d[d.timestamp.dt.month == 1].duration_ms.mean(),
        "date",
    ),
    _l("which path gets the fewest requests", lambda d: low(d.path.value_counts()), "top_group"),
    _l(
        "which day had the most requests",
        lambda d: top(d.groupby(_day(d.timestamp)).size()),
        "top_group",
    ),
    _l(
        "top three countries by number of requests",
        lambda d: d.country.value_counts().nlargest(3),
        "top_n",
    ),
    _l(
        "sort the requests by duration in descending order",
        lambda d: d.sort_values("duration_ms", ascending=False, kind="stable"),
        "sort",
        ordered=True,
    ),
    _l("what share of the requests comes from germany", lambda d: share(d.country == "DE"), "share"),
    _l(
        "what's the ninety ninth percentile of the duration",
        lambda d: d.duration_ms.quantile(0.99),
        "percentile",
    ),
    _l(
        "how many errors did we have per day",
        lambda d: d[d.error].groupby(_day(d[d.error].timestamp)).size(),
        "trend",
    ),
    _l(
        "how many requests are there per hour of the day",
        lambda d: d.groupby(d.timestamp.dt.hour).size(),
        "trend",
    ),
    _l("when was the last request", lambda d: d.timestamp.max(), "first_last"),
    _l("draw me a bar chart of requests by country", lambda d: d.country.value_counts(), "plot"),
    _l(
        "are there more requests from japan than from the us",
        lambda d: bool((d.country == "JP").sum() > (d.country == "US").sum()),
        "yes_no",
        also=[lambda d: two(d.country.value_counts(), "JP", "US")],
    ),
    _l(
        "and for checkout",
        lambda d: d[d.path == "/checkout"].duration_ms.mean(),
        "follow_up",
        before=["what's the average duration for search"],
    ),
    _l(
        "plot that",
        lambda d: d.country.value_counts(),
        "follow_up",
        before=["how many requests are there per country"],
    ),
    _l("how many requests came from canada", REFUSE, "refuse", also=[lambda d: 0]),
    _l("is our website any good", REFUSE, "refuse"),
]

WEATHER = [
    _w(
        "what columns are there",
        lambda d: list(d.columns),
        "columns",
        also=[lambda d: ["day", *d.columns]],
    ),
    _w("how many temperature values are missing", lambda d: d.temperature.isna().sum(), "missing"),
    _w("What was the average temperature?", lambda d: d.temperature.mean(), "aggregate"),
    _w("what's the lowest temperature", lambda d: d.temperature.min(), "aggregate"),
    _w("what's the median wind", lambda d: d.wind_kmh.median(), "aggregate"),
    _w("total rain per station", lambda d: d.groupby("station").rain_mm.sum(), "group"),
    _w(
        "total rain by station and month",
        lambda d: d.groupby(["station", _month(_days(d))]).rain_mm.sum(),
        "two_groups",
        also=[lambda d: d.groupby(["station", _days(d).month]).rain_mm.sum()],
    ),
    _w(
        "how many days was the temperature below zero at the hilltop",
        lambda d: ((d.station == "hilltop") & (d.temperature < 0)).sum(),
        "several",
    ),
    _w(
        "what was the average wind at the airport",
        lambda d: d[d.station == "airport"].wind_kmh.mean(),
        "filtered",
    ),
    _w(
        "how many readings have a temperature between fifteen and twenty degrees",
        _inside("temperature", 15, 20),
        "range",
        also=_within("temperature", 15, 20),
    ),
    _w("how many readings had no rain", lambda d: (d.rain_mm == 0).sum(), "negation"),
    _w(
        "what was the average temperature on the third of october",
        lambda d: d[d.index == "2023-10-03"].temperature.mean(),
        "date",
    ),
    _w(
        "average temperature from april to june",
        lambda d: d[(_days(d).month >= 4) & (_days(d).month <= 6)].temperature.mean(),
        "date",
    ),
    _w(
        "which station got the most rain",
        lambda d: top(d.groupby("station").rain_mm.sum()),
        "top_group",
    ),
    _w("when was the highest temperature measured", lambda d: d.temperature.idxmax(), "top_n"),
    _w("show me the five rows with the most rain", lambda d: d.nlargest(5, "rain_mm"), "top_n"),
    _w("what percentage of the readings had rain", lambda d: share(d.rain_mm > 0), "share"),
    _w(
        "what's the correlation between temperature and wind",
        lambda d: d.temperature.corr(d.wind_kmh),
        "correlation",
    ),
    _w(
        "average temperature per month",
        lambda d: d.groupby(_month(_days(d))).temperature.mean(),
        "trend",
        also=[lambda d: d.groupby(_days(d).month).temperature.mean()],
    ),
    _w("show me the first three rows", lambda d: d.head(3), "first_last"),
    _w("show a histogram of the wind", lambda d: Spread(d.wind_kmh), "plot"),
    _w(
        "how much warmer is the harbour than the hilltop on average",
        lambda d: Gap(
            d[d.station == "harbour"].temperature.mean() - d[d.station == "hilltop"].temperature.mean(),
        ),
        "compare",
        also=[lambda d: two(d.groupby("station").temperature.mean(), "harbour", "hilltop")],
    ),
    _w(
        "and at the harbour?",
        lambda d: d[d.station == "harbour"].wind_kmh.mean(),
        "follow_up",
        before=["what was the average wind at the airport"],
    ),
    _w(
        "and the maximum",
        lambda d: d.groupby("station").temperature.max(),
        "follow_up",
        before=["average temperature at each station"],
    ),
    _w("Repeat that please", lambda d: d.wind_kmh.median(), "repeat", before=["what's the median wind"]),
    _w("what kind of questions can you answer", lambda d: CAN, "help"),
    _w("will it rain tomorrow", REFUSE, "refuse"),
    _w("how warm was it in january 2025", REFUSE, "refuse"),
]

QUESTIONS = [*PENGUINS, *ORDERS, *EMPLOYEES, *AWKWARD, *LOG, *WEATHER]
