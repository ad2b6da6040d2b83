"""Questions by who has read neither the grammar nor the other sets; counted first, then opened as well."""

from __future__ import annotations

from functools import partial

import pandas as pd

from .question import (
    CAN,
    REFUSE,
    Facts,
    Gap,
    Question,
    Right,
    Share,
    Spread,
    facts,
    low,
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


def _month(times: pd.Series | pd.DatetimeIndex) -> pd.PeriodIndex:
    return pd.DatetimeIndex(times).to_period("M")


def _days(frame: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(frame.index)


def _day(times: pd.Series) -> pd.PeriodIndex:
    return pd.DatetimeIndex(times).to_period("D")


def _year(times: pd.Series) -> pd.PeriodIndex:
    return pd.DatetimeIndex(times).to_period("Y")


PENGUINS = [
    _p("how many columns does this table have", lambda d: d.shape[1], "columns"),
    _p("What are the columns called?", lambda d: list(d.columns), "columns"),
    _p(
        "how many values are missing in each column",
        lambda d: d.isna().sum(),
        "missing",
    ),
    _p("which islands are in the data", lambda d: list(d.island.unique()), "distinct"),
    _p("what's the mean bill depth", lambda d: d.bill_depth_mm.mean(), "aggregate"),
    _p("what's the shortest flipper length we have", lambda d: d.flipper_length_mm.min(), "aggregate"),
    _p(
        "tell me the smallest and the largest body mass",
        lambda d: Facts({"min": d.body_mass_g.min(), "max": d.body_mass_g.max()}),
        "two_figures",
    ),
    _p("what's the median body mass by sex", lambda d: d.groupby("sex").body_mass_g.median(), "group"),
    _p(
        "average bill length by island and year",
        lambda d: d.groupby(["island", "year"]).bill_length_mm.mean(),
        "two_groups",
    ),
    _p(
        "how many chinstraps are female",
        lambda d: ((d.species == "Chinstrap") & (d.sex == "female")).sum(),
        "several",
    ),
    _p(
        "how many of the penguins have flippers longer than 200 millimetres",
        lambda d: (d.flipper_length_mm > 200).sum(),
        "filter",
    ),
    _p(
        "what's the longest bill on torgersen",
        lambda d: d[d.island == "Torgersen"].bill_length_mm.max(),
        "filtered",
    ),
    _p(
        "what's the average bill length of all penguins except gentoos",
        lambda d: d[d.species != "Gentoo"].bill_length_mm.mean(),
        "negation",
    ),
    _p(
        "show me the four heaviest penguins",
        lambda d: d.nlargest(4, "body_mass_g"),
        "top_n",
    ),
    _p(
        "Which species has the longest flippers on average?",
        lambda d: top(d.groupby("species").flipper_length_mm.mean()),
        "top_group",
    ),
    _p(
        "how much heavier are males than females on average",
        lambda d: Gap(
            d[d.sex == "male"].body_mass_g.mean() - d[d.sex == "female"].body_mass_g.mean(),
        ),
        "compare",
        also=[lambda d: two(d.groupby("sex").body_mass_g.mean(), "male", "female")],
    ),
    _p(
        "what percentage of the penguins on biscoe are gentoos",
        lambda d: share(d[d.island == "Biscoe"].species == "Gentoo"),
        "share",
    ),
    _p("what's the 90th percentile of body mass", lambda d: d.body_mass_g.quantile(0.9), "percentile"),
    _p("show me a histogram of the body mass", lambda d: Spread(d.body_mass_g), "plot"),
    _p("show me the first five rows", lambda d: d.head(5), "first_last"),
    _p(
        "how many of those are chinstraps",
        lambda d: ((d.island == "Dream") & (d.species == "Chinstrap")).sum(),
        "follow_up",
        before=["how many penguins are on dream"],
    ),
    _p(
        "and adelies",
        lambda d: (d.species == "Adelie").sum(),
        "follow_up",
        before=["how many gentoos are there"],
    ),
    _p("what can I ask you", lambda d: CAN, "help"),
    _p("how many emperor penguins are there", REFUSE, "refuse", also=[lambda d: 0]),
    _p("what do the penguins eat", REFUSE, "refuse"),
]

ORDERS = [
    _o("which columns are in this table", lambda d: list(d.columns), "columns"),
    _o("how many orders are missing a unit price", lambda d: d.unit_price.isna().sum(), "missing"),
    _o("how many different cities are in there", lambda d: d.city.nunique(), "distinct"),
    _o("what's the average revenue per order", lambda d: d.revenue.mean(), "aggregate"),
    _o("what's the highest revenue from a single order", lambda d: d.revenue.max(), "aggregate"),
    _o(
        "how many units of each product did we sell",
        lambda d: d.groupby("product").units.sum(),
        "group",
    ),
    _o("how many orders are there for each city", lambda d: d.city.value_counts(), "group"),
    _o("how many orders came from spain", lambda d: (d.country == "Spain").sum(), "filter"),
    _o("how many orders had more than thirty units", lambda d: (d.units > 30).sum(), "filter"),
    _o(
        "How many orders did we get in March 2022?",
        lambda d: (_month(d.date) == pd.Period("2022-03")).sum(),
        "date",
    ),
    _o("how many orders were placed before june 2022", lambda d: (d.date < "2022-06-01").sum(), "date"),
    _o(
        "how many orders are not from germany or france",
        lambda d: (~d.country.isin(["Germany", "France"])).sum(),
        "negation",
    ),
    _o(
        "average revenue of plum orders in the north",
        lambda d: d[(d["product"] == "plums") & (d.region == "north")].revenue.mean(),
        "several",
    ),
    _o(
        "which country brings in the most revenue",
        lambda d: top(d.groupby("country").revenue.sum()),
        "top_group",
    ),
    _o("which region has the fewest orders", lambda d: low(d.region.value_counts()), "top_group"),
    _o(
        "what are the top three countries by revenue",
        lambda d: d.groupby("country").revenue.sum().nlargest(3),
        "top_n",
    ),
    _o(
        "sort the orders by unit price from low to high",
        lambda d: d.sort_values("unit_price", kind="stable"),
        "sort",
        ordered=True,
    ),
    _o(
        "what share of the revenue comes from cherries",
        lambda d: Share(d[d["product"] == "cherries"].revenue.sum() / d.revenue.sum()),
        "share",
    ),
    _o(
        "what's the ninety fifth percentile of revenue",
        lambda d: d.revenue.quantile(0.95),
        "percentile",
    ),
    _o("number of orders per year", lambda d: d.groupby(_year(d.date)).size(), "trend"),
    _o("show me the last five orders", lambda d: d.tail(5), "first_last"),
    _o("plot the units sold per month", lambda d: d.groupby(_month(d.date)).units.sum(), "plot"),
    _o(
        "and from poland?",
        lambda d: (d.country == "Poland").sum(),
        "follow_up",
        before=["how many orders came from italy"],
    ),
    _o(
        "and what's their total revenue",
        lambda d: d[d.returned & (d.country == "France")].revenue.sum(),
        "follow_up",
        before=["how many orders were returned", "how many of those are from france"],
    ),
    _o("which customer bought the most", REFUSE, "refuse"),
    _o("what's our average profit margin", REFUSE, "refuse"),
]

EMPLOYEES = [
    _e("how many people work here", len, "rows"),
    _e("Can you describe the salaries?", lambda d: facts(d.salary), "describe"),
    _e("for how many people is the bonus missing", lambda d: d.bonus.isna().sum(), "missing"),
    _e("how many offices do we have", lambda d: d.office.nunique(), "distinct"),
    _e("what's the median age", lambda d: d.age.median(), "aggregate"),
    _e("how much do we pay in salaries altogether", lambda d: d.salary.sum(), "aggregate"),
    _e(
        "give me the mean and the median of the bonus",
        lambda d: Facts({"mean": d.bonus.mean(), "median": d.bonus.median()}),
        "two_figures",
    ),
    _e("how many people are in each office", lambda d: d.office.value_counts(), "group"),
    _e(
        "average salary by department and level",
        lambda d: d.groupby(["dept", "level"]).salary.mean(),
        "two_groups",
    ),
    _e("how many people are older than fifty", lambda d: (d.age > 50).sum(), "filter"),
    _e(
        "how many people earn between 50000 and 60000",
        _inside("salary", 50_000, 60_000),
        "range",
        also=_within("salary", 50_000, 60_000),
    ),
    _e(
        "what's the average age of everyone who isn't in engineering",
        lambda d: d[d.dept != "engineering"].age.mean(),
        "negation",
    ),
    _e(
        "what's the total salary of the legal department",
        lambda d: d[d.dept == "legal"].salary.sum(),
        "filtered",
    ),
    _e("how many people joined before 2012", lambda d: (d.hire_date < "2012-01-01").sum(), "date"),
    _e(
        "how many people report to hugo lopez",
        lambda d: (d.manager == "Hugo Lopez").sum(),
        "filter",
    ),
    _e(
        "Who are the five best paid people?",
        lambda d: d.nlargest(5, "salary"),
        "top_n",
        also=[
            lambda d: d.nlargest(5, "salary").set_index("name").salary,
            lambda d: list(d.nlargest(5, "salary")["name"]),
        ],
    ),
    _e(
        "which department has the highest average salary",
        lambda d: top(d.groupby("dept").salary.mean()),
        "top_group",
    ),
    _e(
        "which office has the highest total bonus",
        lambda d: top(d.groupby("office").bonus.sum()),
        "top_group",
    ),
    _e(
        "what share of the leads are in berlin",
        lambda d: share(d[d.level == "lead"].office == "Berlin"),
        "share",
    ),
    _e("what's the 25th percentile of age", lambda d: d.age.quantile(0.25), "percentile"),
    _e(
        "how many people did we hire each year",
        lambda d: d.groupby(_year(d.hire_date)).size(),
        "trend",
    ),
    _e("when did the first person start", lambda d: d.hire_date.min(), "first_last"),
    _e(
        "make a bar chart of the average salary by department",
        lambda d: d.groupby("dept").salary.mean(),
        "plot",
    ),
    _e(
        "is the average age in london higher than in berlin",
        lambda d: bool(d[d.office == "London"].age.mean() > d[d.office == "Berlin"].age.mean()),
        "yes_no",
        also=[lambda d: two(d.groupby("office").age.mean(), "London", "Berlin")],
    ),
    _e(
        "how many of them are remote",
        lambda d: ((d.office == "Berlin") & d.remote).sum(),
        "follow_up",
        before=["how many people work in berlin"],
    ),
    _e(
        "only for engineering",
        lambda d: d[d.dept == "engineering"].salary.mean(),
        "follow_up",
        before=["what's the average salary"],
    ),
    _e("is the pay in our company fair", REFUSE, "refuse"),
    _e("what's the average salary in the paris office", REFUSE, "refuse"),
    _e("how many women work here", REFUSE, "refuse"),
]

AWKWARD = [
    _a("list the columns for me", lambda d: list(d.columns), "columns"),
    _a("how many values are missing in the mean column", lambda d: d["mean"].isna().sum(), "missing"),
    _a("which product names are there", lambda d: list(d["Product Name"].unique()), "distinct"),
    _a("what's the average price", lambda d: d["Price (€)"].mean(), "aggregate"),
    _a("what's the maximum weight", lambda d: d["Weight (kg)"].max(), "aggregate"),
    _a("What's the sum of the 2024 column?", lambda d: d["2024"].sum(), "aggregate"),
    _a("what's the average of the mean column", lambda d: d["mean"].mean(), "aggregate"),
    _a("average price per product", lambda d: d.groupby("Product Name")["Price (€)"].mean(), "group"),
    _a(
        "units sold by product and store",
        lambda d: d.groupby(["Product Name", "store_id"]).unitsSold.sum(),
        "two_groups",
    ),
    _a("how many rows have negative growth", lambda d: (d["growth %"] < 0).sum(), "filter"),
    _a(
        "how many chairs cost more than five hundred euros",
        lambda d: ((d["Product Name"] == "chair") & (d["Price (€)"] > 500)).sum(),
        "several",
    ),
    _a(
        "how many items weigh between ten and twenty kilos",
        _inside("Weight (kg)", 10, 20),
        "range",
        also=_within("Weight (kg)", 10, 20),
    ),
    _a(
        "total units sold of everything but sofas",
        lambda d: d[d["Product Name"] != "sofa"].unitsSold.sum(),
        "negation",
    ),
    _a(
        "how many items were last sold before february 2024",
        lambda d: (d["Last Sold"] < "2024-02-01").sum(),
        "date",
    ),
    _a(
        "which product has the highest average growth",
        lambda d: top(d.groupby("Product Name")["growth %"].mean()),
        "top_group",
    ),
    _a("show me the five rows with the highest price", lambda d: d.nlargest(5, "Price (€)"), "top_n"),
    _a(
        "sort by weight, heaviest first",
        lambda d: d.sort_values("Weight (kg)", ascending=False, kind="stable"),
        "sort",
        ordered=True,
    ),
    _a(
        "what share of the units sold comes from store twelve",
        lambda d: Share(d[d.store_id == 12].unitsSold.sum() / d.unitsSold.sum()),
        "share",
    ),
    _a(
        "how do count and units sold correlate",
        lambda d: d["count"].corr(d.unitsSold),
        "correlation",
    ),
    _a(
        "how many items were last sold in each month",
        lambda d: d.groupby(_month(d["Last Sold"])).size(),
        "trend",
        also=[lambda d: d.groupby(d["Last Sold"].dt.month).size()],
    ),
    _a("show me the last ten rows", lambda d: d.tail(10), "first_last"),
    _a(
        "plot the total units sold per product as a bar chart",
        lambda d: d.groupby("Product Name").unitsSold.sum(),
        "plot",
    ),
    _a(
        "and of desks?",
        lambda d: d[d["Product Name"] == "desk"]["Price (€)"].mean(),
        "follow_up",
        before=["what's the average price of sofas"],
    ),
    _a(
        "now the same per product",
        lambda d: d.groupby("Product Name").unitsSold.sum(),
        "follow_up",
        before=["total units sold by store"],
    ),
    _a(
        "sort that from high to low",
        lambda d: d.groupby("Product Name")["Price (€)"].mean().sort_values(ascending=False),
        "follow_up",
        before=["average price per product"],
        ordered=True,
    ),
    _a("how many wardrobes did we sell", REFUSE, "refuse", also=[lambda d: 0]),
    _a("how much are we going to sell in 2026", REFUSE, "refuse"),
]

LOG = [
    _l("what columns does the log have", lambda d: list(d.columns), "columns"),
    _l(
        "is there anything missing in this table",
        lambda d: bool(d.isna().any().any()),
        "missing",
        also=[lambda d: d.isna().sum().sum()],
    ),
    _l("how many different users do we have", lambda d: d.user_id.nunique(), "distinct"),
    _l("what's the average duration", lambda d: d.duration_ms.mean(), "aggregate"),
    _l("how long did the slowest request take", lambda d: d.duration_ms.max(), "aggregate"),
    _l("how many requests are there per country", lambda d: d.country.value_counts(), "group"),
    _l(
        "number of requests by country and path",
        lambda d: d.groupby(["country", "path"]).size(),
        "two_groups",
    ),
    _l("how many requests came back with status 500", lambda d: (d.status == 500).sum(), "filter"),
    _l(
        "average duration of requests from the us",
        lambda d: d[d.country == "US"].duration_ms.mean(),
        "filtered",
    ),
    _l(
        "how many requests to checkout had an error",
        lambda d: ((d.path == "/checkout") & d.error).sum(),
        "several",
    ),
    _l(
        "how many requests took between 100 and 200 milliseconds",
        _inside("duration_ms", 100, 200),
        "range",
        also=_within("duration_ms", 100, 200),
    ),
    _l(
        "average duration of requests that didn't end in an error",
        lambda d: d[~d.error].duration_ms.mean(),
        "negation",
    ),
    _l(
        "how many errors were there in march",
        lambda d: (d.error & (d.timestamp.dt.month == 3)).sum(),
        "date",
    ),
    _l(
        "which path is the slowest on average",
        lambda d: top(d.groupby("path").duration_ms.mean()),
        "top_group",
    ),
    _l("Which user made the most requests?", lambda d: top(d.user_id.value_counts()), "top_group"),
    _l(
        "which country has the highest error rate",
        lambda d: top(d.groupby("country").error.mean()),
        "top_group",
    ),
    _l("show me the ten slowest requests", lambda d: d.nlargest(10, "duration_ms"), "top_n"),
    _l("what percentage of the requests were errors", lambda d: share(d.error), "share"),
    _l(
        "what percentage of the requests to search ended in an error",
        lambda d: share(d[d.path == "/search"].error),
        "share",
    ),
    _l(
        "95th percentile of duration by path",
        lambda d: d.groupby("path").duration_ms.quantile(0.95),
        "percentile",
    ),
    _l(
        "average duration per month",
        lambda d: d.groupby(_month(d.timestamp)).duration_ms.mean(),
        "trend",
        also=[lambda d: d.groupby(d.timestamp.dt.month).duration_ms.mean()],
    ),
    _l("show me the first ten requests", lambda d: d.head(10), "first_last"),
    _l(
        "plot the number of requests per day",
        lambda d: d.groupby(_day(d.timestamp)).size(),
        "plot",
    ),
    _l(
        "how much slower is checkout than login on average",
        lambda d: Gap(
            d[d.path == "/checkout"].duration_ms.mean() - d[d.path == "/login"].duration_ms.mean(),
        ),
        "compare",
        also=[lambda d: two(d.groupby("path").duration_ms.mean(), "/checkout", "/login")],
    ),
    _l(
        "and how many of them were from the us",
        lambda d: (d.error & (d.country == "US")).sum(),
        "follow_up",
        before=["how many requests ended in an error"],
    ),
    _l(
        "what about the maximum",
        lambda d: d.groupby("path").duration_ms.max(),
        "follow_up",
        before=["average duration by path"],
    ),
    _l("how many requests did we get in april 2024", REFUSE, "refuse", also=[lambda d: 0]),
    _l("which browser do most of our users have", REFUSE, "refuse"),
]

WEATHER = [
    _w("how many readings are there", len, "rows"),
    _w("can you describe the temperature", lambda d: facts(d.temperature), "describe"),
    _w("what stations do we have", lambda d: list(d.station.unique()), "distinct"),
    _w("what was the strongest wind", lambda d: d.wind_kmh.max(), "aggregate"),
    _w("how much rain fell in total at all stations together", lambda d: d.rain_mm.sum(), "aggregate"),
    _w(
        "average temperature at each station",
        lambda d: d.groupby("station").temperature.mean(),
        "group",
    ),
    _w("what's the strongest wind by station", lambda d: d.groupby("station").wind_kmh.max(), "group"),
    _w("how many readings were above 20 degrees", lambda d: (d.temperature > 20).sum(), "filter"),
    _w(
        "how many days at the harbour had more than ten millimetres of rain",
        lambda d: ((d.station == "harbour") & (d.rain_mm > 10)).sum(),
        "several",
    ),
    _w(
        "what was the highest temperature at the hilltop",
        lambda d: d[d.station == "hilltop"].temperature.max(),
        "filtered",
    ),
    _w(
        "average wind at all stations except the hilltop",
        lambda d: d[d.station != "hilltop"].wind_kmh.mean(),
        "negation",
    ),
    _w(
        "how much did it rain at the airport in july",
        lambda d: d[(d.station == "airport") & (_days(d).month == 7)].rain_mm.sum(),
        "date",
    ),
    _w(
        "what was the average temperature in august",
        lambda d: d[_days(d).month == 8].temperature.mean(),
        "date",
    ),
    _w(
        "which station is the coldest on average",
        lambda d: low(d.groupby("station").temperature.mean()),
        "top_group",
    ),
    _w(
        "which month had the highest average temperature",
        lambda d: top(d.groupby(_month(_days(d))).temperature.mean()),
        "top_group",
    ),
    _w("On which day was the strongest wind measured?", lambda d: d.wind_kmh.idxmax(), "top_n"),
    _w(
        "sort the readings by temperature, coldest first",
        lambda d: d.sort_values("temperature", kind="stable"),
        "sort",
        ordered=True,
    ),
    _w(
        "what share of the total rain fell at the hilltop",
        lambda d: Share(d[d.station == "hilltop"].rain_mm.sum() / d.rain_mm.sum()),
        "share",
    ),
    _w("what's the 90th percentile of the wind", lambda d: d.wind_kmh.quantile(0.9), "percentile"),
    _w(
        "how did the total rain develop by month at the airport",
        lambda d: d[d.station == "airport"].groupby(_month(_days(d[d.station == "airport"]))).rain_mm.sum(),
        "trend",
        also=[
            lambda d: d[d.station == "airport"].groupby(_days(d[d.station == "airport"]).month).rain_mm.sum()
        ],
    ),
    _w("what's the last day in the data", lambda d: d.index.max(), "first_last"),
    _w(
        "plot the average temperature by month",
        lambda d: d.groupby(_month(_days(d))).temperature.mean(),
        "plot",
        also=[lambda d: d.groupby(_days(d).month).temperature.mean()],
    ),
    _w(
        "did the harbour get more rain than the hilltop",
        lambda d: bool(
            d[d.station == "harbour"].rain_mm.sum() > d[d.station == "hilltop"].rain_mm.sum(),
        ),
        "yes_no",
        also=[lambda d: two(d.groupby("station").rain_mm.sum(), "harbour", "hilltop")],
    ),
    _w(
        "and in december",
        lambda d: d[_days(d).month == 12].temperature.mean(),
        "follow_up",
        before=["what was the average temperature in november"],
    ),
    _w(
        "show me that as a bar chart",
        lambda d: d.groupby("station").rain_mm.sum(),
        "follow_up",
        before=["total rain per station"],
    ),
    _w("what was the humidity at the airport", REFUSE, "refuse"),
    _w("how much snow did we get", REFUSE, "refuse"),
    _w("what was the average temperature in the valley", REFUSE, "refuse"),
]

QUESTIONS = [*PENGUINS, *ORDERS, *EMPLOYEES, *AWKWARD, *LOG, *WEATHER]
