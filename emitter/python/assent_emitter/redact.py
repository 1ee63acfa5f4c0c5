"""Takes secrets out of what is about to be spooled or sent: docs/redaction.md, rule by rule."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Mapping, Optional

from .canonical import DEPTH_MAX
from .errors import InvalidEvent, Misconfigured
from .redact_names import COUNTED, DECLARED, OPEN, SECRET, plain_name, secrecy_of_plain
from .redact_shapes import is_card_number
from .redact_text import redacted_text

MARKER = "***REDACTED***"

_DECLARED_BYTES_MAX = 64
_CARD_MIN, _CARD_MAX = 10**12, 10**16
# Names repeat; those of a hostile event must not fill the memory.
_KNOWN_MAX = 4096


class Redactor:
    """The rules, and the names that a program declares besides. Thread-safe."""

    def __init__(self, declared: Iterable[str] = ()) -> None:
        self._declared = frozenset(map(_declarable, declared))
        self._known: Dict[str, int] = {}

    def secrecy_of(self, name: str) -> int:
        known = self._known.get(name)
        if known is None:
            plain = plain_name(name)
            known = DECLARED if plain in self._declared else secrecy_of_plain(plain)
            if len(self._known) < _KNOWN_MAX and len(name) <= _DECLARED_BYTES_MAX:
                self._known[name] = known
        return known

    def text(self, text: str) -> str:
        return redacted_text(text, self.secrecy_of)

    def value(self, value: Any, path: str, depth: int = 1) -> Any:
        """A copy of `value`, which is at `path`, without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, (int, float)):
            return MARKER if _is_card(value) else value
        if depth > DEPTH_MAX:
            raise InvalidEvent(path, "is nested too deep")
        if isinstance(value, Mapping):
            return self._members(value, path, depth)
        if isinstance(value, (list, tuple)):
            return [self.value(item, path, depth + 1) for item in value]
        return value  # What canonical() will refuse.

    def _members(self, members: Mapping[Any, Any], path: str, depth: int) -> Dict[str, Any]:
        paired = OPEN
        if "value" in members:
            name = _name_of_value(members)
            paired = OPEN if name is None else self.secrecy_of(name)
        out: Dict[str, Any] = {}
        for name, member in members.items():
            if not isinstance(name, str):
                raise InvalidEvent(path, "has a name that is no string")
            if (name == "value" and _is_hidden(paired, member)) or _is_hidden(
                    self.secrecy_of(name), member):
                out[name] = MARKER
            else:
                out[name] = self.value(member, path, depth + 1)
        return self._renamed(out)

    def _renamed(self, members: Dict[str, Any]) -> Dict[str, Any]:
        """A secret may be a name. Two of them in one object stay two members."""
        changed = {name: clean for name in members
                   for clean in [self.text(name)] if clean != name}
        if not changed:
            return members
        taken = set(members)
        numbers: Dict[str, int] = {}
        out: Dict[str, Any] = {}
        for name, member in members.items():
            clean = unused = changed.get(name, name)
            while name in changed and unused in taken:
                numbers[clean] = numbers.get(clean, 1) + 1
                unused = f"{clean} {numbers[clean]}"
            taken.add(unused)
            out[unused] = member
        return out


def _declarable(name: str) -> str:
    plain = plain_name(name)
    if not plain or len(name.encode("utf-8", "replace")) > _DECLARED_BYTES_MAX:
        raise Misconfigured(f"redact: {name!r} must have a letter or digit, and at most "
                            f"{_DECLARED_BYTES_MAX} bytes")
    return plain


def _is_hidden(secrecy: int, value: Any) -> bool:
    if secrecy == OPEN or value is None:
        return False
    if secrecy == DECLARED:
        return True
    if isinstance(value, bool):
        return False
    return not (secrecy == COUNTED and isinstance(value, (int, float))) or secrecy == SECRET


def _is_card(value: float) -> bool:
    if not _CARD_MIN <= value <= (_CARD_MAX if isinstance(value, float) else 2**63):
        return False
    return value == int(value) and is_card_number(str(int(value)))


def _name_of_value(members: Mapping[Any, Any]) -> Optional[str]:
    """The name under which `value` is kept where it has a place: {"name": …, "value": …}."""
    found = None
    for name in members:
        if name in ("name", "key") and isinstance(members[name], str):
            found = members[name]
    return found
