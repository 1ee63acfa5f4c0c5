"""Runs one case of tests/vectors/emitter, and says what came of it."""

from __future__ import annotations

import pathlib
import re
import tempfile
from typing import Any, Dict, List

from assent_emitter import Emitter, Event, EmitterError, Options, Trace
from assent_emitter.transport import Answer
from assent_emitter.wire import Request


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)


class Machine:
    """The clock, the random numbers and the network of a case."""

    def __init__(self, case: Dict[str, Any]) -> None:
        self.case = case
        self.now = 0
        self.random = bytes.fromhex(case["emitter"].get("random", ""))
        self.requests: List[Request] = []
        self.lines: List[str] = []

    def take(self, count: int) -> bytes:
        taken, self.random = self.random[:count], self.random[count:]
        assert len(taken) == count, "the case has too few random bytes"
        return taken

    def send(self, request: Request) -> Any:
        """A server that takes everything."""
        self.requests.append(request)
        ids = re.findall(rb'"id":"(evt_[0-9a-z]{26})"', request.body)
        answers = [{"id": id.decode(), "sequence": 1, "time": "2026-11-21T07:00:01.000000Z"}
                   for id in ids]
        if request.headers["Content-Type"] == "application/x-ndjson":
            return Answer(201, {"data": {"events": answers}})
        return Answer(201, {"data": answers[0] if answers else {}})

    def options(self, spool: str) -> Options:
        given = self.case["emitter"]
        trace = given["trace"] and Trace(given["trace"]["traceId"], given["trace"]["spanId"])
        is_spooled = given["producer"] is not None
        return Options(url="http://127.0.0.1:1", keys=given["keys"], producer=given["producer"],
                       sync="never" if is_spooled else None,
                       spool=spool if is_spooled else None, redact=given["redact"],
                       report=lambda *_: None, current_trace=lambda: trace,
                       now=lambda: self.now, random=self.take,
                       send=self.send, log=self.lines.append, flush_interval=None)


def event_of(given: Dict[str, Any]) -> Event:
    return Event(**{snake(name): value for name, value in given.items()})


def call(emitter: Emitter, how: str, given: Dict[str, Any]) -> None:
    if "input" in given:
        getattr(emitter, how)(event_of(given["input"]))
        return
    audit = emitter.audit()
    for name, *arguments in given["build"]:
        audit = getattr(audit, snake(name))(*arguments)
    getattr(audit, how)()


def request_json(request: Request) -> Dict[str, Any]:
    headers = {name: text for name, text in request.headers.items() if name != "User-Agent"}
    return {"method": request.method, "path": request.path, "headers": headers,
            "body": request.body.decode("utf-8")}


def expected_of(case: Dict[str, Any]) -> Dict[str, Any]:
    """The case with what this emitter makes of it."""
    machine = Machine(case)
    out = {name: case[name] for name in ("name", "call", "emitter")}
    out["events"] = []
    with tempfile.TemporaryDirectory() as directory:
        if "state" in case["emitter"]:
            pathlib.Path(directory, "state.json").write_text(case["emitter"]["state"])
        emitter = Emitter(machine.options(directory))
        if emitter.producer is not None:
            assert not machine.random, "what is given for the spool is for the spool"
            out["producer"] = emitter.producer
        for given in case["events"]:
            machine.now, machine.random = given["now"], bytes.fromhex(given["random"])
            machine.lines.clear()
            made = {name: given[name] for name in ("now", "random", "input", "build")
                    if name in given}
            try:
                call(emitter, case["call"], given)
                made["log"] = machine.lines[0]
            except EmitterError as error:
                made["error"] = str(error)
                assert not machine.lines
            out["events"].append(made)
        if case["call"] == "buffer":
            out["spool"] = pathlib.Path(directory, "0000000000000001.spool").read_bytes().hex()
        emitter.close()
    out["requests"] = [request_json(request) for request in machine.requests]
    return out
