"""What an answer of the server means for what was sent."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple

from .errors import Refused
from .redact import MARKER
from .transport import Answer, Unreachable
from .wire import Request

Send = Callable[[Request], Answer]

# The event is at fault, and will be tomorrow, if it is the server who says so and not something on
# the way to it. All else may pass: a server that is down, a key that is not there yet.
_REFUSALS = frozenset((400, 409, 413, 415, 422))
# Of an answer as much is kept.
_REASON_BYTES_MAX = 1024
# Of these a 403 says that nobody with this key may say so of it.
_OF_EVENT = re.compile(r"(events\[\d+\]\.)?(type|causationId)", re.ASCII)


class Receipt(NamedTuple):
    """Where an event stands in the log, durably."""

    id: str
    sequence: int
    time: str


class Later(Exception):
    """Not now. What was sent may or may not have arrived."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class TooLarge(Later):
    """Not the server says so but something on the way: in smaller pieces it may pass."""


def _ask(send: Send, request: Request, final: FrozenSet[int]) -> Any:
    try:
        answer = send(request)
    except Unreachable as error:
        raise Later(str(error)) from None
    key = request.headers["Authorization"].partition(" ")[2]
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status in (200, 201):
        return body.get("data")
    said = body["error"] if isinstance(body.get("error"), dict) else {}
    code = said.get("code")
    detail = _detail(said)
    is_ours = isinstance(code, str) and code != "" and _is_unicode(code + detail)
    refused = Refused(answer.status, _kept(code, key) if is_ours else "", _kept(detail, key))
    if is_ours and (answer.status in final or (answer.status == 403 and _is_of_event(said))):
        raise refused
    if answer.status == 413:
        raise TooLarge(str(refused), answer.retry_after)
    raise Later(str(refused), answer.retry_after)


def _is_unicode(text: str) -> bool:
    return text.encode("utf-8", "ignore").decode("utf-8") == text


def _kept(text: str, key: str) -> str:
    """What is told of an answer, which may say anything: an echo of the key, a whole page."""
    whole = text.replace(key, MARKER).encode("utf-8", "replace")
    if len(whole) <= _REASON_BYTES_MAX:
        return whole.decode("utf-8")
    return whole[:_REASON_BYTES_MAX].decode("utf-8", "ignore") + "…"


def _is_of_event(error: Dict[str, Any]) -> bool:
    """Whether it is the event that must not be, and not the key that does not work (yet)."""
    return any(isinstance(field["path"], str) and _OF_EVENT.fullmatch(field["path"])
               for field in _fields(error) if "path" in field)


def _fields(error: Dict[str, Any]) -> List[Dict[str, Any]]:
    fields = error.get("fieldErrors")
    return [each for each in fields if isinstance(each, dict)] if isinstance(fields, list) else []


def _detail(error: Dict[str, Any]) -> str:
    said = [f"{field.get('path')} {field.get('message')}" for field in _fields(error)]
    return "; ".join(said) or str(error.get("detail") or error.get("message") or "no reason given")


def _receipt(id: str, data: Any) -> Receipt:
    if not isinstance(data, dict) or data.get("id") != id:
        raise Later("the answer is not of this event")
    sequence, time = data.get("sequence"), data.get("time")
    if not isinstance(sequence, int) or not isinstance(time, str):
        raise Later("the answer does not say where the event is")
    return Receipt(id, sequence, time)


def _final(is_spooled: bool) -> FrozenSet[int]:
    """What is spooled waits for its key to work."""
    return _REFUSALS if is_spooled else _REFUSALS | {401, 403}


def send_blob(send: Send, request: Request, *, is_spooled: bool) -> None:
    _ask(send, request, _final(is_spooled))


def send_event(send: Send, request: Request, id: str, *, is_spooled: bool) -> Receipt:
    return _receipt(id, _ask(send, request, _final(is_spooled)))


def send_batch(send: Send, request: Request, ids: List[str]) -> List[Receipt]:
    data = _ask(send, request, _REFUSALS)
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list) or len(events) != len(ids):
        raise Later("the answer is not of these events")
    return [_receipt(id, event) for id, event in zip(ids, events)]
