"""The fluent way to an event: `audit().for_client(…).action(…)…`. Each step is a new value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Mapping, Optional

from .canonical import DEPTH_MAX
from .errors import InvalidEvent
from .event import Event

if TYPE_CHECKING:
    from .emitter import Emitter
    from .lane import Spooled
    from .sending import Receipt


def _copied(value: Any, path: str, depth: int = 1) -> Any:
    """What the caller changes afterwards must not change the event."""
    if depth > DEPTH_MAX:
        raise InvalidEvent(path, "is nested too deep")
    if isinstance(value, Mapping):
        return {name: _copied(member, path, depth + 1) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(item, path, depth + 1) for item in value]
    return value


@dataclass(frozen=True)
class Audit:
    """An event under construction, and who will emit it. Immutable: share it, branch off it."""

    emitter: "Emitter"
    event: Event = Event()

    def _with(self, **fields: Any) -> "Audit":
        return replace(self, event=replace(self.event, **fields))

    def for_client(self, client_id: str) -> "Audit":
        return self._with(client_id=client_id)

    def action(self, action_type: str) -> "Audit":
        return self._with(action_type=action_type)

    def actor(self, actor_type: str, actor_id: str) -> "Audit":
        return self._with(actor_type=actor_type, actor_id=actor_id)

    def target(self, target_type: str, target_id: str) -> "Audit":
        return self._with(target_type=target_type, target_id=target_id)

    def succeeded(self) -> "Audit":
        return self._with(outcome="success")

    def failed(self, code: Optional[str] = None, message: Optional[str] = None) -> "Audit":
        said = {"errorCode": code, "errorMessage": message}
        why = {name: text for name, text in said.items() if text is not None}
        return self.with_metadata(why)._with(outcome="failure")

    def partial(self) -> "Audit":
        return self._with(outcome="partial")

    def pending(self) -> "Audit":
        return self._with(outcome="pending")

    def with_proof(self, proof: Mapping[str, Any]) -> "Audit":
        return self._with(proof=_copied(proof, "proof"))

    def with_api_proof(self, data: Any) -> "Audit":
        return self.with_proof({"type": "api_response", "data": data})

    def with_screenshot_proof(self, url: str, sha256: Optional[str] = None) -> "Audit":
        return self.with_proof({"type": "screenshot", "url": url, "sha256": sha256})

    def with_metadata(self, metadata: Mapping[str, Any]) -> "Audit":
        """Joins what is there already; of one name the later counts."""
        if not isinstance(metadata, Mapping):
            raise InvalidEvent("metadata", "must be an object")
        return self._with(metadata={**(self.event.metadata or {}),
                                    **_copied(metadata, "metadata")})

    def with_correlation(self, correlation_id: str) -> "Audit":
        """Any text, or a W3C `traceparent`, whose trace is meant then."""
        return self._with(correlation_id=correlation_id)

    def child_of(self, event_id: str) -> "Audit":
        """The event that caused this one."""
        return self._with(causation_id=event_id)

    def emit(self) -> "Receipt":
        """Sends it. Returns when it is durable in the log, or raises."""
        return self.emitter.emit(self.event)

    def buffer(self) -> "Spooled":
        """Spools it, to be sent soon."""
        return self.emitter.buffer(self.event)
