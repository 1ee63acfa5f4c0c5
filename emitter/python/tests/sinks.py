"""Servers that do as they are told, for the tests."""

from __future__ import annotations

import http.server
import json
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import unittest
from typing import Any, Callable, Dict, List, Optional

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

from assent_emitter import Event, Options  # noqa: E402
from assent_emitter.transport import Answer, Unreachable  # noqa: E402
from assent_emitter.wire import Request  # noqa: E402

PLAIN = Event(client_id="acme", action_type="content.publish", actor_type="agent",
              actor_id="agent-7", target_type="post", target_id="post-42", outcome="success")
_ID = re.compile(rb'"id":"(evt_[0-9a-z]{26})","(?:metadata|occurredAt)"')


def answer_of(content_type: str, body: bytes) -> Dict[str, Any]:
    """What a server says that takes everything."""
    events = [{"id": id.decode(), "sequence": place, "time": "2026-11-21T07:00:01.000000Z"}
              for place, id in enumerate(_ID.findall(body))]
    if content_type == "application/x-ndjson":
        return {"data": {"events": events}}
    return {"data": events[0] if events else {}}


def taken(request: Request) -> Answer:
    return Answer(201, answer_of(request.headers["Content-Type"], request.body))


def events_in(body: bytes) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


class FakeServer:
    """A `send`. `answer` decides about each request; None: the server is out of reach."""

    def __init__(self, answer: Callable[[Request], Optional[Answer]] = taken) -> None:
        self.answer = answer
        self.requests: List[Request] = []
        self.log: List[Dict[str, Any]] = []  # Each event once, as a server would keep it.
        self.sent = threading.Condition()

    def __call__(self, request: Request) -> Answer:
        answer = self.answer(request)
        with self.sent:
            self.requests.append(request)
            if answer is not None and answer.status == 201 and request.path == "/v1/events":
                known = {event["id"] for event in self.log}
                self.log += [each for each in events_in(request.body) if each["id"] not in known]
            self.sent.notify_all()
        if answer is None:
            raise Unreachable("nobody is there")
        return answer

    def wait(self, condition: Callable[[], Any], seconds: float = 120) -> None:
        with self.sent:
            if not self.sent.wait_for(condition, seconds):
                raise AssertionError("that did not happen in time")


class Case(unittest.TestCase):
    """A test with a directory that goes away."""

    def setUp(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="assent-emitter-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.server = FakeServer()
        self.reports: List[str] = []
        self.lines: List[str] = []

    def options(self, **more: Any) -> Options:
        given: Dict[str, Any] = dict(
            url="http://127.0.0.1:1", keys={"acme": "key-a", "beta": "key-b"}, send=self.server,
            report=lambda kind, text: self.reports.append(f"{kind}: {text}"),
            log=self.lines.append)
        return Options(**{**given, **more})

    def spooled(self, **more: Any) -> Options:
        """With a spool, and sent when the test says so."""
        return self.options(**{"spool": str(self.directory / "spool"), "producer": "worker-1",
                               "sync": "never", "flush_interval": None, "flush_size": 10**9,
                               **more})

    def spool_files(self) -> List[str]:
        return sorted(path.name for path in (self.directory / "spool").iterdir())


class HttpServer:
    """A server of http.server. `handle(method, path, headers, body)` gives (status, JSON)."""

    def __init__(self, handle: Callable[..., Any]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = handle(self.command, self.path, self.headers, body)
                if answer is None:
                    self.close_connection = True
                    return
                status, value, *headers = answer
                text = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                for name, content in headers[0].items() if headers else ():
                    self.send_header(name, content)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_PUT = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
