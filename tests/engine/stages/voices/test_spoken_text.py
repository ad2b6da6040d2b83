import pytest

from voice_widget.engine.stages.voices.spoken_numbers import MONTHS, ordinal, time, whole, year
from voice_widget.engine.stages.voices.spoken_text import ascii_only, said, speakable


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        (
            "Revenue in Q3 was 1,234.5",
            "Revenue in Q three was one thousand two hundred thirty-four point five",
        ),
        ("up 12.5%, then 20-30%", "up twelve point five percent, then twenty to thirty percent"),
        ("-3 and -0.5", "minus three and minus zero point five"),
        ("$3,200.50", "three thousand two hundred dollars and fifty cents"),
        ("$1 or €2 or £0.99", "one dollar or two euros or ninety-nine pence"),
        ("-$5", "minus five dollars"),
        ("$1.5M and 3M rows, 12k", "one point five million dollars and three million rows, twelve thousand"),
        ("2024-03-05", "March fifth, twenty twenty-four"),
        ("2024-01", "January twenty twenty-four"),
        ("2024-13-01", "two thousand twenty-four thirteen zero one"),
        ("2024-03-05T10:30:00", "March fifth, twenty twenty-four, at ten thirty"),
        ("March 5, 2024", "March fifth, twenty twenty-four"),
        ("in 2024", "in twenty twenty-four"),
        ("2024 rows", "two thousand twenty-four rows"),
        ("2019\u20132024", "twenty nineteen to twenty twenty-four"),
        ("at 10:30, 9:05am", "at ten thirty, nine oh five A M"),
        ("1st, 22nd", "first, twenty-second"),
        ("3/4 of 1/2", "three quarters of one half"),
        ("1.5e-05", "one point five times ten to the minus five"),
        ("007", "zero zero seven"),
        ("-5 °C", "minus five degrees Celsius"),
        (
            "50 km/h, 5kg, 1 kg, 64GB",
            "fifty kilometers per hour, five kilograms, one kilogram, sixty-four gigabytes",
        ),
        ("3x more", "three times more"),
        ("tip_size, totalBill and df.", "tip size, total Bill and D F."),
        ("R² = 0.85", "R squared equals zero point eight five"),
        ("e.g. sales vs. costs, etc.", "for example sales versus costs, et cetera"),
        ("Dr. Smith & Co.", "doctor Smith and Co."),
        ("the U.S. market", "the U S. market"),
        ("**bold** and `code` (yes)!", "bold and code yes!"),
        ("- one\n- two", "one two"),
        ("naïve — don\u2019t", "naïve , don't"),
        ("https://example.org/a_b", "example dot org slash a b"),
        ("a@b.org", "a at b dot org"),
        ("and/or", "and or"),
        ("Hello 😀 there", "Hello there"),
        ("well-known 20-year-old", "well-known twenty year old"),
        ("NASA is 5", "NASA is five"),
        ("#4", "number four"),
        ("12345678901234567890", "one two three four five six seven eight nine zero " * 2),
        ("", ""),
    ],
)
def test_what_is_written_is_said_as_people_say_it(written, spoken):
    assert speakable(written) == spoken.strip()


def test_each_word_keeps_its_place():
    text = "  The mean is $5, twice."
    assert [(text[word.start : word.end], word.text) for word in said(text)] == [
        ("The", "The"),
        ("mean", "mean"),
        ("is", "is"),
        ("$5,", "five dollars,"),
        ("twice.", "twice."),
    ]


def test_plain_words_are_left_alone():
    text = "How does the average bill change by day? It's higher on Sunday, isn't it."
    assert speakable(text) == text


@pytest.mark.parametrize("character", list("+-*/=<>%@#&~^_|\\()[]{}.,;:!?'\"`°²€—…"))
def test_no_sign_anywhere_costs_nothing(character):
    for text in (
        character,
        character * 3,
        f"a {character} b",
        f"{character}5",
        f"5{character}",
        f"x{character}y",
    ):
        assert all(word.end > word.start for word in said(text))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (100, "one hundred"),
        (1_000_001, "one million one"),
        (999_999, "nine hundred ninety-nine thousand nine hundred ninety-nine"),
    ],
)
def test_whole_numbers(number, words):
    assert whole(number) == words


def test_years_orders_and_hours():
    assert [year(n) for n in (1066, 1900, 1905, 2000, 2010)] == [
        *("ten sixty-six", "nineteen hundred", "nineteen oh five", "two thousand", "twenty ten")
    ]
    assert [ordinal(n) for n in (1, 12, 30, 31)] == ["first", "twelfth", "thirtieth", "thirty-first"]
    assert [time(14, 0), time(12, 0), time(0, 5), time(7, 60)] == [
        *("fourteen hundred hours", "twelve o'clock", "zero oh five", None)
    ]
    assert len(MONTHS) == 12


def test_what_an_ascii_voice_gets():
    assert ascii_only("Zoë\u2019s “café” \u2013 100 €") == 'Zoe\'s "cafe" - 100 '
