"""Countries by their two-letter codes, and what is said for them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_LINES = """
AE united arab emirates|emirates;AR argentina;AT austria;AU australia;BD bangladesh;BE belgium;BG bulgaria
BR brazil;CA canada;CH switzerland;CL chile;CN china;CO colombia;CZ czech republic|czechia;DE germany
DK denmark;EE estonia;EG egypt;ES spain;FI finland;FR france;GR greece;HK hong kong;HR croatia;HU hungary
GB great britain|britain|united kingdom|the united kingdom|uk|the uk;ID indonesia;IE ireland;IL israel
IN india;IS iceland;IT italy;JP japan;KE kenya;KR south korea|korea;LT lithuania;LU luxembourg;LV latvia
MA morocco;MX mexico;MY malaysia;NG nigeria;NL netherlands|the netherlands|holland;NO norway;NZ new zealand
PE peru;PH philippines|the philippines;PK pakistan;PL poland;PT portugal;RO romania;RS serbia;RU russia
SA saudi arabia;SE sweden;SG singapore;SI slovenia;SK slovakia;TH thailand;TR turkey;TW taiwan;UA ukraine
US united states|the united states|america|usa|the usa|the states;VN vietnam;ZA south africa
"""
_NAMES = {
    entry[:2]: tuple(entry[3:].split("|"))
    for line in _LINES.split("\n")
    for entry in line.split(";")
    if entry
}


def of(codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What is said for each code; nothing unless all of them are codes of countries.

    Example:
        >>> of(["FR", "JP"]), of(["FR", "XL"])
        ({'FR': ('france',), 'JP': ('japan',)}, {})
    """
    if len(codes) < 2 or any(code not in _NAMES for code in codes):
        return {}
    return {code: _NAMES[code] for code in codes}
