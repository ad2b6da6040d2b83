"""What people say for a column or a value beside its name: synonyms, verbs, degrees, abbreviations. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SAME = (
    "salary pay wage earnings compensation income paycheck money payroll",
    "department dept division",
    "revenue sales turnover money",
    "price cost fare",
    "mass weight",
    "length duration",
    "gender sex",
    "country nation",
    "city town",
    "customer client buyer shopper",
    "employee worker staff colleague",
    "category type kind",
    "rating score stars",
    "quantity qty unit piece",
    "temperature temp",
    "product item article",
    "region area territory",
    "job role position profession occupation",
    "manager boss supervisor",
    "tip gratuity",
    "discount rebate",
    "email mail",
    "hire hired joined employed",
    "birth born birthday",
    "order ordered bought purchased purchase",
    "ship shipped shipping",
    "deliver delivered delivery",
    "signup registered registration signed",
    "start started begin began",
    "end ended finish finished",
    "delay delayed lateness",
    "latency response",
    "path page url route endpoint",
    "status code",
    "office branch location site",
    "level seniority grade rank",
    "bonus bonuses premium",
    "amount value",
    "site location place spot",
    "user visitor",
    "child kid children",
    "phone telephone",
    "team crew",
    "cancel cancelled canceled",
    "return returned",
    "error failed failure failing fail problem",
    "survived survivor survivors survival survive",
    "rain rainfall",
    "wind windspeed",
)
# Verbs and adjectives → the words of column names that they ask for, the likeliest first.
_VERBS: Mapping[str, str] = {
    "weigh|weighs|weighed|weighing|heavy|light|tip the scales at": "mass weight",
    "earn|earns|earned|earning|paid|get paid|gets paid|being paid|is paid|are paid|was paid|pays|pay"
    "|make|makes|making|take home|takes home|bring home|brings home|pay out|getting paid": (
        "salary pay wage income earnings compensation"
    ),
    "bring in|brought in|brings in|earn|earned|earns|make|made|makes|take in|took in|takes in|turn over|gross"
    "|grossed|rake in|raked in|pull in|pulled in|sell for|sold for|generate|generated|generates|bring"
    "|brings|brought|pay|pays|paid|spend|spends|spent": "revenue sales turnover income",
    "cost|costs|costing|expensive|priced|charge|charges|charged|pricey|cheap|go for|goes for"
    "|retail for": "price cost fare fee",
    "pay|pays|paid|spend|spent": "fare amount",
    "worth": "revenue value amount price cost",
    "long|lasts|lasted|short": "length duration",
    "response time|load time|loading time|processing time|run time|time taken|latency"
    "|long|slow|fast|quick|take|takes|took|taking": "duration latency elapsed runtime",
    "old|aged|years old|year old|years of age|young": "age",
    "tall": "height",
    "far": "distance",
    "fast": "speed",
    "deep|shallow": "depth",
    "wide|narrow": "width",
    "hot|warm|cold|cool|chilly|mild": "temperature temp",
    "windy|strong|breezy|calm": "wind windspeed",
    "grow|grew|grown|growing": "growth",
    "rated|scored": "rating score",
    "tipped": "tip",
    "spent|spend|spends|spending": "spend spending spent amount",
    "hired|joined|got hired|employed since|started|start|joined us|come on board"
    "|came on board|taken on|hire|join|been hired": "hire hired joined joining",
    "ordered|purchased|bought|placed": "order purchase",
    "shipped": "ship shipping shipped",
    "delivered": "delivery delivered",
    "born": "birth born birthdate birthday",
    "signed up|registered": "signup registration registered sign",
}
# Comparatives and superlatives: above/highest first, then below/lowest.
_DEGREES: Mapping[str, tuple[str, str, str, str]] = {
    "mass weight": ("heavier", "lighter", "heaviest", "lightest"),
    "age": ("older|more aged", "younger", "oldest|eldest", "youngest"),
    "height": ("taller", "shorter", "tallest", "shortest"),
    "length duration": ("longer", "shorter", "longest", "shortest"),
    "price cost fare": (
        "more expensive|pricier|dearer|costlier",
        "cheaper|less expensive",
        "most expensive|priciest|dearest|costliest",
        "cheapest|least expensive",
    ),
    "temperature temp": ("hotter|warmer", "colder|cooler", "hottest|warmest", "coldest|coolest"),
    "speed": ("faster", "slower", "fastest", "slowest"),
    "latency delay elapsed wait ping": (
        "longer|slower",
        "shorter|faster|quicker",
        "longest|slowest",
        "shortest|fastest|quickest",
    ),
    "duration": ("slower", "faster|quicker", "slowest", "fastest|quickest"),
    "distance": (
        "farther|further|longer",
        "nearer|closer|shorter",
        "farthest|furthest|longest",
        "nearest|closest|shortest",
    ),
    "depth": ("deeper", "shallower", "deepest", "shallowest"),
    "rain rainfall precipitation": ("wetter|rainier", "drier|dryer", "wettest|rainiest", "driest|dryest"),
    "wind windspeed": ("windier", "calmer", "windiest", "calmest"),
    "humidity": ("more humid", "less humid", "most humid", "least humid"),
    "width": ("wider", "narrower", "widest", "narrowest"),
    "salary pay wage income": (
        "better paid|richer",
        "worse paid",
        "highest paid|best paid|top earning|top paid|best earning",
        "lowest paid|worst paid|least paid",
    ),
    "rating score": (
        "better rated|higher rated",
        "worse rated|lower rated",
        "best rated|highest rated|top rated",
        "worst rated|lowest rated",
    ),
}
# Adjectives of which the first means much of a column, and the second little.
_POLAR: Mapping[str, tuple[str, str]] = {
    "temperature temp": ("hot|warm|mild", "cold|cool|chilly"),
    "wind windspeed": ("windy|strong|breezy", "calm"),
    "mass weight": ("heavy", "light"),
    "duration latency elapsed": ("slow|long", "fast|quick|short"),
    "length": ("long", "short"),
    "price cost fare": ("expensive|pricey", "cheap"),
    "age": ("old", "young"),
    "depth": ("deep", "shallow"),
}
# What is said for a yes of a column: "sent back" of what was returned.
_YES = {
    "returned return": "sent back|sends back|send back|brought back|bring back|came back|come back|refunded"
    "|gets sent back|get sent back|handed back|went back|gave back|get returned|gets returned",
    "error failed failure": "went wrong|go wrong|goes wrong|fail|fails|failed|broke|break|crashed|blew up"
    "|fell over|erroneous|faulty",
    "remote": "from home|at home|work from home|working from home|works from home|home office|remotely",
    "active": "live|in use",
    "smoker": "smoke|smokes|smoking",
    "survived": "made it|lived|survive|survives",
}
# Who does something, of a column that names them: "who manages the most people".
_AGENTS = {
    "manager boss supervisor": "manages|manage|managed|supervises|supervise|is in charge of|heads",
    "seller salesperson": "sells|sold",
    "customer client buyer": "buys|bought|orders|ordered|spends|spent",
}
_VALUES = (
    (
        "female",
        ("f", "female", "w", "woman"),
        ("female", "females", "woman", "women", "girls", "girl", "ladies"),
    ),
    ("male", ("m", "male", "man"), ("male", "males", "man", "men", "boys", "boy", "guys")),
)
SUMMABLE = frozenset(
    str.split(
        "revenue sales sale turnover amount total quantity qty units unit sold cost costs profit "
        "spend spending spent "
        "expense expenses orders visits visit clicks click views impressions count counts hours minutes "
        "budget volume "
        "income donations tips passengers goals points downloads signups conversions sessions "
        "visitors payments "
        "payment fee fees subtotal tax consumption usage kwh calls cases deaths births rainfall "
        "precipitation stock "
        "rain snow production output pieces items bookings nights rides trips returns refunds "
        "shipping freight value pay"
    )
)
"""Words in the names of columns of which people mean the total when they say which group has most."""
_RATES = frozenset(
    str.split("price rate ratio percent pct percentage average avg mean median per share index score unit")
)
_PER_UNIT = frozenset(("price", "cost", "costs", "value", "weight", "rate", "margin"))
_NO_SUM = _RATES - {"unit", "share"} | frozenset(
    str.split("age temperature temp growth rating ranking humidity pressure speed latitude longitude year")
)
_AGAINST = frozenset(
    str.split(
        "delay delays latency lag error errors fault faults wait waiting complaint complaints defects "
        "downtime cost costs price prices fee fees debt loss losses rank ranking"
    )
)
_OPPOSITES = {
    "passed": "failed|fail|fails|flunked",
    "survived": "died|die|dies|perished",
    "error failed failure": "successful|succeeded|succeed|succeeds",
    "active": "discontinued",
    "left churned resigned quit": "stayed|stay|stays|remained|remain|remains",
}
_PREFIXES = ("un", "in", "non", "im", "dis", "not")


def same(word: str) -> frozenset[str]:
    """The words that may stand for a word of a column's name."""
    return _GROUPS.get(word, frozenset())


_GROUPS: dict[str, frozenset[str]] = {}
for _line in _SAME:
    for _word in _line.split():
        _GROUPS[_word] = _GROUPS.get(_word, frozenset()) | (frozenset(_line.split()) - {_word})


def verbs(words: Sequence[str]) -> list[tuple[str, int]]:
    """The verbs and adjectives that ask for a column with this name, and how far from the likeliest it is.

    Example:
        >>> verbs(["body", "mass"])[:2]
        [('weigh', 0), ('weighs', 0)]
    """
    return [
        (said, min(n for n, name in enumerate(names.split()) if name in words))
        for phrases, names in _VERBS.items()
        if _of(words, names)
        for said in phrases.split("|")
    ]


def polar(words: Sequence[str]) -> list[tuple[str, str]]:
    """The adjectives of a column, and whether much or little of it is meant.

    Example:
        >>> polar(["age"])
        [('old', 'highest'), ('young', 'lowest')]
    """
    return [
        (said, end)
        for names, sides in _POLAR.items()
        if _of(words, names)
        for side, end in zip(sides, ("highest", "lowest"), strict=True)
        for said in side.split("|")
    ]


def amounts(words: Sequence[str]) -> list[tuple[str, str]]:
    """What is said for some of an amount, or none of it: "dry" of a rain."""
    return [
        (said, end)
        for names, phrases, end in (
            ("rain rainfall precipitation", "rainy|wet", "highest"),
            ("rain rainfall precipitation", "dry|rainless", "lowest"),
        )
        if _of(words, names)
        for said in phrases.split("|")
    ]


def yeses(words: Sequence[str]) -> list[str]:
    """What is said for a yes of a column, beside its name."""
    return [said for names, phrases in _YES.items() if _of(words, names) for said in phrases.split("|")]


def agents(words: Sequence[str]) -> list[str]:
    """What those do whom a column names."""
    return [said for names, phrases in _AGENTS.items() if _of(words, names) for said in phrases.split("|")]


def degrees(words: Sequence[str]) -> list[tuple[str, str, str]]:
    """The comparatives and superlatives of a column: kind, what it means, what is said.

    Example:
        >>> degrees(["age"])[0]
        ('cmpcol', 'above', 'older')
    """
    found: list[tuple[str, str, str]] = []
    for names, (more, less, most, least) in _DEGREES.items():
        if _of(words, names):
            for kind, meaning, phrases in (
                ("cmpcol", "above", more),
                ("cmpcol", "below", less),
                ("supercol", "highest", most),
                ("supercol", "lowest", least),
            ):
                found += [(kind, meaning, said) for said in phrases.split("|")]
    if words and len(words[0]) >= 3:  # the windiest of a wind, the rainiest of a rain
        for ending, kind in (("ier", "cmpcol"), ("iest", "supercol")):
            found.append((kind, "above" if kind == "cmpcol" else "highest", words[0] + ending))
    return found


def _of(words: Sequence[str], names: str) -> bool:
    return any(word in names.split() for word in words)


def value_names(value: str, others: Sequence[str]) -> tuple[str, ...]:
    """What else is said for a value of a column with these values.

    Example:
        >>> value_names("F", ["F", "M"])[:2]
        ('female', 'females')
    """
    plain = {other.strip().lower() for other in others}
    for _, written, said in _VALUES:
        sure = len(value.strip()) > 1 or (plain & {"f", "w"} and "m" in plain)
        if value.strip().lower() in written and len(plain) <= 6 and sure:
            return said
    return ()


def place(words: Sequence[str]) -> bool:
    """Whether a column of this name may hold countries."""
    return bool({"country", "countries", "nation", "land", "market", "origin", "destination"} & set(words))


def negatives(word: str) -> list[str]:
    """The word with "not" in front of it, and what else is said for a no: "inactive" of "active"."""
    opposite = [
        said for names, phrases in _OPPOSITES.items() if _of([word], names) for said in phrases.split("|")
    ]
    return [*(prefix + word for prefix in _PREFIXES), *opposite]


def abbreviates(short: str, long: str) -> bool:
    """Whether a word is a short form of another.

    Example:
        >>> abbreviates("dept", "department"), abbreviates("qty", "quantity")
        (True, True)
        >>> abbreviates("date", "data"), abbreviates("art", "department"), abbreviates("cat", "country")
        (False, False, False)
    """
    if not 3 <= len(short) < len(long) - 1 or short[0] != long[0]:
        return False
    if long.startswith(short):
        return len(long) - len(short) <= 9
    vowels = sum(letter in "aeiou" for letter in short)
    rest = iter(long)
    return vowels <= 1 and len(short) <= 5 and len(long) >= 6 and all(letter in rest for letter in short)


def per_unit(words: Sequence[str], word: str) -> bool:
    """Whether a word of a name says what the rest is of: units are no unit price.

    Example:
        >>> per_unit(["unit", "price"], "unit"), per_unit(["units", "sold"], "units")
        (True, False)
    """
    return word in ("unit", "item", "piece") and bool(_PER_UNIT & set(words))


def summable(words: Sequence[str]) -> bool:
    """Whether of a column with this name a total means something, and is what people mean.

    Example:
        >>> summable(["revenue"]), summable(["unit", "price"]), summable(["age"])
        (True, False, False)
    """
    return bool(SUMMABLE & set(words)) and not (_RATES - {"unit"}) & set(words) and words[-1] != "unit"


def counts_against(words: Sequence[str]) -> bool:
    """Whether of a column with this name less is better.

    Example:
        >>> counts_against(["departure", "delay"]), counts_against(["revenue"])
        (True, False)
    """
    return bool(_AGAINST & set(words))


def adds_up(words: Sequence[str]) -> bool:
    """Whether a total of such a column can mean anything: not of prices, rates and ages.

    Example:
        >>> adds_up(["unit", "price"]), adds_up(["body", "mass"])
        (False, True)
    """
    return not _NO_SUM & set(words)
