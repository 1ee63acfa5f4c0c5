"""The requests that an emitter sends: what, not how."""

from __future__ import annotations

import hashlib
from typing import Dict, List, NamedTuple, Optional

USER_AGENT = "assent-emitter-py/1"


class Request(NamedTuple):
    method: str
    path: str
    headers: Dict[str, str]
    body: bytes


def _request(method: str, path: str, key: str, content_type: str, body: bytes) -> Request:
    return Request(method, path, {"Authorization": "Bearer " + key, "Content-Type": content_type,
                                  "User-Agent": USER_AGENT}, body)


def blob_request(key: str, blob: bytes) -> Request:
    return _request("PUT", "/v1/blobs", key, "application/octet-stream", blob)


def blob_name(blob: bytes) -> str:
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def event_request(key: str, event: bytes, traceparent: Optional[str]) -> Request:
    request = _request("POST", "/v1/events", key, "application/json", event)
    if traceparent is not None:
        request.headers["traceparent"] = traceparent
    return request


def batch_request(key: str, events: List[bytes]) -> Request:
    body = b"".join(event + b"\n" for event in events)
    return _request("POST", "/v1/events", key, "application/x-ndjson", body)
