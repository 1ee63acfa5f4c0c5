"""What must not be written down is replaced before it is: docs/redaction.md."""

from __future__ import annotations

from typing import Any, FrozenSet, Iterable

MARKER = "***REDACTED***"

_NAMES = frozenset(
    ("password", "token", "secret", "key", "apikey", "auth", "credential", "credentials"))


def _folded(name: str) -> str:
    return "".join(c for c in name.lower() if c not in "_-. ")


class Redactor:
    """The rules, and the names that a program declares besides."""

    def __init__(self, declared: Iterable[str] = ()) -> None:
        self._names: FrozenSet[str] = _NAMES | {_folded(name) for name in declared}

    def text(self, text: str) -> str:
        return text

    def value(self, value: Any) -> Any:
        """A copy of `value` without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: MARKER if isinstance(name, str) and _folded(name) in self._names
                    else self.value(member) for name, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value
