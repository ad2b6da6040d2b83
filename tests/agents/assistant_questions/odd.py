"""Questions of odd tables, as they are said, by who had not seen the grammar; mended for afterwards."""

from __future__ import annotations

from functools import partial

import pandas as pd

from .question import REFUSE, Facts, Gap, Question, Share, low, share, top, two

_c = partial(Question, "clinic", kind="odd")
_r = partial(Question, "rides", kind="odd")
_s = partial(Question, "stage", kind="odd")
_m = partial(Question, "market", kind="odd")
_q = partial(Question, "quarters", kind="odd")
_t = partial(Question, "twice", kind="odd")
_1 = partial(Question, "single", kind="odd")
_0 = partial(Question, "empty", kind="odd")


def _month(times: pd.Series) -> pd.Series:
    return times.dt.tz_localize(None).dt.to_period("M")


DAY = pd.Timedelta(days=1)
CLINIC = [
    _c("how many patients stayed longer than a week", lambda d: (d.stay > 7 * DAY).sum()),
    _c("how many stayed less than three days", lambda d: (d.stay < 3 * DAY).sum()),
    _c("what was the longest stay", lambda d: d.stay.max()),
    _c("average stay", lambda d: d.stay.mean()),
    _c("average stay by ward", lambda d: d.groupby("ward").stay.mean()),
    _c("how many stays were between two and five days", lambda d: d.stay.between(2 * DAY, 5 * DAY).sum()),
    _c("which doctor has the longest average stay", lambda d: d.groupby("doctor").stay.mean().idxmax()),
    _c(
        "stays over 48 hours in maple",
        lambda d: ((d.stay > 2 * DAY) & (d.ward == "maple")).sum(),
        also=[lambda d: d[(d.stay > 2 * DAY) & (d.ward == "maple")]],
    ),
    _c("total length of stay in cedar", lambda d: d[d.ward == "cedar"].stay.sum()),
    _c(
        "who stayed the longest",
        lambda d: d.loc[d.stay.idxmax(), "patient"],
        also=[lambda d: d.nlargest(1, "stay")],
    ),
    _c("share of stays above ten days", lambda d: share(d.stay > 10 * DAY)),
    _c("who owns P012", REFUSE),
    _c(
        "which doctor has patient P012",
        lambda d: d.set_index("patient").doctor["P012"],
        also=[lambda d: d[d.patient == "P012"]],
    ),
    _c("what is the age of p 012", lambda d: d.set_index("patient").age["P012"]),
    _c("how many patients are on no ward", lambda d: d.ward.isna().sum()),
    _c("average age by ward", lambda d: d.groupby("ward").age.mean()),
    _c("how many of those", lambda d: d.ward.nunique(), before=["average age by ward"]),
    _c("how many wards are there", lambda d: d.ward.nunique(), also=[lambda d: d.ward.nunique() + 1]),
    _c("do we know every patient's ward", lambda d: False, also=[lambda d: d.ward.isna().sum()]),
    _c("how many patients did chen refer", lambda d: (d.referred_by == "Chen").sum()),
    _c("how many patients of doctor chen", lambda d: (d.doctor == "Chen").sum()),
    _c("how many for chen", lambda d: (d.doctor == "Chen").sum()),
    _c("how many patients were referred by brook", lambda d: (d.referred_by == "Brook").sum()),
    _c(
        "how many patients of ahmed were referred by diaz",
        lambda d: ((d.doctor == "Ahmed") & (d.referred_by == "Diaz")).sum(),
    ),
    _c("how many were treated by the doctor who referred them", lambda d: (d.doctor == d.referred_by).sum()),
    _c("how many patients nobody referred", lambda d: d.referred_by.isna().sum()),
    _c(
        "patients per severity",
        lambda d: d.severity.value_counts()[["low", "medium", "high"]],
        also=[lambda d: d.severity.value_counts()],
    ),
    _c("how many critical patients", lambda d: 0),
    _c("average age of critical patients", REFUSE),
    _c("how many are worse than low", lambda d: (d.severity > "low").sum()),
    _c("how many with severity above medium", lambda d: (d.severity > "medium").sum()),
    _c("how many severities are there", lambda d: 3, also=[lambda d: 4]),
    _c("most common severity on cedar", lambda d: top(d[d.ward == "cedar"].severity.value_counts())),
    _c("how many in room one oh one", lambda d: (d.room == "101").sum()),
    _c("how many in room 102", lambda d: (d.room == "102").sum()),
    _c("how many rooms above 102", REFUSE, also=[lambda d: d.room.isin(["203", "0204"]).sum(), lambda d: 2]),
    _c("average room", REFUSE),
    _c("average age in room 203", lambda d: d[d.room == "203"].age.mean()),
    _c("all but room 101, how many", lambda d: (d.room != "101").sum()),
    _c(
        "average age in all wards but maple",
        lambda d: d[d.ward.notna() & (d.ward != "maple")].age.mean(),
        also=[lambda d: d[d.ward != "maple"].age.mean()],
    ),
    _c("average allergy", REFUSE),
    _c("how many have an allergy", lambda d: 0),
    _c("how many allergies are missing", lambda d: len(d)),
    _c("which column is completely empty", lambda d: "allergy"),
    _c("how many columns have missing values", lambda d: d.isna().any().sum()),
    _c("what's the heaviest patient's weight", lambda d: d.weight.max()),
    _c("average weight after", lambda d: d.weight_after.mean()),
    _c("mean weight", lambda d: d.weight.mean()),
    _c("how much weight did they lose on average", lambda d: (d.weight - d.weight_after).mean()),
    _c("how many have a weight after above 80", lambda d: (d.weight_after > 80).sum()),
    _c("how many weighed more after than before", lambda d: (d.weight_after > d.weight).sum()),
    _c("how many don't smoke", lambda d: (d.smoker.eq(False)).sum()),
    _c("how many smokers are over 60", lambda d: ((d.smoker.fillna(False)) & (d.age > 60)).sum()),
    _c(
        "what share smokes",
        lambda d: share(d.smoker.dropna().astype(bool)),
        also=[lambda d: Share(float(d.smoker.sum() / len(d)))],
    ),
    _c("for how many do we not know if they smoke", lambda d: d.smoker.isna().sum()),
    _c(
        "are there any smokers on birch or no",
        lambda d: bool(((d.ward == "birch") & d.smoker.fillna(False)).any()),
        also=[lambda d: ((d.ward == "birch") & d.smoker.fillna(False)).sum()],
    ),
    _c(
        "is there anyone over ninety or not",
        lambda d: bool((d.age > 90).any()),
        also=[lambda d: (d.age > 90).sum()],
    ),
    _c("how many aged sixty five or over", lambda d: (d.age >= 65).sum()),
    _c("how many patients are in their forties", lambda d: d.age.between(40, 49).sum()),
    _c(
        "how many under forty and how many over seventy",
        lambda d: Facts({"a": (d.age < 40).sum(), "b": (d.age > 70).sum()}),
    ),
    _c("how many admitted on a monday", lambda d: (d.admitted.dt.day_of_week == 0).sum()),
    _c("admissions per weekday", lambda d: d.groupby(d.admitted.dt.day_name()).size()),
    _c(
        "how many came in the second quarter of twenty twenty three",
        lambda d: (d.admitted.dt.to_period("Q") == "2023Q2").sum(),
    ),
    _c("which quarter had the most admissions", lambda d: top(d.admitted.dt.to_period("Q").value_counts())),
    _c("how many were admitted at the weekend", lambda d: (d.admitted.dt.day_of_week >= 5).sum()),
    _c(
        "how many were admitted in the first half of 2023",
        lambda d: d.admitted.between("2023-01-01", "2023-06-30").sum(),
    ),
    _c("who was admitted first", lambda d: d.patient[0], also=[lambda d: d.head(1)]),
    _c("how many since march twenty twenty four", lambda d: (d.admitted >= "2024-03-01").sum()),
    _c(
        "and before that",
        lambda d: (d.admitted < "2024-03-01").sum(),
        before=["how many since march twenty twenty four"],
    ),
    _c("and on cedar", lambda d: (d.ward == "cedar").sum(), before=["how many are on maple"]),
    _c(
        "and neither",
        lambda d: (~d.ward.isin(["cedar", "maple"])).sum(),
        before=["how many are on maple", "and on cedar"],
    ),
    _c(
        "does maple have more than twice as many patients as birch",
        lambda d: bool((d.ward == "maple").sum() > 2 * (d.ward == "birch").sum()),
        also=[lambda d: two(d.ward.value_counts(), "maple", "birch")],
    ),
    _c(
        "which wards have more than twice as many patients as birch",
        lambda d: [k for k, v in d.ward.value_counts().items() if v > 2 * (d.ward == "birch").sum()],
    ),
    _c(
        "what rank is willow by number of patients",
        lambda d: int(d.ward.value_counts().rank(ascending=False)["willow"]),
    ),
    _c(
        "second oldest patient",
        lambda d: d.sort_values("age", ascending=False).patient.iloc[1],
        also=[lambda d: d.nlargest(2, "age").tail(1), lambda d: d.age.nlargest(2).iloc[1]],
    ),
    _c("third largest ward", lambda d: d.ward.value_counts().index[2]),
    _c("is any patient listed twice", lambda d: False, also=[lambda d: 0]),
    _c("how many kilos does the average patient weigh", lambda d: d.weight.mean()),
    _c("how many patients wear 80 kilos or more", lambda d: (d.weight >= 80).sum()),
    _c("avrage age of patience in seeder", lambda d: d[d.ward == "cedar"].age.mean()),
    _c("how many have neither a ward nor a referral", lambda d: (d.ward.isna() & d.referred_by.isna()).sum()),
    _c("how many have both a ward and a weight", lambda d: (d.ward.notna() & d.weight.notna()).sum()),
    _c(
        "what percentage of willow patients are high severity",
        lambda d: share(d[d.ward == "willow"].severity == "high"),
    ),
    _c(
        "on which ward is the share of smokers highest",
        lambda d: d[d.smoker.notna()].groupby("ward").smoker.mean().astype(float).idxmax(),
    ),
    _c("the age gap between the oldest and the youngest", lambda d: Gap(float(d.age.max() - d.age.min()))),
    _c(
        "who is the oldest on maple and who on cedar",
        lambda d: [d[d.ward == w].set_index("patient").age.idxmax() for w in ("maple", "cedar")],
    ),
    _c("how many of them are men", REFUSE, before=["how many are on maple"]),
    _c(
        "average age unless they smoke",
        lambda d: d[d.smoker.eq(False)].age.mean(),
        also=[lambda d: d[~d.smoker.fillna(False)].age.mean()],
    ),
    _c(
        "every ward except birch and willow, total patients",
        lambda d: d.ward.isin(["maple", "cedar"]).sum(),
        also=[lambda d: (~d.ward.isin(["birch", "willow"])).sum()],
    ),
]


RIDES = [
    _r("how many rides took more than an hour", lambda d: (d.trip_time > pd.Timedelta(hours=1)).sum()),
    _r("average trip time for members", lambda d: d[d.kind == "member"].trip_time.mean()),
    _r("how many rides of under ten minutes", lambda d: (d.trip_time < pd.Timedelta(minutes=10)).sum()),
    _r(
        "how many trips lasted at least half an hour",
        lambda d: (d.trip_time >= pd.Timedelta(minutes=30)).sum(),
    ),
    _r("trip time over 2000", REFUSE, also=[lambda d: (d.trip_time > pd.Timedelta(seconds=2000)).sum()]),
    _r("median trip time", lambda d: d.trip_time.median()),
    _r("did any ride last two hours", lambda d: False, also=[lambda d: 0]),
    _r(
        "longest ride from the park",
        lambda d: d[d["from"] == "Park"].trip_time.max(),
        also=[
            lambda d: d[d["from"] == "Park"].nlargest(1, "trip_time"),
            lambda d: d[d["from"] == "Park"].nlargest(1, "distance_km"),
            lambda d: d[d["from"] == "Park"].distance_km.max(),
        ],
    ),
    _r(
        "how many rides went from market to harbour",
        lambda d: ((d["from"] == "Market") & (d["to"] == "Harbour")).sum(),
    ),
    _r("how many to the museum", lambda d: (d["to"] == "Museum").sum()),
    _r("how many rides started at central", lambda d: (d["from"] == "Central").sum()),
    _r("how many ended at the park", lambda d: (d["to"] == "Park").sum()),
    _r("how many rides came back to where they began", lambda d: (d["to"] == d["from"]).sum()),
    _r(
        "rides not from market",
        lambda d: d[d["from"] != "Market"],
        also=[lambda d: (d["from"] != "Market").sum()],
    ),
    _r(
        "average fare from harbour to anywhere but central",
        lambda d: d[(d["from"] == "Harbour") & (d["to"] != "Central")].fare.mean(),
    ),
    _r("which station do most rides go to", lambda d: top(d["to"].value_counts())),
    _r("how many involve the museum", lambda d: ((d["to"] == "Museum") | (d["from"] == "Museum")).sum()),
    _r(
        "how many rides by kind",
        lambda d: d.kind.value_counts()[["member", "day"]],
        also=[lambda d: d.kind.value_counts()],
    ),
    _r("how many guests rode", lambda d: 0),
    _r("which kind had no rides", lambda d: "guest"),
    _r("average fare of guests", REFUSE),
    _r(
        "lowest average fare by kind",
        lambda d: low(d.groupby("kind", observed=True).fare.mean()),
        also=[lambda d: d.groupby("kind", observed=True).fare.mean()],
    ),
    _r("which kind has the fewest rides", lambda d: "day", also=[lambda d: "guest"]),
    _r("rides per month", lambda d: d.groupby(_month(d.started)).size()),
    _r(
        "how many rides on the thirty first of march",
        lambda d: (d.started.dt.strftime("%m-%d") == "03-31").sum(),
    ),
    _r("how many rides in april", lambda d: (d.started.dt.month == 4).sum()),
    _r("how many rides before eight in the morning", lambda d: (d.started.dt.hour < 8).sum()),
    _r("which weekday has the most rides", lambda d: top(d.started.dt.day_name().value_counts())),
    _r("when was the last ride", lambda d: d.started.max().tz_localize(None)),
    _r(
        "rides after may tenth",
        lambda d: (d.started >= pd.Timestamp("2024-05-11", tz="Europe/Berlin")).sum(),
        also=[lambda d: d[d.started >= pd.Timestamp("2024-05-11", tz="Europe/Berlin")]],
    ),
    _r("which hour is the busiest", lambda d: int(d.started.dt.hour.value_counts().idxmax())),
    _r("total fare", lambda d: d.fare.sum()),
    _r("and without helmet", lambda d: d[~d.helmet].fare.sum(), before=["total fare"]),
    _r(
        "and the average",
        lambda d: d[~d.helmet].fare.mean(),
        before=["total fare", "and without helmet"],
        also=[lambda d: d.fare.mean()],
    ),
    _r("total fare from market, plus harbour", lambda d: d[d["from"].isin(["Market", "Harbour"])].fare.sum()),
    _r(
        "total fare from market minus total fare from park",
        lambda d: Gap(d[d["from"] == "Market"].fare.sum() - d[d["from"] == "Park"].fare.sum()),
    ),
    _r(
        "what is the fare per kilometre",
        lambda d: d.fare.sum() / d.distance_km.sum(),
        also=[lambda d: (d.fare / d.distance_km).mean()],
    ),
    _r("how many rides got five stars", lambda d: (d.rating == 5).sum()),
    _r("how many rides have no rating", lambda d: d.rating.isna().sum()),
    _r("how many were rated three or worse", lambda d: (d.rating <= 3).sum()),
    _r("average rating of unhelmeted riders", lambda d: d[~d.helmet].rating.mean()),
    _r("share of rides with helmet by kind", lambda d: 100 * d.groupby("kind", observed=True).helmet.mean()),
    _r(
        "how many rides longer than five kilometers without a helmet",
        lambda d: ((d.distance_km > 5) & ~d.helmet).sum(),
    ),
    _r("how many rides over 5000 meters", lambda d: (d.distance_km > 5).sum()),
    _r(
        "the three longest distances",
        lambda d: d.nlargest(3, "distance_km"),
        also=[lambda d: list(d.distance_km.nlargest(3))],
    ),
    _r("how many fairs are missing", lambda d: d.fare.isna().sum()),
    _r("rides with a fare of exactly zero", lambda d: 0),
    _r(
        "do members pay more than day riders",
        lambda d: bool(d[d.kind == "member"].fare.mean() > d[d.kind == "day"].fare.mean()),
        also=[
            lambda d: two(d.groupby("kind", observed=True).fare.mean(), "member", "day"),
            lambda d: two(d.groupby("kind", observed=True).fare.sum(), "member", "day"),
        ],
    ),
    _r(
        "is the average fare above five or no",
        lambda d: bool(d.fare.mean() > 5),
        also=[lambda d: d.fare.mean()],
    ),
    _r("what is ride seven thousand and ten's fare", lambda d: d.set_index("ride").fare[7010]),
    _r(
        "how many rides were not rated one",
        lambda d: (d.rating.notna() & (d.rating != 1)).sum(),
        also=[lambda d: (d.rating != 1).sum()],
    ),
    _r(
        "median fare of all but the ten dearest rides",
        lambda d: d.drop(d.nlargest(10, "fare").index).fare.median(),
    ),
    _r(
        "fare by from and to",
        lambda d: d.groupby(["from", "to"]).fare.sum(),
        also=[lambda d: d.groupby(["from", "to"]).fare.mean()],
    ),
    _r(
        "how many rides a day on average",
        lambda d: len(d) / d.started.dt.date.nunique(),
        also=[lambda d: len(d) / 70, lambda d: len(d) / 71],
    ),
    _r("how many rides did we have yesterday", REFUSE, also=[lambda d: 0]),
]

STAGE = [
    _s("how many shows are there", lambda d: d.show.nunique(), also=[lambda d: len(d)]),
    _s(
        "show the shows", lambda d: list(d.show.unique()), also=[lambda d: d, lambda d: d.show.value_counts()]
    ),
    _s("average run by show", lambda d: d.groupby("show").run.mean()),
    _s(
        "run for hamlet",
        lambda d: d[d.show == "Hamlet"].run.sum(),
        also=[lambda d: d[d.show == "Hamlet"].run.mean(), lambda d: d[d.show == "Hamlet"]],
    ),
    _s("total seats sold", lambda d: d.seats_sold.sum()),
    _s("total seats", lambda d: d.seats.sum()),
    _s("average seat price", lambda d: d.seat_price.mean()),
    _s("average price of a seat in york", lambda d: d[d.town == "York"].seat_price.mean()),
    _s("how many seats were sold for cats", lambda d: d[d.show == "Cats"].seats_sold.sum()),
    _s("how many seats were not sold", lambda d: (d.seats - d.seats_sold).sum()),
    _s("average of one", lambda d: d["1"].mean()),
    _s("average of column two", lambda d: d["2"].mean()),
    _s("how many have one above five", lambda d: (d["1"] > 5).sum()),
    _s(
        "is column 1 higher than column 2 on average",
        lambda d: bool(d["1"].mean() > d["2"].mean()),
        also=[lambda d: two(d[["1", "2"]].mean(), "1", "2")],
    ),
    _s("average share", lambda d: d["share"].mean()),
    _s("what share of evenings are open", lambda d: share(d["open"])),
    _s("average share of open ones", lambda d: d[d["open"]]["share"].mean()),
    _s("what is the earliest first", lambda d: d["first"].min()),
    _s("what is the latest last", lambda d: d["last"].max()),
    _s("how many have a first in 2022", lambda d: (d["first"].dt.year == 2022).sum()),
    _s("how many closed", lambda d: (~d["open"]).sum()),
    _s("how many not open in bath", lambda d: ((~d["open"]) & (d.town == "Bath")).sum()),
    _s("how many are in reading", lambda d: (d.town == "Reading").sum()),
    _s("total seats sold in nice, plus bath", lambda d: d[d.town.isin(["Nice", "Bath"])].seats_sold.sum()),
    _s(
        "total seats in nice, minus bath",
        lambda d: Gap(float(d[d.town == "Nice"].seats.sum() - d[d.town == "Bath"].seats.sum())),
    ),
    _s("bath plus york, how many seats", lambda d: d[d.town.isin(["York", "Bath"])].seats.sum()),
    _s(
        "total seats in nice as well as bath",
        lambda d: d[d.town.isin(["Nice", "Bath"])].seats.sum(),
        also=[lambda d: d[d.town.isin(["Nice", "Bath"])].groupby("town").seats.sum()],
    ),
    _s(
        "total seats in nice, then bath",
        lambda d: d[d.town.isin(["Nice", "Bath"])].groupby("town").seats.sum(),
    ),
    _s(
        "seats in nice rather than bath",
        lambda d: d[d.town == "Nice"].seats.sum(),
        also=[lambda d: d[d.town == "Nice"].seats.mean()],
    ),
    _s("seats in nice, no, york", lambda d: d[d.town == "York"].seats.sum()),
    _s(
        "how many hamlets in nice or bath",
        lambda d: ((d.show == "Hamlet") & d.town.isin(["Nice", "Bath"])).sum(),
    ),
    _s(
        "which show sold the most seats",
        lambda d: top(d.groupby("show").seats_sold.sum()),
        also=[lambda d: d.loc[d.seats_sold.idxmax(), "show"]],
    ),
    _s("which two towns have the most evenings", lambda d: list(d.town.value_counts().index[:2])),
    _s("which town comes last by seats sold", lambda d: low(d.groupby("town").seats_sold.sum())),
    _s(
        "fifth cheapest seat price",
        lambda d: d.seat_price.nsmallest(5).iloc[4],
        also=[lambda d: d.nsmallest(5, "seat_price").tail(1)],
    ),
    _s(
        "evenings where more than half the seats were sold",
        lambda d: (d.seats_sold > d.seats / 2).sum(),
        also=[lambda d: d[d.seats_sold > d.seats / 2]],
    ),
    _s("how many evenings were sold out", lambda d: (d.seats_sold == d.seats).sum()),
    _s("seats sold more than twice the seat price", lambda d: (d.seats_sold > 2 * d.seat_price).sum()),
    _s(
        "is the top price more than twice the average",
        lambda d: bool(d.seat_price.max() > 2 * d.seat_price.mean()),
    ),
    _s("how many evenings cost more than the average", lambda d: (d.seat_price > d.seat_price.mean()).sum()),
    _s("how many cost more than twice the average", lambda d: (d.seat_price > 2 * d.seat_price.mean()).sum()),
    _s(
        "average price in bath compared with york",
        lambda d: two(d.groupby("town").seat_price.mean(), "Bath", "York"),
        also=[lambda d: Gap(d[d.town == "Bath"].seat_price.mean() - d[d.town == "York"].seat_price.mean())],
    ),
    _s("how many shows with a capital h", REFUSE),
    _s("days between first and last on average", lambda d: (d["last"] - d["first"]).mean() / DAY),
    _s("how many have first after last", lambda d: (d["first"] > d["last"]).sum()),
    _s("correlation between one and two", lambda d: d["1"].corr(d["2"])),
    _s(
        "oliver or faust, which has the higher average price",
        lambda d: top(d[d.show.isin(["Oliver", "Faust"])].groupby("show").seat_price.mean()),
    ),
    _s("how many evenings at 250 seats", lambda d: (d.seats == 250).sum()),
    _s("how many towns have more than ten evenings", lambda d: (d.town.value_counts() > 10).sum()),
    _s("what's the ninth one", lambda d: d.iloc[[8]]),
]

MARKET = [
    _m(
        "how many rows are duplicated",
        lambda d: d.duplicated().sum(),
        also=[lambda d: d.duplicated(keep=False).sum()],
    ),
    _m("how many rows without the duplicates", lambda d: len(d.drop_duplicates())),
    _m("how many different rows", lambda d: len(d.drop_duplicates())),
    _m("how many in zip 01067", lambda d: (d["zip"] == "01067").sum()),
    _m("how many in zip oh one oh six seven", lambda d: (d["zip"] == "01067").sum()),
    _m("how many with zip 1067", lambda d: (d["zip"] == "01067").sum(), also=[lambda d: 0]),
    _m("average zip", REFUSE),
    _m("sum of zip", REFUSE),
    _m("zip above 10115", REFUSE, also=[lambda d: (d["zip"] > "10115").sum()]),
    _m("how many were paid", lambda d: (d.paid == "yes").sum()),
    _m("how many were not paid", lambda d: (d.paid == "no").sum()),
    _m("how many have paid yes", lambda d: (d.paid == "yes").sum()),
    _m("how many have paid no", lambda d: (d.paid == "no").sum()),
    _m(
        "any leek unpaid or no",
        lambda d: bool(((d.item == "leek") & (d.paid == "no")).any()),
        also=[lambda d: ((d.item == "leek") & (d.paid == "no")).sum()],
    ),
    _m("paid yes or no", lambda d: d.paid.value_counts(), also=[lambda d: len(d)]),
    _m(
        "how many leaks were sold",
        lambda d: d[d.item == "leek"].qty.sum(),
        also=[lambda d: (d.item == "leek").sum()],
    ),
    _m("how many beats", lambda d: (d.item == "beet").sum()),
    _m("total quantity of kale", lambda d: d[d.item == "kale"].qty.sum()),
    _m("average tip", lambda d: d.tip.mean()),
    _m("average tip counting missing as zero", lambda d: d.tip.fillna(0).mean()),
    _m("how many without a tip", lambda d: d.tip.isna().sum()),
    _m("share with a tip", lambda d: share(d.tip.notna())),
    _m(
        "how many items cost two or two and a half",
        lambda d: d.price.isin([2, 2.5]).sum(),
        also=[lambda d: d[d.price.isin([2, 2.5])]["item"].nunique()],
    ),
    _m("how many items sold in the first week of may", lambda d: (d.sold_on < "2024-05-08").sum()),
    _m(
        "which day sold most",
        lambda d: d.groupby(d.sold_on.dt.to_period("D")).qty.sum().idxmax(),
        also=[lambda d: d.sold_on.dt.to_period("D").value_counts().idxmax()],
    ),
    _m("quantity per week", lambda d: d.groupby(d.sold_on.dt.to_period("W")).qty.sum()),
    _m("revenue", REFUSE),
    _m("price times quantity in total", lambda d: (d.price * d.qty).sum()),
    _m("how many chards at four euros", lambda d: ((d.item == "chard") & (d.price == 4)).sum()),
    _m("how many not leek and not beet", lambda d: (~d.item.isin(["leek", "beet"])).sum()),
    _m("anything but kale, average price", lambda d: d[d.item != "kale"].price.mean()),
    _m(
        "the most expensive item",
        lambda d: d[d.price == d.price.max()],
        also=[lambda d: d.price.max(), REFUSE, lambda d: list(d[d.price == d.price.max()].item.unique())],
    ),
    _m("how many different prices", lambda d: d.price.nunique()),
    _m(
        "what's the cheapest price and how often does it occur",
        lambda d: Facts({"min": d.price.min(), "n": (d.price == d.price.min()).sum()}),
    ),
    _m("how many sold on saturdays", lambda d: (d.sold_on.dt.day_of_week == 5).sum()),
]

QUARTERS = [
    _q("total sales", lambda d: d.sales.sum()),
    _q("total sales by region", lambda d: d.groupby("region").sales.sum()),
    _q(
        "sales in the north",
        lambda d: d.xs("north").sales.sum(),
        also=[lambda d: d.xs("north"), lambda d: d.xs("north").sales.mean()],
    ),
    _q("which quarter has the highest total sales", lambda d: top(d.groupby("quarter").sales.sum())),
    _q("average cost by quarter", lambda d: d.groupby("quarter").cost.mean()),
    _q("how many rows", lambda d: 12),
    _q("sales of south in q four", lambda d: 250),
    _q("total cost outside the west", lambda d: d[d.index.get_level_values(0) != "west"].cost.sum()),
    _q("how many regions", lambda d: 3),
    _q("which columns are there", lambda d: ["region", "sales", "cost"], also=[lambda d: ["sales", "cost"]]),
]

TWICE = [
    _t("average score", REFUSE, also=[lambda d: Facts({"a": 7.0, "b": 42.5})]),
    _t("highest score", REFUSE, also=[lambda d: Facts({"a": 9, "b": 70})]),
    _t("how many reds", lambda d: 2),
    _t("how many have a score above eight", REFUSE),
    _t("average score by team", REFUSE),
    _t("how many players are there", lambda d: 4),
    _t("who has the highest score", REFUSE),
    _t("how many columns are there", lambda d: 4),
]

SINGLE = [
    _1("how many towns are there", lambda d: 1),
    _1("average area", lambda d: 454.0),
    _1("how spread out is the area", REFUSE, also=[lambda d: Facts({"v": 454.0})]),
    _1("which town has the most people", lambda d: "Oslo"),
    _1("which town has the second most people", REFUSE),
    _1("correlation between people and area", REFUSE),
    _1("when was oslo founded", lambda d: d.founded[0]),
    _1("standard deviation of people", REFUSE),
    _1("how many towns with more than a million people", lambda d: 0),
    _1("people per area", lambda d: 709_000 / 454),
    _1("how many towns other than oslo", lambda d: 0),
]

EMPTY = [
    _0("how many tasks are there", lambda d: 0),
    _0("average hours", REFUSE),
    _0("total hours", REFUSE, also=[lambda d: 0]),
    _0("who owns the most tasks", REFUSE),
    _0("hours by owner", REFUSE),
    _0("which task is due first", REFUSE),
    _0("show me the first five rows", REFUSE, also=[lambda d: 0]),
    _0("what share of tasks is overdue", REFUSE),
    _0("which columns are there", lambda d: ["task", "owner", "hours", "due"]),
    _0("describe hours", REFUSE),
    _0("are there any tasks due in march", lambda d: False, also=[lambda d: 0]),
    _0("tasks per month", REFUSE),
]

QUESTIONS = [*CLINIC, *RIDES, *STAGE, *MARKET, *QUARTERS, *TWICE, *SINGLE, *EMPTY]
