"""Traits that only the publisher writes; what a cell assigns to them is a request."""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Generic, TypeVar, cast, get_args

import anywidget
import traitlets

from voice_widget.errors import SettingError
from voice_widget.page.checks import misfit
from voice_widget.page.nulls import to_page
from voice_widget.page.routing import keep_page_routing
from voice_widget.realtime.state.records import Row
from voice_widget.threads.publisher import Publisher
from voice_widget.widget.whole import Whole

V = TypeVar("V")
log = logging.getLogger("voice_widget")

# What was asked for inside `hold_sync`: (the widget, its requests). Every thread has its own context.
_held: ContextVar[tuple[object, dict[str, Any]] | None] = ContextVar("voice_widget_held", default=None)


def own_rows(rows: Any) -> list[Row]:
    """Copies, for somebody who may change them."""
    return [row.copy() for row in rows]


class KernelTrait(traitlets.TraitType[V, V], Generic[V]):
    """A synced trait whose truth is elsewhere: the publisher writes it, everybody else may ask.

    Args:
        default: The value at first. Containers are copied for every object.
        help: What it means. Ends up in the docs and in the generated TypeScript.
        ask: What to do instead of assigning, for a fact that cannot be asked for. Empty: assigning is a
            request.
        example: How to assign it.
        grows: A list that grows all the time. It is not checked at every write, and its rows are copied only
            for who reads it, or every write would cost more than the last.

    Example:
        >>> class Owner(traitlets.HasTraits):
        ...     muted = KernelTrait[bool](False, "The microphone is muted.")
    """

    def __init__(
        self,
        default: V,
        help: str,  # noqa: A002 - traitlets' own name
        *,
        ask: str = "",
        example: str = "",
        grows: bool = False,
    ) -> None:
        super().__init__(default, help=help)
        self.ask, self.example, self.grows = ask, example, grows
        self.tag(sync=True)

    @property
    def kind(self) -> Any:
        """The annotation between the brackets: ``KernelTrait[bool]`` gives ``bool``."""
        return get_args(cast(Any, self).__orig_class__)[0]

    def default(self, obj: Any = None) -> V:
        """A default of its own for every object."""
        return self._whole(copy.copy(self.default_value))

    def get(self, obj: Any, cls: Any = None) -> V | None:
        """What it is now; rows are the reader's own, to change as they like."""
        value = super().get(obj, cls)
        return cast(V, own_rows(value)) if self.grows else value

    def validate(self, obj: Any, value: Any) -> V:
        """Hold the value to the annotation."""
        wrong = misfit(value, self.kind, f"`{self.name}`") if not self.grows else None
        if wrong:
            raise SettingError(f"{wrong}.", next_step=self.ask or self.example)
        return cast(V, value)

    def _whole(self, value: Any) -> V:
        """Of what can be assigned, what tells whoever changes it in place to do that."""
        changeable = isinstance(value, dict) and not self.ask
        return cast(V, Whole(value, self.name or "", self.example) if changeable else value)

    def set(self, obj: Any, value: V) -> None:
        """Write it, where that is allowed; elsewhere ask for it. `set_trait` comes this way too."""
        if obj._may_write():
            super().set(obj, self._whole(value))
        elif self.ask:
            raise SettingError(f"`{self.name}` says what is and cannot be assigned.", next_step=self.ask)
        else:
            # `ServerVad(…)` reads as the protocol's object; read here, on the user's own thread.
            asked = dict(value) if isinstance(value, Mapping) else value
            obj._request(self.name, self.validate(obj, asked))


def kernel_traits(owner: type[traitlets.HasTraits]) -> dict[str, KernelTrait[Any]]:
    """The facts of a class, in the order in which they are written there."""
    found = {}
    for base in reversed(owner.__mro__):
        found.update({name: trait for name, trait in vars(base).items() if isinstance(trait, KernelTrait)})
    return found


class KernelWidget(anywidget.AnyWidget):
    """A widget with facts: the publisher writes them, the page reads them, the user asks.

    ipywidgets keeps *one* flag per widget for "hold back" and *one* for "being validated", whatever the
    thread: a cell inside ``hold_sync`` would hold back what the publisher writes, and a refused value of the
    page would undo it. Here nothing but the publisher writes facts, so both concern only the requests of the
    thread that holds.
    """

    _tabs: Callable[[Mapping[str, Any], Any], None] | None = None  # hears what goes to notebooks
    _heard: Callable[[Mapping[str, Any]], None] | None = None  # hears what notebooks say, whole
    _publisher: Publisher | None = None  # None while the object is being made, and then everyone may write
    _quiet = False
    _applying = False  # what a page set; only under the publisher's lock

    def open(self) -> None:
        """Open the comm."""
        super().open()
        keep_page_routing(self.comm)

    def get_state(self, *args: Any, **named: Any) -> dict[str, Any]:
        """What a page is told of the state, also with the opening of the comm."""
        state: dict[str, Any] = to_page(super().get_state(*args, **named))
        return state

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Apply what a page set: layout and the like, never a fact."""
        facts = kernel_traits(type(self))
        refused = sorted(facts.keys() & sync_data.keys())
        if refused:
            log.debug("A page tried to set %s; only Python does.", ", ".join(refused))
        allowed = {name: value for name, value in sync_data.items() if name not in facts}
        if allowed and self._publisher is not None:
            with self._publisher.lock:
                self._applying = True
                try:
                    super().set_state(allowed)
                finally:
                    self._applying = False

    @contextlib.contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Collect what is assigned in this block and ask for it at once, at its end."""
        if _held.get() is not None:
            yield
            return
        requests: dict[str, Any] = {}
        token = _held.set((self, requests))
        try:
            yield
        finally:
            _held.reset(token)
            if requests:
                self._ask(requests)

    @contextlib.contextmanager
    def hold_trait_notifications(self) -> Iterator[None]:
        """Collect what is assigned in this block and ask for it at once, at its end."""
        with super().hold_trait_notifications() if self._publisher is None else self.hold_sync():
            yield

    def notify_change(self, change: Any) -> None:
        """Send a changed trait to the page and tell the observers, except while transcripts are mended.

        What grows is not sent, for the page gets the rows as messages. Whoever asks whether to send it reads
        it, and every turn would copy all before it.
        """
        trait = getattr(type(self), change["name"], None)
        if self._quiet:
            return
        if isinstance(trait, KernelTrait) and trait.grows:
            traitlets.HasTraits.notify_change(self, change)
        else:
            super().notify_change(change)

    def _notify_observers(self, event: Any) -> None:
        if self._publisher is None or not (self._publisher.writing() or self._applying):
            super()._notify_observers(event)
            return
        # An observer is the user's code: it must not delay the next write, and one that raises must not keep
        # the change from the others.
        for name in (event["name"], traitlets.All):
            by_type = self._trait_notifiers.get(name, {})
            for handler in [*by_type.get(event["type"], ()), *by_type.get(traitlets.All, ())]:
                bound = isinstance(handler, traitlets.EventHandler) and getattr(handler, "name", None)
                told = getattr(self, handler.name) if bound else handler
                self._publisher.call(told, event, always=event["name"] == "error")

    def _send(self, msg: Mapping[str, Any], buffers: Any = None) -> None:
        with self._publisher.lock if self._publisher is not None else contextlib.nullcontext():
            super()._send(to_page(msg), buffers=buffers)
            if self._tabs is not None:
                self._tabs(msg, buffers)

    def _handle_msg(self, msg: Mapping[str, Any]) -> None:
        if self._heard is not None:
            self._heard(msg)
        super()._handle_msg(msg)

    def _may_write(self) -> bool:
        return self._publisher is None or self._publisher.writing()

    def _write(self, name: str, value: Any) -> None:
        """Write a fact; only for the publisher."""
        with self._publisher.lock if self._publisher is not None else contextlib.nullcontext():
            setattr(self, name, value)

    def _write_transcript(self, rows: list[Row], tell: bool, send: bool) -> None:
        self._quiet = not tell
        try:
            # Whoever is told may change what they get.
            watched = tell and any(self._trait_notifiers.get(name) for name in ("transcript", traitlets.All))
            self._write("transcript", own_rows(rows) if watched else rows)
        finally:
            self._quiet = False
        if send:
            self.send_state("transcript")

    def _request(self, name: str, value: Any) -> None:
        held = _held.get()
        if held is not None and held[0] is self:
            held[1][name] = value
        else:
            self._ask({name: value})

    def _ask(self, requests: Mapping[str, Any]) -> None:
        """Ask whoever knows the truth."""
        raise NotImplementedError
