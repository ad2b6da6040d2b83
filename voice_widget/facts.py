"""Traits that only the publisher writes; what a cell assigns to them is a request."""

from __future__ import annotations

import copy
from typing import Any, Generic, Protocol, TypeVar, cast, get_args

import traitlets

from voice_widget.checks import misfit
from voice_widget.errors import SettingError

V = TypeVar("V")


class FactOwner(Protocol):
    """What an object with facts must know."""

    def _may_write(self) -> bool:
        """True on the publisher's thread, and while the object is being made."""
        ...

    def _request(self, name: str, value: Any) -> None:
        """Somebody assigned a value; it is of the right type."""
        ...


class Fact(traitlets.TraitType[V, V], Generic[V]):
    """A synced trait whose truth is elsewhere: the publisher writes it, everybody else may ask.

    Args:
        default: The value at first. Containers are copied for every object.
        help: What it means. Ends up in the docs and in the generated TypeScript.
        ask: What to do instead of assigning, for a fact that cannot be asked for. Empty: assigning is a request.

    Example:
        >>> class Owner(traitlets.HasTraits):
        ...     muted = Fact[bool](False, "The microphone is muted.")
    """

    def __init__(self, default: V, help: str, *, ask: str = "") -> None:  # noqa: A002 - traitlets' own name
        super().__init__(default, help=help)
        self.ask = ask
        self.tag(sync=True)

    @property
    def kind(self) -> Any:
        """The annotation between the brackets: ``Fact[bool]`` gives ``bool``."""
        return get_args(cast(Any, self).__orig_class__)[0]

    def default(self, obj: Any = None) -> V:
        """A default of its own for every object."""
        return cast(V, copy.copy(self.default_value))

    def validate(self, obj: Any, value: Any) -> V:
        """Hold the value to the annotation."""
        wrong = misfit(value, self.kind, f"`{self.name}`")
        if wrong:
            raise SettingError(f"{wrong}.", next_step=self.ask)
        return cast(V, value)

    def set(self, obj: Any, value: V) -> None:
        """Write it, where that is allowed; elsewhere ask for it. `set_trait` comes this way too."""
        if obj._may_write():
            super().set(obj, value)
        elif self.ask:
            raise SettingError(f"`{self.name}` says what is and cannot be assigned.", next_step=self.ask)
        else:
            obj._request(self.name, self.validate(obj, value))


def facts_of(owner: type[traitlets.HasTraits]) -> dict[str, Fact[Any]]:
    """The facts of a class, in the order in which they are written there."""
    found = {}
    for base in reversed(owner.__mro__):
        found.update({name: trait for name, trait in vars(base).items() if isinstance(trait, Fact)})
    return found
