"""emit(): a durable id and time, or an error; never an invention."""

import contextlib
import dataclasses
import io
import math
import socket
import threading
import time
import unittest
from contextlib import redirect_stderr

from sinks import PLAIN, Case, HttpServer, answer_of, events_in, taken
from assent_emitter import (Closed, Emitter, EmitterError, Event, InvalidEvent, Misconfigured,
                            Refused, Trace, Unconfirmed)
from assent_emitter.transport import Answer

FIELDS = {"client_id": "clientId", "action_type": "actionType", "actor_type": "actorType",
          "actor_id": "actorId", "target_type": "targetType", "target_id": "targetId",
          "outcome": "outcome"}


class Emit(Case):
    def refused(self, message, **fields):
        with Emitter(self.options()) as emitter:
            with self.assertRaises(InvalidEvent) as caught:
                emitter.emit(dataclasses.replace(PLAIN, **fields))
        self.assertEqual(str(caught.exception), message)
        self.assertEqual(self.server.requests, [])

    def test_H51_every_path_requires_the_seven_fields(self):
        steps = {"client_id": lambda a: a.for_client("acme"),
                 "action_type": lambda a: a.action("content.publish"),
                 "outcome": lambda a: a.pending(),
                 "actor": lambda a: a.actor("agent", "a"),
                 "target": lambda a: a.target("post", "1")}
        with Emitter(self.spooled()) as emitter:
            for attribute, field in FIELDS.items():
                for missing in (None, ""):
                    event = dataclasses.replace(PLAIN, **{attribute: missing})
                    for path in (emitter.emit, emitter.buffer):
                        with self.assertRaises(InvalidEvent) as caught:
                            path(event)
                        self.assertEqual(str(caught.exception), f"{field} is required")
            for left_out, first in (("client_id", "clientId"), ("action_type", "actionType"),
                                    ("actor", "actorType"), ("target", "targetType"),
                                    ("outcome", "outcome")):
                audit = emitter.audit()
                for name, step in steps.items():
                    audit = audit if name == left_out else step(audit)
                for path in (audit.emit, audit.buffer):
                    with self.assertRaises(InvalidEvent) as caught:
                        path()
                    self.assertEqual(str(caught.exception), f"{first} is required")
        self.assertEqual(self.server.requests, [])
        self.assertEqual(self.lines, [])

    def test_H51_what_the_caller_gave_is_not_changed(self):
        proof = {"type": "url", "url": "https://u:secret@example.com/"}
        metadata = {"password": "hunter2", "list": [{"token": "x"}]}
        event = dataclasses.replace(PLAIN, actor_type="user", proof=proof, metadata=metadata)
        with Emitter(self.options()) as emitter:
            emitter.emit(event)
        self.assertEqual(proof, {"type": "url", "url": "https://u:secret@example.com/"})
        self.assertEqual(metadata, {"password": "hunter2", "list": [{"token": "x"}]})
        self.assertEqual(event.actor_type, "user")
        self.assertIsNone(event.correlation_id)

    def test_H51_the_id_is_readable_in_what_was_sent(self):
        with Emitter(self.options()) as emitter:
            receipt = emitter.emit(PLAIN)
        (sent,) = events_in(self.server.requests[0].body)
        self.assertEqual(receipt.id, sent["id"])
        self.assertEqual(receipt.time, "2026-11-21T07:00:01.000000Z")

    def test_H51_the_active_trace_is_the_default_correlation(self):
        trace = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
        with Emitter(self.options(current_trace=lambda: trace)) as emitter:
            emitter.emit(PLAIN)
        (sent,) = events_in(self.server.requests[0].body)
        self.assertEqual(sent["correlationId"], trace.trace_id)
        self.assertEqual(self.server.requests[0].headers["traceparent"], trace.traceparent)

    def test_a_tracer_that_fails_does_not_stop_the_event(self):
        def fails():
            raise RuntimeError("no tracer")

        with Emitter(self.options(current_trace=fails)) as emitter:
            emitter.emit(PLAIN)
        self.assertEqual(len(self.server.requests), 1)

    def test_a_console_that_fails_does_not_make_an_event_fail(self):
        def fails(_):
            raise RuntimeError("no console")

        with Emitter(self.options(log=fails)) as emitter:
            self.assertTrue(emitter.emit(PLAIN).id)

    def test_Trap9_no_id_is_made_up_when_nobody_answers(self):
        self.server.answer = lambda request: None
        with Emitter(self.options()) as emitter:
            with self.assertRaises(Unconfirmed) as caught:
                emitter.emit(PLAIN)
        sent = {event["id"] for request in self.server.requests
                for event in events_in(request.body)}
        self.assertEqual(sent, {caught.exception.event_id})
        self.assertGreater(len(self.server.requests), 1)
        self.assertEqual(self.lines, [])

    def test_a_passing_failure_is_tried_again_with_the_same_bytes(self):
        answers = [None, Answer(503, {"error": {"code": "OVERLOADED", "message": "later"}}), None]
        self.server.answer = lambda request: answers.pop(0) if answers else taken(request)
        with Emitter(self.options()) as emitter:
            receipt = emitter.emit(PLAIN)
        self.assertEqual(len({request.body for request in self.server.requests}), 1)
        self.assertEqual(len(self.server.requests), 4)
        self.assertEqual(self.server.log[0]["id"], receipt.id)

    def test_a_refusal_is_told_with_its_code_and_field(self):
        self.server.answer = lambda request: Answer(422, {"error": {
            "code": "UNPROCESSABLE", "message": "no",
            "fieldErrors": [{"path": "causationId", "message": "is no event of this log"}]}})
        with Emitter(self.options()) as emitter:
            with self.assertRaises(Refused) as caught:
                emitter.emit(PLAIN)
        self.assertEqual((caught.exception.status, caught.exception.code), (422, "UNPROCESSABLE"))
        self.assertIn("causationId is no event of this log", str(caught.exception))
        self.assertEqual(len(self.server.requests), 1)

    def test_a_refusal_of_something_on_the_way_is_none(self):
        for status in (400, 401, 403, 409, 413, 415, 422):
            for body in (None, {}, [], "no", {"error": "no"}, {"error": {"message": "no"}},
                         {"error": {"code": 400}}, {"error": {"code": ""}},
                         {"code": "VALIDATION_ERROR"}):
                self.server.answer = lambda request, body=body: Answer(status, body)
                with Emitter(self.options(emit_timeout=0.01)) as emitter:
                    with self.assertRaises(Unconfirmed):
                        emitter.emit(PLAIN)
            self.server.answer = lambda request: Answer(status, {"error": {"code": "ANY"}})
            with Emitter(self.options()) as emitter, self.assertRaises(Refused):
                emitter.emit(PLAIN)

    def test_an_answer_of_another_event_is_none(self):
        other = {"data": {"id": "evt_01kajvs94ve8s9p1jdvdbfmwd5", "sequence": 1, "time": "x"}}
        for body in (other, {}, None, {"data": []}, {"data": {"id": 1}}, []):
            self.server.answer = lambda request, body=body: Answer(200, body)
            with Emitter(self.options(emit_timeout=0.01)) as emitter:
                with self.assertRaises(Unconfirmed):
                    emitter.emit(PLAIN)

    def test_values_that_are_no_JSON_are_refused_by_name(self):
        for metadata, message in (
                ({"a": float("nan")}, "metadata.a is not a finite number"),
                ({"a": [1, math.inf]}, "metadata.a[1] is not a finite number"),
                ({"a": 2**53}, "metadata.a is beyond ±9007199254740991"),
                ({"a": -(2**53)}, "metadata.a is beyond ±9007199254740991"),
                ({"a": 1e17}, "metadata.a is beyond ±9007199254740991"),
                ({"a": 10**400}, "metadata.a is beyond ±9007199254740991"),
                ({"a": {"b": "\ud800"}}, "metadata.a.b is not Unicode text"),
                ({"\udfff": 1}, "metadata is not Unicode text"),
                ({1: 2}, "metadata has a name that is no string"),
                ({"a": b"bytes"}, "metadata.a cannot be written as JSON"),
                ({"a": {1, 2}}, "metadata.a cannot be written as JSON")):
            self.refused(message, metadata=metadata)
        self.refused("metadata must be an object", metadata=["a"])
        self.refused("proof must be an object", proof="none")
        self.refused("targetId is not Unicode text", target_id="\ud800")
        self.refused("targetId must be a string", target_id=42)
        self.refused("actorId must be a string", actor_id=b"x")

    def test_what_contains_itself_is_refused(self):
        loop = {}
        loop["a"] = loop
        self.refused("metadata is nested too deep", metadata=loop)
        self.refused("proof.data is nested too deep", proof={"type": "api_response", "data": loop})
        with Emitter(self.options()) as emitter:
            with self.assertRaises(InvalidEvent):
                emitter.audit().with_metadata(loop)

    def test_proof_data_has_a_limit_of_one_mebibyte(self):
        whole = {"type": "api_response", "data": "x" * (1024 * 1024 - 2)}
        with Emitter(self.options()) as emitter:
            emitter.emit(dataclasses.replace(PLAIN, proof=whole))
        blob, event = self.server.requests
        self.assertEqual(len(blob.body), 1024 * 1024)
        self.assertLess(len(event.body), 1000)
        self.server.requests.clear()
        self.refused("proof.data is too large",
                     proof={"type": "api_response", "data": "x" * (1024 * 1024 - 1)})

    def test_the_console_line_has_nothing_that_the_event_carries(self):
        event = dataclasses.replace(PLAIN, metadata={"m": "inside"}, target_id="a password=hunter2",
                                    proof={"type": "api_response", "data": "within"})
        with Emitter(self.options()) as emitter:
            emitter.emit(event)
        self.assertEqual(self.lines, [
            '{"actionType":"content.publish","auditEvent":true,"clientId":"acme","message":"Audit: '
            'content.publish on post/a password=***REDACTED***","outcome":"success",'
            '"targetId":"a password=***REDACTED***","targetType":"post"}'])

    def test_nothing_is_taken_after_the_end(self):
        emitter = Emitter(self.options())
        emitter.close()
        for call in (lambda: emitter.emit(PLAIN), emitter.flush):
            with self.assertRaises(Closed):
                call()
        self.assertEqual(emitter.close(), 0)

    def test_options_that_cannot_work_are_refused(self):
        for more, message in (
                ({"keys": {}}, "keys must name a tenant"),
                ({"keys": {"Acme": "k"}}, "keys: 'Acme' is no tenant's name"),
                ({"keys": {"acme": "a b"}}, "keys: the key of acme must be printable ASCII"),
                ({"keys": {"acme": "a\r\nX: y"}}, "keys: the key of acme must be printable ASCII"),
                ({"producer": "x"}, "producer needs a spool, which keeps its numbers"),
                ({"spool": "s"}, "producer must be 1 to 91 of A-Z, a-z, 0-9, '.', '_' and '-'"),
                ({"spool": "s", "producer": "a/b", "sync": "each"},
                 "producer must be 1 to 91 of A-Z, a-z, 0-9, '.', '_' and '-'"),
                ({"spool": "s", "producer": "a"}, "sync must be one of each, interval, never"),
                ({"spool": "s", "producer": "a", "sync": "each", "when_full": "drop"},
                 "when_full must be one of fail, block"),
                ({"redact": ["--"]}, "redact: '--' must have a letter or digit, and at most 64 "
                                     "bytes"),
                ({"url": "ftp://x", "send": None}, "url must be such as https://assent.example"),
                ({"url": "http://u:p@x", "send": None},
                 "url must not carry a password: the keys say who asks")):
            with self.assertRaises(Misconfigured) as caught:
                Emitter(self.options(**more))
            self.assertEqual(str(caught.exception), message)

    def test_keys_are_not_shown(self):
        self.assertNotIn("key-a", repr(self.options()))

    def test_buffer_needs_a_spool(self):
        with Emitter(self.options()) as emitter, self.assertRaises(Misconfigured):
            emitter.buffer(PLAIN)

    def test_only_an_event_is_one(self):
        with Emitter(self.options()) as emitter:
            for what in (None, {}, "x"):
                with self.assertRaises(TypeError):
                    emitter.emit(what)


class Builders(Case):
    def test_H52_Trap8_a_thousand_interleaved_builders_never_mix(self):
        count = 1000
        keys = {f"tenant-{n}": f"key-{n}" for n in range(count)}
        errors = []
        with Emitter(self.options(keys=keys)) as emitter:
            shared = emitter.audit().action("content.publish").succeeded()
            barrier = threading.Barrier(8)

            def build(worker):
                try:
                    mine = range(worker, count, 8)
                    barrier.wait()
                    # Every step of every builder, one after the other across all of them.
                    audits = {n: shared.for_client(f"tenant-{n}") for n in mine}
                    audits = {n: a.actor("agent", f"agent-{n}") for n, a in audits.items()}
                    audits = {n: a.with_metadata({"mine": n}) for n, a in audits.items()}
                    audits = {n: a.target("post", f"post-{n}") for n, a in audits.items()}
                    for audit in audits.values():
                        audit.emit()
                except Exception as error:  # Told to the test's own thread.
                    errors.append(error)

            threads = [threading.Thread(target=build, args=(worker,)) for worker in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(len(self.server.requests), count)
        for request in self.server.requests:
            (event,) = events_in(request.body)
            n = int(event["tenantId"].rpartition("-")[2])
            self.assertEqual(request.headers["Authorization"], f"Bearer key-{n}")
            self.assertEqual(event["actor"], {"id": f"agent-{n}", "type": "agent"})
            self.assertEqual(event["target"], {"id": f"post-{n}", "type": "post"})
            self.assertEqual(event["metadata"], {"mine": n})
        self.assertEqual(len({event["id"] for event in self.server.log}), count)

    def test_H52_a_builder_can_be_used_again_after_an_emit_and_after_an_error(self):
        with Emitter(self.options()) as emitter:
            base = emitter.audit().for_client("acme").action("content.publish")
            base = base.actor("agent", "a").target("post", "1")
            with self.assertRaises(EmitterError):
                base.with_metadata({"first": 1}).child_of("nonsense").succeeded().emit()
            base.with_metadata({"second": 2}).succeeded().emit()
            base.failed("E1").emit()
            base.succeeded().emit()
        first, second, third = self.server.log
        self.assertEqual(first["metadata"], {"second": 2})
        self.assertEqual(second["metadata"], {"errorCode": "E1"})
        self.assertNotIn("metadata", third)
        self.assertEqual(len({event["id"] for event in self.server.log}), 3)

    def test_H52_what_the_caller_changes_afterwards_does_not_change_the_event(self):
        metadata, data = {"list": [1]}, {"inner": {"a": 1}}
        with Emitter(self.options()) as emitter:
            audit = emitter.audit().for_client("acme").action("content.publish").succeeded()
            audit = audit.actor("agent", "a").target("post", "1")
            audit = audit.with_metadata(metadata).with_api_proof(data)
            metadata["list"].append(2)
            data["inner"]["a"] = 2
            audit.emit()
        self.assertEqual(self.server.log[0]["metadata"], {"list": [1]})
        self.assertEqual(self.server.log[0]["proof"]["data"], {"inner": {"a": 1}})

    def test_an_event_is_a_value(self):
        with self.assertRaises(dataclasses.FrozenInstanceError):
            PLAIN.outcome = "failure"
        self.assertEqual(Event(), Event())


class Http(Case):
    def test_a_connection_is_kept_and_one_that_was_closed_is_replaced(self):
        seen = []

        def handle(method, path, headers, body):
            seen.append((method, path, headers["Authorization"], headers["User-Agent"]))
            status = 201, answer_of(headers["Content-Type"], body)
            return (*status, {"Connection": "close"}) if len(seen) == 2 else status

        server = HttpServer(handle)
        self.addCleanup(server.close)
        with Emitter(self.options(url=server.url + "/", send=None)) as emitter:
            for _ in range(4):
                emitter.emit(PLAIN)
        self.assertEqual(seen, [("POST", "/v1/events", "Bearer key-a", "assent-emitter-py/1")] * 4)

    def test_a_server_that_hangs_up_or_talks_nonsense_confirms_nothing(self):
        for answer in (None, (201, b"{"), (201, b""), (200, b"<html>"), (404, b"not here")):
            server = HttpServer(lambda *_, answer=answer: answer)
            with Emitter(self.options(url=server.url, send=None, emit_timeout=0.01)) as emitter:
                with self.assertRaises(Unconfirmed):
                    emitter.emit(PLAIN)
            server.close()

    def test_a_silent_server_is_waited_for_only_so_long(self):
        done = threading.Event()
        server = HttpServer(lambda *_: done.wait(20) and None)
        with Emitter(self.options(url=server.url, send=None, timeout=0.1,
                                  emit_timeout=0.1)) as emitter:
            with self.assertRaises(Unconfirmed):
                emitter.emit(PLAIN)
        done.set()
        server.close()

    def test_a_server_that_answers_byte_by_byte_is_waited_for_only_so_long(self):
        head = b"HTTP/1.1 201 Created\r\n"
        for begin, byte in ((head + b"X-A: ", b"a"),
                            (head + b"Content-Length: 500000\r\n\r\n", b" "),
                            (head + b"Connection: close\r\n\r\n", b" ")):
            listener = socket.create_server(("127.0.0.1", 0))
            self.addCleanup(listener.close)

            def drip(listener=listener, begin=begin, byte=byte):
                near, _ = listener.accept()
                with near, contextlib.suppress(OSError):
                    near.recv(65536)
                    near.sendall(begin)
                    while True:  # Until the other side has had enough of it.
                        near.sendall(byte)
                        time.sleep(0.02)

            threading.Thread(target=drip, daemon=True).start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            options = self.options(url=url, send=None, timeout=0.5, emit_timeout=0.1)
            with Emitter(options) as emitter, self.assertRaises(Unconfirmed):
                emitter.emit(PLAIN)

    def test_a_prefix_of_the_url_is_kept(self):
        paths = []

        def handle(method, path, headers, body):
            paths.append(path)
            return 201, answer_of(headers["Content-Type"], body)

        server = HttpServer(handle)
        self.addCleanup(server.close)
        with Emitter(self.options(url=server.url + "/assent/", send=None)) as emitter:
            emitter.emit(PLAIN)
        self.assertEqual(paths, ["/assent/v1/events"])

    def test_nothing_of_a_secret_reaches_the_default_report(self):
        self.server.answer = lambda request: None
        said = io.StringIO()
        with redirect_stderr(said):
            with Emitter(self.options(emit_timeout=0.01)) as emitter:
                with self.assertRaises(Unconfirmed):
                    emitter.emit(dataclasses.replace(PLAIN, metadata={"password": "hunter2"}))
        self.assertNotIn("hunter2", said.getvalue())


if __name__ == "__main__":
    unittest.main()
