"""What people say for a column or a value beside its name: synonyms, verbs, degrees, abbreviations. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SAME = (
    "salary pay wage earnings compensation income paycheck",
    "department dept division",
    "revenue sales turnover",
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
    "quantity unit piece",
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
    "amount value",
    "site location place",
    "user visitor",
    "child kid children",
    "phone telephone",
    "team crew",
    "cancel cancelled canceled",
    "return returned",
    "error failed failure failing fail",
    "rain rainfall",
    "wind windspeed",
)
# Verbs and adjectives → the words of column names that they ask for, the likeliest first.
_VERBS: Mapping[str, str] = {
    "weigh|weighs|weighed|weighing|heavy": "mass weight",
    "earn|earns|earned|earning|paid|get paid|gets paid|being paid|is paid|are paid|was paid|pays|pay": (
        "salary pay wage income earnings compensation"
    ),
    "cost|costs|costing|expensive|priced|charge|charges|charged": "price cost fare fee",
    "long|lasts|lasted": "length duration",
    "old|aged|years old|year old|years of age": "age",
    "tall": "height",
    "far": "distance",
    "fast": "speed",
    "deep": "depth",
    "wide": "width",
    "hot|warm|cold": "temperature temp",
    "rated|scored": "rating score",
    "tipped": "tip",
    "spent|spend|spends|spending": "spend spending spent amount",
    "hired|joined|got hired|employed since": "hire hired joined joining",
    "ordered|purchased|bought": "order purchase",
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
    "distance": ("farther|further", "nearer|closer", "farthest|furthest", "nearest|closest"),
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
        "expense expenses orders visits visit clicks click views impressions count counts minutes "
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
_PREFIXES = ("un", "in", "non", "im", "dis", "not")


def same(word: str) -> frozenset[str]:
    """The words that may stand for a word of a column's name."""
    return _GROUPS.get(word, frozenset())


_GROUPS: dict[str, frozenset[str]] = {}
for _line in _SAME:
    for _word in _line.split():
        _GROUPS[_word] = _GROUPS.get(_word, frozenset()) | (frozenset(_line.split()) - {_word})


def verbs(words: Sequence[str]) -> list[str]:
    """The verbs and adjectives that ask for a column with this name.

    Example:
        >>> verbs(["body", "mass"])[:2]
        ['weigh', 'weighs']
    """
    return [said for phrases, names in _VERBS.items() if _of(words, names) for said in phrases.split("|")]


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


def negatives(word: str) -> list[str]:
    """The word with "not" in front of it: "inactive" of "active"."""
    return [prefix + word for prefix in _PREFIXES]


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


def summable(words: Sequence[str]) -> bool:
    """Whether of a column with this name a total means something, and is what people mean.

    Example:
        >>> summable(["revenue"]), summable(["unit", "price"]), summable(["age"])
        (True, False, False)
    """
    return bool(SUMMABLE & set(words)) and not (_RATES - {"unit"}) & set(words) and words[-1] != "unit"
