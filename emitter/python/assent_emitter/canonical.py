"""RFC 8785: JSON in exactly one way of writing it."""

from __future__ import annotations

import math
from typing import Any, Dict, List

from .errors import InvalidEvent

# What every reader of JSON keeps exactly.
INTEGER_MAX = 2**53 - 1
# Of arrays and objects, the outermost included, as the server reads.
DEPTH_MAX = 64

_SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_ESCAPES = {**{code: f"\\u{code:04x}" for code in range(0x20)}, **_SHORT}


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _text(value: str, path: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidEvent(path, "is not Unicode text") from None
    return f'"{value.translate(_ESCAPES)}"'


def number_text(value: float) -> str:
    """A finite number as ECMAScript prints it."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # The value is 0.<digits> * 10^point.
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point = int(exponent or 0) - (len(fraction) - len(digits))
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _number(value: float, path: str) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidEvent(path, "is not a finite number")
    # A larger one is written with an exponent, which says that it is no integer.
    if value == int(value) and INTEGER_MAX < abs(value) < 10**21:
        raise InvalidEvent(path, f"is beyond ±{INTEGER_MAX}")
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise InvalidEvent(path, f"is beyond ±{INTEGER_MAX}")
        return str(value)
    return number_text(value)


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


class _TooDeep(Exception):
    """A path to that place would be as long as it is deep, so it has none."""


def _write(out: List[str], value: Any, path: str, depth: int) -> None:
    if value is None:
        out.append("null")
    elif value is True or value is False:
        out.append("true" if value else "false")
    elif isinstance(value, str):
        out.append(_text(value, path))
    elif isinstance(value, (int, float)):
        out.append(_number(value, path))
    elif isinstance(value, (dict, list, tuple)):
        if depth == DEPTH_MAX:
            raise _TooDeep
        if isinstance(value, dict):
            _write_object(out, value, path, depth)
        else:
            _write_array(out, value, path, depth)
    else:
        raise InvalidEvent(path, "cannot be written as JSON")


def _write_object(out: List[str], value: Dict[Any, Any], path: str, depth: int) -> None:
    if not all(isinstance(name, str) for name in value):
        raise InvalidEvent(path, "has a name that is no string")
    out.append("{")
    for place, name in enumerate(sorted(value, key=_utf16)):
        if place:
            out.append(",")
        out.append(_text(name, path))
        out.append(":")
        _write(out, value[name], joined(path, name), depth + 1)
    out.append("}")


def _write_array(out: List[str], value: Any, path: str, depth: int) -> None:
    out.append("[")
    for place, item in enumerate(value):
        if place:
            out.append(",")
        _write(out, item, f"{path}[{place}]", depth + 1)
    out.append("]")


def canonical(value: Any, path: str = "", depth: int = 0) -> bytes:
    """The one text of `value`, in UTF-8. InvalidEvent names what cannot be written.

    `depth` is how deep inside another value this one will be.
    """
    out: List[str] = []
    try:
        _write(out, value, path, depth)
    except _TooDeep:
        raise InvalidEvent(path, "is nested too deep") from None
    return "".join(out).encode("utf-8")
