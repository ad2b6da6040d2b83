"""The half of the questions that is for counting only: who writes the grammar does not read it."""

from __future__ import annotations

from functools import partial

from .question import (
    CAN,
    REFUSE,
    Gap,
    Question,
    Share,
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

PENGUINS = [
    _p("what's the size of this data set", shape, "rows", also=[len]),
    _p("so how many variables are there", lambda d: d.shape[1], "columns"),
    _p("give me an overview of flipper length", lambda d: facts(d.flipper_length_mm), "describe"),
    _p(
        "are there any missing values in the sex column",
        lambda d: True,
        "missing",
        also=[lambda d: d.sex.isna().sum()],
    ),
    _p("how many different islands", lambda d: d.island.nunique(), "distinct"),
    _p("how heavy is the lightest bird", lambda d: d.body_mass_g.min(), "aggregate"),
    _p(
        "what's the standard deviation of bill depth",
        lambda d: d.bill_depth_mm.std(),
        "aggregate",
        also=[lambda d: d.bill_depth_mm.std(ddof=0)],
    ),
    _p(
        "median flipper length for each island",
        lambda d: d.groupby("island").flipper_length_mm.median(),
        "group",
    ),
    _p(
        "number of penguins by island and species",
        lambda d: d.groupby(["island", "species"]).size(),
        "two_groups",
    ),
    _p("how many males do we have", lambda d: (d.sex == "male").sum(), "filter"),
    _p(
        "how many birds have a bill depth of at least nineteen",
        lambda d: (d.bill_depth_mm >= 19).sum(),
        "filter",
    ),
    _p(
        "how many have flippers from 190 to 200 millimetres",
        lambda d: d.flipper_length_mm.between(190, 200).sum(),
        "range",
        also=[lambda d: d.flipper_length_mm.between(190, 200, inclusive="neither").sum()],
    ),
    _p(
        "mean bill length for everything but gentoo",
        lambda d: d[d.species != "Gentoo"].bill_length_mm.mean(),
        "negation",
    ),
    _p(
        "how many chinstraps aren't female",
        lambda d: ((d.species == "Chinstrap") & (d.sex != "female")).sum(),
        "negation",
    ),
    _p("how many penguins were recorded after 2007", lambda d: (d.year > 2007).sum(), "date"),
    _p(
        "what do male chinstraps on dream weigh on average",
        lambda d: d[
            (d.sex == "male") & (d.species == "Chinstrap") & (d.island == "Dream")
        ].body_mass_g.mean(),
        "filtered",
    ),
    _p(
        "what is the shortest bill among the females",
        lambda d: d[d.sex == "female"].bill_length_mm.min(),
        "filtered",
    ),
    _p(
        "how many adelies from torgersen in 2009 are lighter than 3500 grams",
        lambda d: (
            (d.species == "Adelie") & (d.island == "Torgersen") & (d.year == 2009) & (d.body_mass_g < 3500)
        ).sum(),
        "several",
    ),
    _p("list the penguins that are heavier than 6000 grams", lambda d: d[d.body_mass_g > 6000], "filter"),
    _p(
        "order them by bill depth from smallest to largest",
        lambda d: d.sort_values("bill_depth_mm"),
        "sort",
        ordered=True,
    ),
    _p("the two birds with the longest bills", lambda d: d.nlargest(2, "bill_length_mm"), "top"),
    _p(
        "on which island do the birds have the longest bills on average",
        lambda d: top(d.groupby("island").bill_length_mm.mean()),
        "which",
    ),
    _p("which species is the least common", lambda d: low(d.species.value_counts()), "which"),
    _p(
        "what percentage of the penguins on biscoe are gentoo",
        lambda d: share(d[d.island == "Biscoe"].species == "Gentoo"),
        "share",
    ),
    _p(
        "how closely are bill length and bill depth related",
        lambda d: d.bill_length_mm.corr(d.bill_depth_mm),
        "correlation",
    ),
    _p("what is the upper quartile of bill length", lambda d: d.bill_length_mm.quantile(0.75), "percentile"),
    _p(
        "how did the average flipper length change over the years",
        lambda d: d.groupby("year").flipper_length_mm.mean(),
        "trend",
    ),
    _p("let me see the last four rows", lambda d: d.tail(4), "first_last"),
    _p("draw a histogram of body mass", lambda d: Spread(d.body_mass_g), "plot"),
    _p(
        "how many of each sex",
        lambda d: d.sex.value_counts(),
        "counts",
        also=[lambda d: d.sex.fillna("unknown").value_counts()],
    ),
    _p(
        "do adelies have longer bills than chinstraps on average",
        lambda d: False,
        "compare",
        also=[lambda d: two(d.groupby("species").bill_length_mm.mean(), "Adelie", "Chinstrap")],
    ),
    _p(
        "by how much do the heaviest and the lightest penguin differ",
        lambda d: Gap(d.body_mass_g.max() - d.body_mass_g.min()),
        "difference",
    ),
    _p(
        "and on torgersen",
        lambda d: (d.island == "Torgersen").sum(),
        "followup",
        before=["how many penguins are on dream"],
    ),
    _p(
        "what was that again",
        lambda d: d.bill_depth_mm.max(),
        "repeat",
        before=["what's the largest bill depth"],
    ),
    _p("how many emperor penguins are there", REFUSE, "refuse", also=[lambda d: 0]),
    _p("average temperature on each island", REFUSE, "refuse"),
    _p("which penguin is the cutest", REFUSE, "refuse"),
    _p("what did the chicks weigh on average", REFUSE, "refuse"),
    _p("how many penguins per colony", REFUSE, "refuse"),
]

ORDERS = [
    _o("how big is this table", shape, "rows", also=[len]),
    _o("what fields does an order have", lambda d: list(d.columns), "columns"),
    _o("summary statistics for unit price", lambda d: facts(d.unit_price), "describe"),
    _o("how many orders are there without a city", lambda d: d.city.isna().sum(), "missing"),
    _o("which products do we sell", lambda d: list(d["product"].unique()), "distinct"),
    _o("what is the smallest number of units", lambda d: d.units.min(), "aggregate"),
    _o("uh can you add up the units for me", lambda d: d.units.sum(), "aggregate"),
    _o("median revenue for each product", lambda d: d.groupby("product").revenue.median(), "group"),
    _o(
        "average revenue by region and returned",
        lambda d: d.groupby(["region", "returned"]).revenue.mean(),
        "two_groups",
    ),
    _o(
        "how many orders with revenue of at least five hundred are there",
        lambda d: (d.revenue >= 500).sum(),
        "filter",
    ),
    _o(
        "show me the orders with more than thirty nine units from hamburg",
        lambda d: d[(d.units > 39) & (d.city == "Hamburg")],
        "filter",
    ),
    _o(
        "how many orders have a unit price from 10 to 12",
        lambda d: d.unit_price.between(10, 12).sum(),
        "range",
        also=[lambda d: d.unit_price.between(10, 12, inclusive="neither").sum()],
    ),
    _o(
        "total revenue except for cherries and plums",
        lambda d: d[~d["product"].isin(["cherries", "plums"])].revenue.sum(),
        "negation",
    ),
    _o(
        "how many orders are neither from germany nor from france",
        lambda d: (~d.country.isin(["Germany", "France"])).sum(),
        "negation",
    ),
    _o(
        "how many orders were there between march and june 2022",
        lambda d: ((d.date >= "2022-03-01") & (d.date < "2022-07-01")).sum(),
        "date",
        also=[
            lambda d: ((d.date >= "2022-03-01") & (d.date <= "2022-06-01")).sum(),
            lambda d: ((d.date >= "2022-03-01") & (d.date < "2022-06-01")).sum(),
        ],
    ),
    _o(
        "revenue in the second quarter of 2023",
        lambda d: d[(d.date >= "2023-04-01") & (d.date < "2023-07-01")].revenue.sum(),
        "date",
    ),
    _o("how many orders were placed on weekends", lambda d: (d.date.dt.day_of_week >= 5).sum(), "date"),
    _o("total units since october first 2023", lambda d: d[d.date >= "2023-10-01"].units.sum(), "date"),
    _o(
        "how many units does a returned order have on average",
        lambda d: d[d.returned].units.mean(),
        "filtered",
    ),
    _o("the highest unit price in vienna", lambda d: d[d.city == "Vienna"].unit_price.max(), "filtered"),
    _o(
        "total revenue of apples sold in the south in 2023",
        lambda d: d[
            (d["product"] == "apples") & (d.region == "south") & (d.date.dt.year == 2023)
        ].revenue.sum(),
        "several",
    ),
    _o("sort by date, newest first", lambda d: d.sort_values("date", ascending=False), "sort", ordered=True),
    _o(
        "which five cities bring in the most revenue",
        lambda d: list(d.groupby("city").revenue.sum().nlargest(5).index),
        "top",
        also=[lambda d: d.groupby("city").revenue.sum().nlargest(5)],
    ),
    _o(
        "bottom three countries by total revenue",
        lambda d: list(d.groupby("country").revenue.sum().nsmallest(3).index),
        "top",
        also=[lambda d: d.groupby("country").revenue.sum().nsmallest(3)],
    ),
    _o(
        "which month had the highest revenue",
        lambda d: top(d.groupby(d.date.dt.to_period("M")).revenue.sum()),
        "which",
        also=[
            lambda d: top(d.groupby(d.date.dt.month_name()).revenue.sum(), "all years|both years|every year")
        ],
    ),
    _o(
        "what product sells the fewest units",
        lambda d: low(d.groupby("product").units.sum()),
        "which",
        also=[lambda d: low(d.groupby("product").units.mean(), "average|mean")],
    ),
    _o(
        "what share of the revenue does each region have",
        lambda d: d.groupby("region").revenue.sum() / d.revenue.sum(),
        "share",
        also=[lambda d: 100 * d.groupby("region").revenue.sum() / d.revenue.sum()],
    ),
    _o("do unit price and units go together", lambda d: d.unit_price.corr(d.units), "correlation"),
    _o("what's the 99th percentile of revenue", lambda d: d.revenue.quantile(0.99), "percentile"),
    _o("number of orders per quarter", lambda d: d.groupby(d.date.dt.to_period("Q")).size(), "trend"),
    _o("what's the date of the most recent order", lambda d: d.date.max(), "first_last"),
    _o("show me a bar chart of total units by country", lambda d: d.groupby("country").units.sum(), "plot"),
    _o("how often was each product ordered", lambda d: d["product"].value_counts(), "counts"),
    _o(
        "was the revenue in 2023 higher than in 2022",
        lambda d: True,
        "compare",
        also=[lambda d: d.groupby(d.date.dt.to_period("Y")).revenue.sum()],
    ),
    _o(
        "how much more revenue did the north make than the west",
        lambda d: Gap(two(d.groupby("region").revenue.sum(), "north", "west").diff().iloc[-1]),
        "difference",
    ),
    _o(
        "what about 2022",
        lambda d: d[d.date.dt.year == 2022].revenue.sum(),
        "followup",
        before=["total revenue in 2023"],
    ),
    _o(
        "without the returned ones",
        lambda d: ((d.country == "Spain") & ~d.returned).sum(),
        "followup",
        before=["how many orders from spain"],
    ),
    _o("average profit by country", REFUSE, "refuse"),
    _o("how many orders from london", REFUSE, "refuse", also=[lambda d: 0]),
    _o("total revenue in march 2019", REFUSE, "refuse", also=[lambda d: 0]),
    _o("who is our best customer", REFUSE, "refuse"),
    _o("total revenue of organic pears", REFUSE, "refuse"),
    _o("why did sales go down", REFUSE, "refuse"),
]

EMPLOYEES = [
    _e("what's our headcount", len, "rows"),
    _e("name all the columns", lambda d: list(d.columns), "columns"),
    _e("some statistics on age please", lambda d: facts(d.age), "describe"),
    _e("which column has the most missing values", lambda d: Top("bonus", 41), "missing"),
    _e("how many different managers are there", lambda d: d.manager.nunique(), "distinct"),
    _e("what levels exist", lambda d: list(d.level.unique()), "distinct"),
    _e("what do all the salaries add up to", lambda d: d.salary.sum(), "aggregate"),
    _e("how old is the youngest employee", lambda d: d.age.min(), "aggregate"),
    _e("biggest bonus per level", lambda d: d.groupby("level").bonus.max(), "group"),
    _e(
        "average age by office and remote", lambda d: d.groupby(["office", "remote"]).age.mean(), "two_groups"
    ),
    _e("how many leads are there", lambda d: (d.level == "lead").sum(), "filter"),
    _e("how many people earn over eighty thousand", lambda d: (d.salary > 80_000).sum(), "filter"),
    _e(
        "how many salaries are between 50000 and 60000",
        lambda d: d.salary.between(50_000, 60_000).sum(),
        "range",
        also=[lambda d: d.salary.between(50_000, 60_000, inclusive="neither").sum()],
    ),
    _e("how many people are not remote", lambda d: (~d.remote).sum(), "negation"),
    _e(
        "median salary of everyone who isn't a junior",
        lambda d: d[d.level != "junior"].salary.median(),
        "negation",
    ),
    _e("how many people joined in 2015", lambda d: (d.hire_date.dt.year == 2015).sum(), "date"),
    _e("how many were hired before march 2012", lambda d: (d.hire_date < "2012-03-01").sum(), "date"),
    _e(
        "mean salary of remote people in engineering",
        lambda d: d[d.remote & (d.dept == "engineering")].salary.mean(),
        "filtered",
    ),
    _e("how old is the oldest person in legal", lambda d: d[d.dept == "legal"].age.max(), "filtered"),
    _e(
        "how many seniors in madrid are older than fifty and not remote",
        lambda d: ((d.level == "senior") & (d.office == "Madrid") & (d.age > 50) & ~d.remote).sum(),
        "several",
    ),
    _e(
        "list everyone by hire date, newest first",
        lambda d: d.sort_values("hire_date", ascending=False),
        "sort",
        ordered=True,
    ),
    _e(
        "who are the five lowest paid people",
        lambda d: d.nsmallest(5, "salary"),
        "top",
        also=[lambda d: list(d.nsmallest(5, "salary").name)],
    ),
    _e("who got the biggest bonus", lambda d: Top(d.loc[d.bonus.idxmax(), "name"], d.bonus.max()), "which"),
    _e(
        "which office has the most remote people",
        lambda d: top(d[d.remote].office.value_counts()),
        "which",
        also=[lambda d: top(100 * d.groupby("office").remote.mean(), "share|percent|proportion")],
    ),
    _e("which level has the lowest average age", lambda d: low(d.groupby("level").age.mean()), "which"),
    _e("what fraction of support is remote", lambda d: share(d[d.dept == "support"].remote), "share"),
    _e("is bonus related to salary", lambda d: d.bonus.corr(d.salary), "correlation"),
    _e("give me the first quartile of age", lambda d: d.age.quantile(0.25), "percentile"),
    _e(
        "average salary by hire year",
        lambda d: d.groupby(d.hire_date.dt.to_period("Y")).salary.mean(),
        "trend",
    ),
    _e("who joined most recently", lambda d: d.loc[d.hire_date.idxmax(), "name"], "first_last"),
    _e("make a scatter plot of age and salary", lambda d: d[["age", "salary"]], "plot"),
    _e("how many people are in each department", lambda d: d.dept.value_counts(), "counts"),
    _e(
        "who earns more on average, marketing or finance",
        lambda d: top(two(d.groupby("dept").salary.mean(), "marketing", "finance")),
        "compare",
        also=[lambda d: two(d.groupby("dept").salary.mean(), "marketing", "finance")],
    ),
    _e(
        "how much more does a lead earn than a junior on average",
        lambda d: Gap(two(d.groupby("level").salary.mean(), "lead", "junior").diff().iloc[-1]),
        "difference",
    ),
    _e(
        "same for finance",
        lambda d: d[d.dept == "finance"].salary.median(),
        "followup",
        before=["median salary in sales"],
    ),
    _e("can you say that once more", lambda d: d.age.median(), "repeat", before=["median age"]),
    _e("average salary in the paris office", REFUSE, "refuse"),
    _e("how happy are the people in support", REFUSE, "refuse"),
    _e("number of children by department", REFUSE, "refuse"),
    _e("who should get a promotion", REFUSE, "refuse"),
    _e("how many contractors work in berlin", REFUSE, "refuse", also=[lambda d: 0]),
]

AWKWARD = [
    _a("number of records please", len, "rows"),
    _a("how many fields does the table have", lambda d: d.shape[1], "columns"),
    _a("can you describe units sold", lambda d: facts(d.unitsSold), "describe"),
    _a("which column has missing values", lambda d: Top("mean", 15), "missing"),
    _a("how many different store ids", lambda d: d.store_id.nunique(), "distinct"),
    _a("list the distinct values of größe", lambda d: list(d["Größe"].unique()), "distinct"),
    _a("what's the highest value in 2024", lambda d: d["2024"].max(), "aggregate", also=[REFUSE]),
    _a("what is the sum of count", lambda d: d["count"].sum(), "aggregate"),
    _a("median of mean", lambda d: d["mean"].median(), "aggregate"),
    _a("heaviest weight per product name", lambda d: d.groupby("Product Name")["Weight (kg)"].max(), "group"),
    _a("average count by größe", lambda d: d.groupby("Größe")["count"].mean(), "group"),
    _a(
        "mean price by store id and is active",
        lambda d: d.groupby(["store_id", "Is Active?"])["Price (€)"].mean(),
        "two_groups",
    ),
    _a("how many rows have a negative growth", lambda d: (d["growth %"] < 0).sum(), "filter"),
    _a(
        "how many products cost more than eight hundred and fifty euros",
        lambda d: (d["Price (€)"] > 850).sum(),
        "filter",
    ),
    _a(
        "how many weigh between five and ten kilograms",
        lambda d: d["Weight (kg)"].between(5, 10).sum(),
        "range",
    ),
    _a("how many rows are not active", lambda d: (~d["Is Active?"]).sum(), "negation"),
    _a(
        "average price of products that aren't chairs or desks",
        lambda d: d[~d["Product Name"].isin(["chair", "desk"])]["Price (€)"].mean(),
        "negation",
    ),
    _a("how many were last sold before march 2024", lambda d: (d["Last Sold"] < "2024-03-01").sum(), "date"),
    _a("sum of 2024 for sofas", lambda d: d[d["Product Name"] == "sofa"]["2024"].sum(), "filtered"),
    _a("average count where mean is above fifty", lambda d: d[d["mean"] > 50]["count"].mean(), "filtered"),
    _a(
        "how many active stools in store 12 sold over two hundred units",
        lambda d: (
            d["Is Active?"] & (d["Product Name"] == "stool") & (d.store_id == 12) & (d.unitsSold > 200)
        ).sum(),
        "several",
    ),
    _a(
        "sort the rows by growth, biggest first",
        lambda d: d.sort_values("growth %", ascending=False),
        "sort",
        ordered=True,
    ),
    _a(
        "top four by units sold",
        lambda d: d.nlargest(4, "unitsSold"),
        "top",
        also=[lambda d: d.nlargest(4, "unitsSold", keep="last")],
    ),
    _a(
        "which store id has the highest average price",
        lambda d: top(d.groupby("store_id")["Price (€)"].mean()),
        "which",
    ),
    _a("which product name has the fewest rows", lambda d: low(d["Product Name"].value_counts()), "which"),
    _a(
        "what percentage of the units sold are lamps",
        lambda d: Share(d[d["Product Name"] == "lamp"].unitsSold.sum() / d.unitsSold.sum()),
        "share",
        also=[lambda d: share(d["Product Name"] == "lamp")],
    ),
    _a("how are weight and price correlated", lambda d: d["Weight (kg)"].corr(d["Price (€)"]), "correlation"),
    _a("what is the 80th percentile of 2023", lambda d: d["2023"].quantile(0.8), "percentile"),
    _a(
        "average price by month",
        lambda d: d.groupby(d["Last Sold"].dt.to_period("M"))["Price (€)"].mean(),
        "trend",
    ),
    _a("when was something sold last", lambda d: d["Last Sold"].max(), "first_last"),
    _a(
        "bar chart of units sold by product name",
        lambda d: d.groupby("Product Name").unitsSold.sum(),
        "plot",
        also=[lambda d: d.groupby("Product Name").unitsSold.mean()],
    ),
    _a("how many rows for each product name", lambda d: d["Product Name"].value_counts(), "counts"),
    _a(
        "are sofas more expensive than lamps on average",
        lambda d: False,
        "compare",
        also=[lambda d: two(d.groupby("Product Name")["Price (€)"].mean(), "sofa", "lamp")],
    ),
    _a(
        "difference between the total of 2024 and the total of 2023",
        lambda d: Gap(d["2024"].sum() - d["2023"].sum()),
        "difference",
    ),
    _a(
        "only the active ones",
        lambda d: d[d["Is Active?"]].unitsSold.sum(),
        "followup",
        before=["total units sold"],
    ),
    _a("what is the average of 2025", REFUSE, "refuse"),
    _a("total units sold in store 99", REFUSE, "refuse", also=[lambda d: 0]),
    _a("average length in metres", REFUSE, "refuse"),
    _a("what's the average größe", REFUSE, "refuse"),
    _a("translate the column names to french", REFUSE, "refuse"),
    _a("how many wooden chairs are there", REFUSE, "refuse", also=[lambda d: 0]),
]

LOG = [
    _l("how many lines does the log have", len, "rows"),
    _l("what's in each row", lambda d: list(d.columns), "columns"),
    _l("overview of this table please", shape, "describe", also=[lambda d: d.describe()]),
    _l("how many countries are missing", lambda d: 0, "missing"),
    _l("which paths are there", lambda d: list(d.path.unique()), "distinct"),
    _l("how many unique countries", lambda d: d.country.nunique(), "distinct"),
    _l("what's the shortest duration", lambda d: d.duration_ms.min(), "aggregate"),
    _l("median duration in milliseconds", lambda d: d.duration_ms.median(), "aggregate"),
    _l("how many errors by country", lambda d: d[d.error].groupby("country").size(), "group"),
    _l(
        "median duration by country and path",
        lambda d: d.groupby(["country", "path"]).duration_ms.median(),
        "two_groups",
    ),
    _l("how many hits did checkout get", lambda d: (d.path == "/checkout").sum(), "filter"),
    _l(
        "how many requests took at least two thousand milliseconds",
        lambda d: (d.duration_ms >= 2000).sum(),
        "filter",
    ),
    _l(
        "show the requests that took longer than 5000 milliseconds",
        lambda d: d[d.duration_ms > 5000],
        "filter",
    ),
    _l(
        "how many requests have a status between 400 and 499",
        lambda d: d.status.between(400, 499).sum(),
        "range",
    ),
    _l("how many requests didn't end in an error", lambda d: (~d.error).sum(), "negation"),
    _l(
        "how many requests came from outside of de and fr",
        lambda d: (~d.country.isin(["DE", "FR"])).sum(),
        "negation",
    ),
    _l(
        "how many requests were there on march third 2024",
        lambda d: (d.timestamp.dt.normalize() == "2024-03-03").sum(),
        "date",
    ),
    _l("average duration in january", lambda d: d[d.timestamp.dt.month == 1].duration_ms.mean(), "date"),
    _l(
        "how many errors since the first of march",
        lambda d: (d.error & (d.timestamp >= "2024-03-01")).sum(),
        "date",
    ),
    _l("mean duration for status 503", lambda d: d[d.status == 503].duration_ms.mean(), "filtered"),
    _l("how many different users came from br", lambda d: d[d.country == "BR"].user_id.nunique(), "filtered"),
    _l(
        "longest duration for login requests from gb without an error",
        lambda d: d[(d.path == "/login") & (d.country == "GB") & ~d.error].duration_ms.max(),
        "several",
    ),
    _l(
        "order the requests by time, latest first",
        lambda d: d.sort_values("timestamp", ascending=False),
        "sort",
        ordered=True,
    ),
    _l(
        "which three users have the most errors",
        lambda d: list(d[d.error].user_id.value_counts().nlargest(3).index),
        "top",
        also=[lambda d: d[d.error].user_id.value_counts().nlargest(3)],
    ),
    _l("which path is the slowest on average", lambda d: top(d.groupby("path").duration_ms.mean()), "which"),
    _l(
        "which day had the most requests",
        lambda d: top(d.groupby(d.timestamp.dt.to_period("D")).size()),
        "which",
    ),
    _l("what percent of requests come from de", lambda d: share(d.country == "DE"), "share"),
    _l(
        "error rate by path",
        lambda d: d.groupby("path").error.mean(),
        "share",
        also=[lambda d: 100 * d.groupby("path").error.mean()],
    ),
    _l(
        "is there a correlation between status and duration",
        lambda d: d.status.corr(d.duration_ms),
        "correlation",
    ),
    _l("p 99 of duration", lambda d: d.duration_ms.quantile(0.99), "percentile"),
    _l(
        "average duration per month",
        lambda d: d.groupby(d.timestamp.dt.to_period("M")).duration_ms.mean(),
        "trend",
    ),
    _l("when did the first error happen", lambda d: d[d.error].timestamp.min(), "first_last"),
    _l(
        "chart the number of requests per day",
        lambda d: d.groupby(d.timestamp.dt.to_period("D")).size(),
        "plot",
    ),
    _l("how many requests per status", lambda d: d.status.value_counts(), "counts"),
    _l(
        "do we get more requests from jp than from br",
        lambda d: True,
        "compare",
        also=[lambda d: two(d.country.value_counts(), "JP", "BR"), lambda d: "JP"],
    ),
    _l(
        "how much longer does checkout take than cart on average",
        lambda d: Gap(two(d.groupby("path").duration_ms.mean(), "/checkout", "/cart").diff().iloc[-1]),
        "difference",
    ),
    _l(
        "and by path",
        lambda d: d[d.country == "US"].groupby("path").duration_ms.mean(),
        "followup",
        before=["average duration for us"],
    ),
    _l("what kind of questions can i ask", lambda d: CAN, "help"),
    _l("how many requests used https", REFUSE, "refuse"),
    _l("how many requests to the admin path", REFUSE, "refuse", also=[lambda d: 0]),
    _l("average duration in december", REFUSE, "refuse"),
    _l("total bytes by country", REFUSE, "refuse"),
    _l("is the server secure", REFUSE, "refuse"),
]

WEATHER = [
    _w("how long is the table", len, "rows", also=[shape]),
    _w("how many columns have we got", lambda d: d.shape[1], "columns", also=[lambda d: d.shape[1] + 1]),
    _w("what can you tell me about the wind", lambda d: facts(d.wind_kmh), "describe"),
    _w("is there any rain value missing", lambda d: False, "missing", also=[lambda d: 0]),
    _w("how many stations do we have", lambda d: d.station.nunique(), "distinct"),
    _w("how hot did it get", lambda d: d.temperature.max(), "aggregate", also=[REFUSE]),
    _w(
        "variability of wind as a standard deviation",
        lambda d: d.wind_kmh.std(),
        "aggregate",
        also=[lambda d: d.wind_kmh.std(ddof=0)],
    ),
    _w("strongest wind at each station", lambda d: d.groupby("station").wind_kmh.max(), "group"),
    _w(
        "average temperature by station and month",
        lambda d: d.groupby(["station", d.index.to_period("M")]).temperature.mean(),
        "two_groups",
    ),
    _w(
        "on how many readings was the temperature over twenty five",
        lambda d: (d.temperature > 25).sum(),
        "filter",
    ),
    _w("how many readings come from the airport", lambda d: (d.station == "airport").sum(), "filter"),
    _w(
        "how many temperatures lie between minus five and zero",
        lambda d: d.temperature.between(-5, 0).sum(),
        "range",
        also=[lambda d: d.temperature.between(-5, 0, inclusive="neither").sum()],
    ),
    _w("total rain excluding the harbour", lambda d: d[d.station != "harbour"].rain_mm.sum(), "negation"),
    _w("how many readings were not at the hilltop", lambda d: (d.station != "hilltop").sum(), "negation"),
    _w(
        "how much rain was there in the first quarter",
        lambda d: d[d.index.quarter == 1].rain_mm.sum(),
        "date",
    ),
    _w(
        "highest temperature between june and august",
        lambda d: d[d.index.month.isin([6, 7, 8])].temperature.max(),
        "date",
        also=[lambda d: d[d.index.month.isin([6, 7])].temperature.max()],
    ),
    _w("average wind on weekends", lambda d: d[d.index.day_of_week >= 5].wind_kmh.mean(), "date"),
    _w(
        "coldest temperature at the harbour",
        lambda d: d[d.station == "harbour"].temperature.min(),
        "filtered",
    ),
    _w("average rain when the wind is above thirty", lambda d: d[d.wind_kmh > 30].rain_mm.mean(), "filtered"),
    _w(
        "how many airport readings in january had a temperature below zero and no rain",
        lambda d: (
            (d.station == "airport") & (d.index.month == 1) & (d.temperature < 0) & (d.rain_mm == 0)
        ).sum(),
        "several",
    ),
    _w(
        "sort the readings by rain, wettest first",
        lambda d: d.sort_values("rain_mm", ascending=False),
        "sort",
        ordered=True,
    ),
    _w(
        "the five coldest readings",
        lambda d: d.nsmallest(5, "temperature"),
        "top",
        also=[lambda d: d.nsmallest(5, "temperature", keep="last")],
    ),
    _w("which station gets the least rain", lambda d: low(d.groupby("station").rain_mm.sum()), "which"),
    _w(
        "what was the warmest month on average",
        lambda d: top(d.groupby(d.index.to_period("M")).temperature.mean()),
        "which",
    ),
    _w(
        "what proportion of the rain fell at the hilltop",
        lambda d: Share(d[d.station == "hilltop"].rain_mm.sum() / d.rain_mm.sum()),
        "share",
    ),
    _w(
        "correlation of temperature and wind at the airport",
        lambda d: d[d.station == "airport"].temperature.corr(d[d.station == "airport"].wind_kmh),
        "correlation",
    ),
    _w("ninety ninth percentile of rain", lambda d: d.rain_mm.quantile(0.99), "percentile"),
    _w("total rain per quarter", lambda d: d.groupby(d.index.to_period("Q")).rain_mm.sum(), "trend"),
    _w("what's the last date", lambda d: d.index.max(), "first_last"),
    _w("plot total rain by station", lambda d: d.groupby("station").rain_mm.sum(), "plot"),
    _w(
        "how many rainy readings are there per station",
        lambda d: d[d.rain_mm > 0].groupby("station").size(),
        "counts",
        also=[REFUSE],
    ),
    _w(
        "does it rain more at the airport than at the harbour",
        lambda d: False,
        "compare",
        also=[
            lambda d: two(d.groupby("station").rain_mm.sum(), "airport", "harbour"),
            lambda d: two(d.groupby("station").rain_mm.mean(), "airport", "harbour"),
        ],
    ),
    _w(
        "what's the gap between the highest and the lowest temperature",
        lambda d: Gap(d.temperature.max() - d.temperature.min()),
        "difference",
    ),
    _w(
        "and in february",
        lambda d: d[d.index.month == 2].rain_mm.sum(),
        "followup",
        before=["total rain in january"],
    ),
    _w(
        "and what about the minimum",
        lambda d: d.groupby("station").temperature.min(),
        "followup",
        before=["maximum temperature per station"],
    ),
    _w("how much snow fell in january", REFUSE, "refuse"),
    _w("average pressure at the airport", REFUSE, "refuse"),
    _w("average temperature at the valley station", REFUSE, "refuse"),
    _w("what should i wear tomorrow", REFUSE, "refuse"),
    _w("total rain by region", REFUSE, "refuse"),
]

QUESTIONS: list[Question] = [*PENGUINS, *ORDERS, *EMPLOYEES, *AWKWARD, *LOG, *WEATHER]
