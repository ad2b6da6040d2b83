"""One expression over data, parsed and carried out step by step: nothing but what is listed here can be done.

No code is compiled or evaluated by Python, and nothing that is listed writes a file, changes a value in
place or takes a function.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from voice_widget.tools.allowed import AGGREGATES, INSTEAD, METHODS, NUMPY, PANDAS, PROPERTIES
from voice_widget.tools.sizes import Refused, check_size

LONGEST = 2_000
"""So many characters an expression may have."""
_DEEPEST = 40
_MOST_BITS = 10_000  # of a whole number that is a power
_MOST_BINS = 10_000
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_CALLED = (abs, all, any, bool, float, int, len, max, min, round, sorted, sum)
_FUNCTIONS: dict[str, Callable[..., Any]] = {function.__name__: function for function in _CALLED}
_OF_MODULES = {"numpy": NUMPY, "pandas": PANDAS}
_MODULES = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas"}
_KINDS = frozenset(
    ["int", "float", "str", "bool", "category", "int64", "float64", "string", "datetime64[ns]"]
)
_BY_NAME = {"agg": AGGREGATES, "astype": _KINDS}
_PARTS = (
    *(ast.Constant, ast.Name, ast.List, ast.Tuple, ast.Dict, ast.Slice, ast.Subscript, ast.UnaryOp),
    *(ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Attribute, ast.Call),
)
_HOUSES = ("datetime", "numpy", "pandas")
_BUILT_IN = (bool, int, float, complex, str, list, tuple, dict, set, frozenset, slice, type(None))
_TEXTS = ("object", "str", "string")
_REFUSED_WORDS = [
    "inplace",
    "engine",
    "copy",
    "func",
    "aggfunc",
    "key",
    "regex",
    "out",
    "flags",
    "buf",
    "method",
    "into",
]


def names_in(expression: str) -> list[str]:
    """The names that an expression reads, modules and functions left out.

    Raises:
        Refused: It is none.

    Example:
        >>> names_in("df[df.tip > limit].tip.mean() + len(df)")
        ['df', 'limit']
    """
    known = {*_FUNCTIONS, *_MODULES}
    found = (node.id for node in ast.walk(_parsed(expression)) if isinstance(node, ast.Name))
    return sorted({name for name in found if name not in known})


def compute(expression: str, values: Mapping[str, Any]) -> Any:
    """What an expression comes to.

    Args:
        expression: One expression in Python's words.
        values: What its names are: copies, for nobody can say what pandas keeps of them.

    Raises:
        Refused: Something in it is not allowed.
        Exception: Whatever a step of it raises.

    Example:
        >>> compute("max(prices) * 2", {"prices": [3, 5]})
        10
        >>> compute("open('x')", {})
        Traceback (most recent call last):
            ...
        voice_widget.tools.sizes.Refused: The function open is not allowed.
    """
    return _Steps(values).of(_parsed(expression), 0)


def check(expression: str) -> None:
    """Refuse what can never be computed, whatever the data: nobody need be asked for that.

    Raises:
        Refused: It is no expression, or something in it is not allowed.

    Example:
        >>> check("df.to_csv('x')")
        Traceback (most recent call last):
            ...
        voice_widget.tools.sizes.Refused: The method to_csv is not allowed.
    """
    _check_parts(_parsed(expression), 0)


def _check_parts(node: ast.expr, depth: int) -> None:
    """By the rules of `_Steps`, as far as they need no value."""
    if depth > _DEEPEST:
        raise Refused("The expression is nested too deep.")
    parts: list[ast.expr] = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    match node:
        case ast.Call(func=function, args=args, keywords=words):
            _check_starred(node)
            parts = [*args, *(word.value for word in words)]
            match function:
                case ast.Name(id=name):
                    _check_function(name)
                case ast.Attribute(value=ast.Name(id=house), attr=name) if house in _MODULES:
                    _check_of_module(house, name)
                case ast.Attribute(value=value, attr=name):
                    _check_method(name)
                    parts.insert(0, value)
                case _:
                    raise Refused(f"A call of {type(function).__name__} is not allowed.")
            for word in words:
                _check_word(name, str(word.arg))
        case ast.Name(id=name) if name in _MODULES:
            raise Refused(f"{name} is no value.")
        case ast.Name(id=name) if name in _FUNCTIONS:
            raise Refused(f"There is no data named {name}.")
        case ast.Attribute(attr=name) if name.startswith("_"):
            raise Refused(f"The attribute {name} is not allowed.")
    if not isinstance(node, _PARTS):
        raise Refused(f"{type(node).__name__} is not allowed in an expression.")
    for part in parts:
        _check_parts(part, depth + 1)


def _parsed(expression: str) -> ast.expr:
    if not isinstance(expression, str) or len(expression) > LONGEST:
        raise Refused(f"An expression is a text of at most {LONGEST:,} characters.")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"This is not one expression: {getattr(error, 'msg', error)}.") from None


class _Steps:
    """Carries out a tree from its leaves up."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def of(self, node: ast.expr, depth: int) -> Any:
        """What a part of the expression comes to: always a value of a kind that is known here."""
        if depth > _DEEPEST:
            raise Refused("The expression is nested too deep.")
        return _known(self._step(node, depth + 1))

    def _step(self, node: ast.expr, deeper: int) -> Any:
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, bool | int | float | str):
                return value
            case ast.Name(id=name):
                return self._named(name)
            case ast.List(elts=parts):
                return [self.of(part, deeper) for part in parts]
            case ast.Tuple(elts=parts):
                return tuple(self.of(part, deeper) for part in parts)
            case ast.Dict(keys=keys, values=parts) if all(keys):
                pairs = zip(keys, parts, strict=True)
                return {self.of(key, deeper): self.of(part, deeper) for key, part in pairs if key}
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if end is None else self.of(end, deeper) for end in (lower, upper, step)))
            case ast.Subscript(value=value, slice=place):
                return self.of(value, deeper)[self.of(place, deeper)]
            case ast.UnaryOp(op=unary, operand=value) if type(unary) in _UNARY:
                return _UNARY[type(unary)](self.of(value, deeper))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
                return _binary(type(sign), self.of(left, deeper), self.of(right, deeper))
            case ast.BoolOp(op=joint, values=parts):
                return self._either(isinstance(joint, ast.Or), parts, deeper)
            case ast.Compare():
                return self._compared(node, deeper)
            case ast.IfExp(test=test, body=body, orelse=other):
                return self.of(body if self.of(test, deeper) else other, deeper)
            case ast.Attribute(value=value, attr=name):
                return _property(self.of(value, deeper), name)
            case ast.Call():
                return self._called(node, deeper)
        raise Refused(f"{type(node).__name__} is not allowed in an expression.")

    def _named(self, name: str) -> Any:
        if name not in self._values:
            raise Refused(f"{name} is no value." if name in _MODULES else f"There is no data named {name}.")
        return self._values[name]

    def _either(self, any_of: bool, parts: list[ast.expr], depth: int) -> Any:
        value = None
        for part in parts:
            value = self.of(part, depth)
            if bool(value) is any_of:
                break
        return value

    def _compared(self, node: ast.Compare, depth: int) -> Any:
        left, found = self.of(node.left, depth), None
        for sign, part in zip(node.ops, node.comparators, strict=True):
            right = self.of(part, depth)
            one = _COMPARED[type(sign)](left, right)
            found, left = (one if found is None else found and one), right
        return found

    def _called(self, node: ast.Call, depth: int) -> Any:
        _check_starred(node)
        function, name = self._function(node.func, depth)
        given = [self.of(part, depth) for part in node.args]
        named = {str(word.arg): self.of(word.value, depth) for word in node.keywords}
        _check_arguments(name, given, named, getattr(function, "__self__", None))
        return function(*given, **named)

    def _function(self, node: ast.expr, depth: int) -> tuple[Callable[..., Any], str]:
        match node:
            case ast.Name(id=name):
                _check_function(name)
                return _FUNCTIONS[name], name
            case ast.Attribute(value=ast.Name(id=house), attr=name) if (
                house in _MODULES and house not in self._values
            ):
                _check_of_module(house, name)
                return getattr(import_module(_MODULES[house]), name), name
            case ast.Attribute(value=value, attr=name):
                _check_method(name)
                return getattr(self.of(value, depth), name), name
        raise Refused(f"A call of {type(node).__name__} is not allowed.")


def _check_starred(node: ast.Call) -> None:
    if any(isinstance(part, ast.Starred) for part in node.args) or not all(
        word.arg for word in node.keywords
    ):
        raise Refused("Starred arguments are not allowed.")


def _check_function(name: str) -> None:
    if name not in _FUNCTIONS:
        raise Refused(f"The function {name} is not allowed.")


def _check_of_module(house: str, name: str) -> None:
    if name not in _OF_MODULES[_MODULES[house]]:
        raise Refused(f"{house}.{name} is not allowed.")


def _check_method(name: str) -> None:
    if name not in METHODS:
        instead = f": {INSTEAD[name]}" if name in INSTEAD else ""
        raise Refused(f"The method {name} is not allowed{instead}.")


def _check_word(name: str, word: str) -> None:
    if word in _REFUSED_WORDS and (name, word) != ("pivot_table", "aggfunc"):
        raise Refused(f"The argument {word} is not allowed.")


def _known(value: Any) -> Any:
    """The value, if it is of a kind that is known here: a table may hold anything in its cells."""
    kind = type(value)
    if kind not in _BUILT_IN and kind.__module__.partition(".")[0] not in _HOUSES:
        raise Refused(f"A {kind.__name__} is not allowed here.")
    return value


def _binary(sign: type[ast.operator], left: Any, right: Any) -> Any:
    whole = isinstance(left, int) and isinstance(right, int)
    if sign is ast.Pow and whole and left.bit_length() * right > _MOST_BITS:
        raise Refused("A power as large as that is not allowed.")
    if sign in (ast.Mult, ast.Mod) and (_has_texts(left) or _has_texts(right)):
        raise Refused("Texts and lists are not repeated or filled in.")
    return _BINARY[sign](left, right)


def _has_texts(side: Any) -> bool:
    dtypes = side.dtypes if hasattr(side, "columns") else (getattr(side, "dtype", ""),)
    return isinstance(side, str | list | tuple) or any(str(one) in _TEXTS for one in dtypes)


def _property(value: Any, name: str) -> Any:
    if name not in PROPERTIES and not name.startswith("_") and name in _columns(value):
        return value[name]
    if name not in PROPERTIES or isinstance(value, str | dict | list | tuple):
        raise Refused(f"The attribute {name} is not allowed.")
    return getattr(value, name)


def _columns(value: Any) -> set[str]:
    if type(value).__name__ == "DataFrameGroupBy":
        value = value.obj
    elif type(value).__name__ != "DataFrame":
        return set()
    return {name for name in value.columns if isinstance(name, str)}


def _check_arguments(name: str, given: list[Any], named: dict[str, Any], owner: Any) -> None:
    """What an allowed function may not be given.

    pandas takes names of methods for functions, changes in place, and holds each row against each.
    """
    for word in named:
        _check_word(name, word)
    zones = [*(given if name == "Timestamp" else ()), named.get("tz")]
    if any(isinstance(zone, str) and "dateutil" in zone for zone in zones):
        raise Refused("A time zone of dateutil is not allowed; give one such as 'Europe/Paris'.")
    if name in ("contains", "replace", "split") and type(owner).__name__ == "StringMethods":
        named["regex"] = False  # a pattern may take for ever, and nothing else runs meanwhile
    bins = [value for value in (*given, *named.values()) if isinstance(value, int)]
    if name in ("cut", "qcut") and any(value > _MOST_BINS for value in bins):
        raise Refused(f"{name} into more than {_MOST_BINS:,} is not allowed.")
    if name in _BY_NAME and (wrong := sorted(map(str, _words(given, named) - _BY_NAME[name]))):
        raise Refused(f"{name} of {wrong[0]!r} is not allowed.")
    check_size(name, given, named, owner)


def _words(given: list[Any], named: dict[str, Any]) -> set[Any]:
    """What stands for a function: of a dict the values, of a column with its function the last."""
    found: set[Any] = set()
    # A new column's name stands for a column and its function.
    told = (value[1] if isinstance(value, tuple) and len(value) == 2 else value for value in named.values())
    places: list[Any] = [*given, *told]
    while places:
        place = places.pop()
        if isinstance(place, dict):
            places += place.values()
        elif isinstance(place, list | tuple):
            places += place
        else:
            found.add(place)
    return found
