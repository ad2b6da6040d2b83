"""A small real data set to talk about, and a talk about it: files, and what loads the data.

What a user records does not belong here.

Example:
    >>> from voice_widget.data import load
    >>> load().shape
    (344, 8)
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from voice_widget.errors import SettingError, shown

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("penguins",)


def load(name: str = "penguins") -> pd.DataFrame:
    """Measurements of 344 penguins of three species, from Palmer Station in Antarctica (CC0).

    One row per bird: ``species``, ``island``, ``bill_length_mm``, ``bill_depth_mm``, ``flipper_length_mm``,
    ``body_mass_g``, ``sex`` and ``year``. Two birds were not measured and eleven have no sex, so there is
    something missing to ask about. Source and licence stand in ``voice_widget/data/README.md``.

    Args:
        name: The data set; there is one so far.

    Raises:
        SettingError: There is no such data set.
    """
    if name not in NAMES:
        raise SettingError(f"There is no data set {shown(name)}.", next_step=f"Take one of {list(NAMES)}.")
    import pandas as pd

    with resources.files(__name__).joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        frame = pd.read_csv(file)
    frame.attrs["name"] = name
    return frame
