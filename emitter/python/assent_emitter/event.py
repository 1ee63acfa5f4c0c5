"""An event: its fields, what is checked of them, and its bytes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

from .canonical import DEPTH_MAX, canonical
from .errors import InvalidEvent
from .ids import (Trace, event_id, is_event_id, is_trace_id, time_from, time_text, trace_from)
from .redact import Redactor

EVENT_BYTES_MAX = 32 * 1024
INLINE_DATA_BYTES_MAX = 16 * 1024
DATA_BYTES_MAX = 1024 * 1024

ACTOR_TYPES = ("human", "agent", "service", "system", "webhook")
OUTCOMES = ("success", "failure", "partial", "pending")
PROOF_TYPES = ("screenshot", "api_response", "hash", "url", "none")
# The families of types that say what the server itself decided.
RESERVED_FAMILIES = frozenset(
    "approval evidence grant execution rule escalation ir notification policy principal key "
    "killswitch breakglass ledger security".split())

_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Event:
    """What one did, on what, by whom, with what outcome and what proof. A value."""

    client_id: Optional[str] = None
    action_type: Optional[str] = None
    actor_type: Optional[str] = None
    actor_id: Optional[str] = None
    target_type: Optional[str] = None
    target_id: Optional[str] = None
    outcome: Optional[str] = None
    proof: Optional[Mapping[str, Any]] = None
    metadata: Optional[Mapping[str, Any]] = None
    # Any text, or a W3C traceparent, which stands for its trace.
    correlation_id: Optional[str] = None
    causation_id: Optional[str] = None


# The seven that no event is without, as the wire and the messages call them.
_REQUIRED: Tuple[Tuple[str, str], ...] = (
    ("client_id", "clientId"), ("action_type", "actionType"), ("actor_type", "actorType"),
    ("actor_id", "actorId"), ("target_type", "targetType"), ("target_id", "targetId"),
    ("outcome", "outcome"))


class Prepared(NamedTuple):
    """A checked event without secrets, whose bytes are final but for the producer's number."""

    id: str
    tenant: str
    occurred_at: str
    head: bytes  # Up to where `producer` would stand.
    tail: bytes
    blob: Optional[bytes]  # What is to be stored before the event is sent.
    traceparent: Optional[str]
    log_line: str

    def bytes(self, producer: Optional[str] = None, sequence: int = 0) -> bytes:
        numbered = b""
        if producer is not None:
            numbered = canonical({"id": producer, "sequence": sequence})
            numbered = b'"producer":' + numbered + b","
        whole = self.head + numbered + self.tail
        if len(whole) > EVENT_BYTES_MAX:
            raise InvalidEvent("event", f"is longer than {EVENT_BYTES_MAX} bytes")
        return whole


def _check_text(path: str, text: Any, bytes_max: int) -> str:
    if not isinstance(text, str):
        raise InvalidEvent(path, "must be a string")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise InvalidEvent(path, "is not Unicode text") from None
    if size == 0:
        raise InvalidEvent(path, "must not be empty")
    if size > bytes_max:
        raise InvalidEvent(path, f"is longer than {bytes_max} bytes")
    if _CONTROL.search(text):
        raise InvalidEvent(path, "has a control character")
    return text


def _clean_text(path: str, text: Any, bytes_max: int, redactor: Redactor) -> str:
    """Without secrets. What counts is what is sent."""
    if not isinstance(text, str):
        raise InvalidEvent(path, "must be a string")
    return _check_text(path, redactor.text(text), bytes_max)


def _check_word(path: str, text: str, words: Tuple[str, ...]) -> str:
    if text not in words:
        raise InvalidEvent(path, "must be one of " + ", ".join(words))
    return text


def _check_type(text: str) -> str:
    _check_text("actionType", text, 100)
    if not _TYPE.fullmatch(text):
        raise InvalidEvent("actionType",
                           "must be dotted lower-case words such as content.publish")
    if text.partition(".")[0] in RESERVED_FAMILIES:
        raise InvalidEvent("actionType", "is of a family that only the server writes")
    return text


def _required(event: Event) -> Dict[str, str]:
    values = {name: getattr(event, attribute) for attribute, name in _REQUIRED}
    for name, value in values.items():
        if value is None or value == "":
            raise InvalidEvent(name, "is required")
    for name, value in values.items():
        if not isinstance(value, str):
            raise InvalidEvent(name, "must be a string")
    return values


def _members(path: str, value: Any, known: Optional[Tuple[str, ...]] = None) -> Dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidEvent(path, "must be an object")
    for name in sorted(value, key=str):
        if known is not None and name not in known:
            raise InvalidEvent(f"{path}.{name}", "is an unknown field")
    return dict(value)


def _proof(given: Any, redactor: Redactor) -> Tuple[Dict[str, Any], Optional[bytes]]:
    proof = _members("proof", given, ("type", "data", "url", "sha256", "capturedAt", "blob"))
    proof = {name: value for name, value in proof.items() if value is not None}
    if "type" not in proof:
        raise InvalidEvent("proof.type", "is required")
    kind = _check_word("proof.type", proof["type"], PROOF_TYPES)
    if "url" in proof:
        proof["url"] = _clean_text("proof.url", proof["url"], 2048, redactor)
    for name in ("sha256", "blob"):
        if name in proof and not (isinstance(proof[name], str) and _SHA256.fullmatch(proof[name])):
            raise InvalidEvent(f"proof.{name}",
                               "must be sha256: and 64 lower-case hexadecimal digits")
    if "capturedAt" in proof:
        at = time_from(proof["capturedAt"]) if isinstance(proof["capturedAt"], str) else None
        if at is None:
            raise InvalidEvent("proof.capturedAt",
                               "must be a time of UTC such as 2026-11-21T07:00:00Z")
        proof["capturedAt"] = at
    _check_parts(kind, proof)
    data = _moved_data(proof, redactor)
    if kind in ("screenshot", "url") and "sha256" not in proof and "blob" not in proof:
        proof["unverified"] = True  # What an address shows may change after the fact.
    return proof, data


def _check_parts(kind: str, proof: Dict[str, Any]) -> None:
    """A proof shows something, in whatever way, as the server wants it."""
    if kind == "none":
        for name in ("data", "url", "sha256", "capturedAt", "blob"):
            if name in proof:
                raise InvalidEvent(f"proof.{name}", "is not for a proof of type none")
        return
    shows = any(name in proof for name in ("data", "url", "sha256", "blob"))
    if kind == "hash" and "sha256" not in proof:
        raise InvalidEvent("proof.sha256", "is required")
    if not shows:
        raise InvalidEvent("proof.data" if kind == "api_response" else "proof.url", "is required")


def _moved_data(proof: Dict[str, Any], redactor: Redactor) -> Optional[bytes]:
    """Redacts the data, and takes out what is too large to travel inside an event."""
    if "data" not in proof:
        return None
    if "blob" in proof:
        raise InvalidEvent("proof.blob", "must not be given with proof.data")
    proof["data"] = redactor.value(proof["data"], "proof.data")
    data = canonical(proof["data"], "proof.data", 2)
    if len(data) <= INLINE_DATA_BYTES_MAX:
        return None
    if len(data) > DATA_BYTES_MAX:
        raise InvalidEvent("proof.data", "is too large")
    del proof["data"]
    proof["blob"] = "sha256:" + hashlib.sha256(data).hexdigest()
    return data


class _Correlation(NamedTuple):
    id: str
    traceparent: Optional[str]


def _correlation(event: Event, active: Optional[Trace], random: Callable[[int], bytes],
                 redactor: Redactor) -> _Correlation:
    """The caller's word, else the active trace, else a new one."""
    given, named = event.correlation_id, None
    if given is not None:
        named = trace_from(given) if isinstance(given, str) else None
        given = _clean_text("correlationId", given, 255, redactor)
    trace = named or (active if active is not None and active.is_valid else None)
    if given is not None and named is None:
        if trace is None and is_trace_id(given):
            trace = Trace(given, "")
        return _Correlation(given, _traceparent(trace, random))
    if trace is None:
        trace = Trace(random(16).hex(), "")
    return _Correlation(trace.trace_id, _traceparent(trace, random))


def _traceparent(trace: Optional[Trace], random: Callable[[int], bytes]) -> Optional[str]:
    if trace is None:
        return None
    return (trace if trace.span_id else Trace(trace.trace_id, random(8).hex())).traceparent


def _nested(out: Dict[str, bytes], name: str, value: Any) -> None:
    out[name] = canonical(value, name, 1)


def prepare(event: Event, *, tenants: Any, now: int, random: Callable[[int], bytes],
            redactor: Redactor, active: Optional[Trace]) -> Prepared:
    """Checks the event, takes its secrets out, and gives it its id and time."""
    values = _required(event)
    if values["clientId"] not in tenants:
        raise InvalidEvent("clientId", "has no key in this emitter")
    kind = _check_type(values["actionType"])
    actor = "human" if values["actorType"] == "user" else values["actorType"]
    if actor not in ACTOR_TYPES:
        raise InvalidEvent("actorType", f"must be one of {', '.join(ACTOR_TYPES)}, user")
    for name, bytes_max in (("actorId", 255), ("targetType", 100), ("targetId", 255)):
        values[name] = _clean_text(name, values[name], bytes_max, redactor)
    _check_word("outcome", values["outcome"], OUTCOMES)
    if event.causation_id is not None and not (isinstance(event.causation_id, str)
                                               and is_event_id(event.causation_id)):
        raise InvalidEvent("causationId",
                           "must be evt_ and 26 characters, or a UUID of version 7")
    members: Dict[str, bytes] = {}
    proof, blob = _proof(event.proof, redactor) if event.proof is not None else (None, None)
    if event.metadata is not None:
        metadata = redactor.value(_members("metadata", event.metadata), "metadata")
        if metadata:
            _nested(members, "metadata", metadata)
    id = event_id(now, random(10))
    correlation = _correlation(event, active, random, redactor)
    occurred_at = time_text(now)
    _nested(members, "actor", {"id": values["actorId"], "type": actor})
    if event.causation_id is not None:
        _nested(members, "causationId", event.causation_id)
    _nested(members, "correlationId", correlation.id)
    _nested(members, "id", id)
    _nested(members, "occurredAt", occurred_at)
    _nested(members, "outcome", values["outcome"])
    if proof is not None:
        _nested(members, "proof", proof)
    _nested(members, "target", {"id": values["targetId"], "type": values["targetType"]})
    _nested(members, "tenantId", values["clientId"])
    _nested(members, "type", kind)
    written = [(name, b'"%s":%s' % (name.encode(), members[name])) for name in sorted(members)]
    head = b"{" + b"".join(text + b"," for name, text in written if name < "producer")
    tail = b",".join(text for name, text in written if name > "producer") + b"}"
    return Prepared(id, values["clientId"], occurred_at, head, tail, blob, correlation.traceparent,
                    _log_line(values))


def _log_line(values: Mapping[str, str]) -> str:
    """What a console may show of an event: nothing that it carries."""
    line = {name: values[name]
            for name in ("actionType", "targetType", "targetId", "outcome", "clientId")}
    target = f"{values['targetType']}/{values['targetId']}"
    return canonical({"auditEvent": True, **line,
                      "message": f"Audit: {values['actionType']} on {target}"}).decode()


__all__ = ["Event", "Prepared", "prepare", "DEPTH_MAX"]
