"""`assent import` and `assent emit` where something else than an Assent server answers, or one that
lies: an end, an error that says so, and nothing counted as recorded that is not."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, PATIENCE, check, equal, run  # noqa: E402

EVENT = {"type": "content.publish", "target": {"type": "post", "id": "1"}, "outcome": "success"}
AN_ID = "evt_01h455vb4pex5vsknk084sn02q"
# The exit code that means "later".
GONE = 9


def rows(count):
    return "".join(json.dumps({
        "id": f"row-{n}", "clientId": "client-123", "actionType": "content.publish",
        "actorType": "agent", "actorId": "publisher", "targetType": "post", "targetId": f"p-{n}",
        "outcome": "success", "createdAt": "2025-03-01T09:00:00.250000Z"}) + "\n"
        for n in range(count))


class Between(http.server.BaseHTTPRequestHandler):
    """Passes requests on, but for those that its server's `lie` answers."""

    protocol_version = "HTTP/1.1"

    def handle_one(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            told = self.server.lie(self)
            if told is not None:
                self.tell(*told)
            self.close_connection = self.close_connection or told is None

    do_GET = do_POST = do_PUT = handle_one

    def upstream(self):
        """The real server's answer: its status and its JSON."""
        connection = http.client.HTTPConnection(*self.server.upstream)
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        connection.request(self.command, self.path, self.body, headers)
        answer = connection.getresponse()
        whole = json.loads(answer.read())
        connection.close()
        return answer.status, whole

    def tell(self, status, body, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Liar:
    """Stands between the programs and the server, and answers as `lie(handler)` says: a status, a
    body and headers, or nothing where it has answered by itself."""

    def __init__(self, server, lie):
        # One for all: a row that another principal tells is another row.
        server.liars_agent = getattr(server, "liars_agent", None) or server.agent()
        self.server, self.agent = server, server.liars_agent.clone()
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
        self.http.daemon_threads = True
        self.http.lie, self.http.upstream, self.http.asked = lie, server.address, []
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.env = {**os.environ, "ASSENT_KEY": self.agent.key,
                    "ASSENT_URL": f"http://127.0.0.1:{self.http.server_port}"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    @property
    def asked(self):
        return self.http.asked

    def call(self, *flags, text=""):
        return subprocess.run([BINARY, *flags], capture_output=True, text=True, input=text,
                              timeout=PATIENCE, env=self.env)

    def emit_fails(self, *flags, text=None, exit=GONE, says="not as an Assent server"):
        """Whatever form the events come in, nothing is said to be recorded."""
        forms = [text] if text is not None else [
            json.dumps({**EVENT, "id": AN_ID}), json.dumps([EVENT, EVENT]),
            "".join(json.dumps(EVENT) + "\n" for _ in range(3))]
        for form in forms:
            done = self.call("emit", *flags, text=form)
            equal((done.returncode, done.stdout), (exit, ""), done.stderr)
            check(says in done.stderr, done.stderr)
            check(len(done.stderr) < 5000, "a few words", len(done.stderr))

    def import_fails(self, count=3, exit=GONE, says="not as an Assent server", imported=0):
        done = self.call("import", "-", "--output", "json", text=rows(count))
        equal(done.returncode, exit, done.stdout, done.stderr)
        check(says in done.stderr, done.stderr)
        check(f"{imported} of {count} rows are in the log" in done.stderr, done.stderr)
        report = json.loads(done.stdout)
        equal((report["imported"], report["alreadyThere"], report["refused"]), (imported, 0, 0))


def post_only(lie):
    """Everything but what is posted is passed on."""
    return lambda at: lie(at) if at.command == "POST" else at.upstream()


def changed(change):
    """Whatever is posted is recorded, and the answer to it is another."""
    def lie(at):
        status, whole = at.upstream()
        if at.command == "POST":
            change(whole["data"]["events"] if "events" in whole["data"] else [whole["data"]],
                   whole["data"])
        return status, whole
    return lie


def whatever_is_asked_the_answer_is_yes(server):
    for status in (200, 201, 202, 204):
        for body in (b"", b"ok", b"<html>welcome</html>", {}, {"data": {}}, {"data": []},
                     {"data": {"events": []}}, {"data": {"id": AN_ID}}, [1], {"data": None}):
            content = b"" if status == 204 else body
            with Liar(server, lambda _, content=content: (status, content)) as liar:
                liar.emit_fails(text=json.dumps(EVENT))
                liar.import_fails()
                check(len(liar.asked) < 5, "it gives up at once", liar.asked)
    with Liar(server, lambda _: (200, {"data": {}})) as liar:
        liar.emit_fails()
        liar.emit_fails("-q")


def a_log_without_an_end_has_one(server):
    """The import looks for the log's size: there is an event at every place that it asks for."""
    def lie(at):
        place = at.path.rsplit("/", 1)[1].zfill(20)
        return 200, {"data": {"id": AN_ID, "sequence": place, "type": "a.b",
                              "time": "2026-01-01T00:00:00.000000Z"}}
    with Liar(server, lie) as liar:
        liar.import_fails()
        check(50 < len(liar.asked) < 100, len(liar.asked))

    def same(at):
        return 200, {"data": {"id": AN_ID, "sequence": "0" * 20, "type": "a.b",
                              "time": "2026-01-01T00:00:00.000000Z"}}
    with Liar(server, same) as liar:
        liar.import_fails()
        equal(len(liar.asked), 2, "another event than the one that was asked for")


def a_body_without_an_end_is_left(server):
    def endless(at):
        at.send_response(at.server.status)
        at.end_headers()
        while True:
            at.wfile.write(b"[" * 65536)

    def headers(at):
        at.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for n in range(10**9):
            at.wfile.write(b"X-%d: " % n + b"x" * 1000 + b"\r\n")

    for lie, statuses in ((endless, (200, 201, 400, 503)), (headers, (200,))):
        for status in statuses:
            with Liar(server, lie) as liar:
                liar.http.status = status
                liar.emit_fails(text=json.dumps(EVENT), says="does not end")
                liar.import_fails(says="does not end")
                equal(len(liar.asked), 2, "nobody asks such a server again")


def other_events_than_these_are_not_these(server):
    def renamed(events, _):
        events[0]["id"] = AN_ID[:-1] + "0"

    def fewer(events, _):
        events.pop()

    def more(events, _):
        events.append(events[0])

    def other(member, value):
        return lambda events, _: events[-1].update({member: value})

    def turned(events, _):
        events.reverse()

    text = "".join(json.dumps({**EVENT, "id": AN_ID[:-1] + str(n)}) + "\n" for n in range(1, 4))
    for change in (renamed, fewer, more, turned, other("sequence", -1), other("sequence", 0),
                   other("sequence", "7"), other("sequence", 2**60), other("id", "mine"),
                   other("time", "now")):
        with Liar(server, changed(change)) as liar:
            liar.emit_fails(text=text)
            liar.import_fails(count=6)
    with Liar(server, changed(renamed)) as liar:
        liar.emit_fails(text=json.dumps({**EVENT, "id": AN_ID}))


def what_is_recorded_before_the_lie_is_counted_and_no_more(server):
    """Of 1,200 rows, 500 a batch, the first are recorded, and another answers about the second."""
    posts = []

    def lie(at):
        if at.command == "POST":
            posts.append(at.path)
            if len(posts) == 2:
                return 201, {"data": {"events": []}}
        return at.upstream()
    with Liar(server, lie) as liar:
        liar.import_fails(count=1200, imported=500)
        equal(len(liar.agent.events(type="content.publish")), 500)
        done = liar.call("import", "-", "--output", "json", text=rows(1200))
        equal(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        equal((report["imported"], report["alreadyThere"]), (700, 500), "it goes on from there")
    posts.clear()
    with Liar(server, lie) as liar:
        done = liar.call("emit", text="".join(json.dumps(EVENT) + "\n" for _ in range(1200)))
        equal((done.returncode, done.stdout), (GONE, ""), done.stderr)
        check("500 of 1200 events are in the log; line 501 is the next one" in done.stderr,
              done.stderr)


def somebody_in_between_has_nothing_to_say_about_a_row(server):
    for status in (300, 400, 404, 409, 413, 415, 422, 500, 502):
        for body in (b"<html>no</html>", {"error": "no"}, {"error": {"message": "no"}}, b""):
            with Liar(server, post_only(lambda _, body=body: (status, body))) as liar:
                liar.emit_fails(text=json.dumps(EVENT))
                liar.import_fails()
                equal(sum(command == "POST" for command, _ in liar.asked), 2, "not row by row")
    with Liar(server, lambda _: (404, b"nothing here")) as liar:
        liar.import_fails()
    long = {"error": {"code": "VALIDATION_ERROR", "message": "x" * 10**6}}
    with Liar(server, post_only(lambda _: (400, long))) as liar:
        liar.emit_fails(text=json.dumps(EVENT))
        liar.import_fails()


def what_the_server_itself_refuses_to_a_key_is_said_in_its_words(server):
    """The policy gives the type to others: nothing is wrong with the rows, and none is refused."""
    server.admin.call("PUT", "/v1/policy", raw=b"version: 1\nemissions: [{match: content.publish, "
                      b"by: [{role: admin}]}]", content_type="application/yaml").expect(200)
    with Liar(server, lambda at: at.upstream()) as liar:
        liar.import_fails(exit=7, says="is not yours to emit")
        liar.emit_fails(text=json.dumps(EVENT), exit=7, says="is not yours to emit")


def a_redirect_is_not_followed(server):
    hits = []

    def elsewhere(at):
        hits.append(at.path)
        return 200, {}
    with Liar(server, elsewhere) as other:
        there = other.env["ASSENT_URL"]
        for status in (301, 302, 303, 307, 308):
            with Liar(server, lambda at: redirect(at, status, there)) as liar:
                liar.emit_fails(text=json.dumps(EVENT), says="redirects are not followed")
                liar.import_fails(says="redirects are not followed")
        equal(hits, [], "the key goes nowhere else")


def redirect(at, status, there):
    at.tell(status, b"", Location=there + at.path)


def an_event_that_is_there_already_is_looked_at_before_it_counts(server):
    """Where the log has an event of that id which says something else, whatever is found."""
    def lie(at):
        if "/evt_" in at.path:
            return 200, {"data": at.server.stored}
        if at.command == "POST":
            return 409, {"error": {"code": "IDEMPOTENCY_CONFLICT", "message": "it exists"}}
        return at.upstream()
    stored = {"id": AN_ID, "sequence": "3".zfill(20), "type": "content.publish",
              "time": "2026-01-01T00:00:00.000000Z", "data": {}}
    for found in ({}, stored, {**stored, "data": None}):
        with Liar(server, lie) as liar:
            liar.http.stored = found
            liar.import_fails()
            check(any("/evt_" in path for _, path in liar.asked), liar.asked)

    def missing(at):
        if "/evt_" in at.path:
            return 404, b"nothing here"
        return lie(at)
    with Liar(server, missing) as liar:
        liar.import_fails()


def a_proof_that_is_not_kept_is_not_proven(server):
    def lie(at):
        if at.command == "PUT":
            return 200, {"data": {"sha256": "sha256:" + "0" * 64, "size": 1}}
        return at.upstream()
    shown = server.scratch / "shown"
    shown.write_bytes(b"a picture")
    flags = ("--type", "content.publish", "--target", "post/1", "--outcome", "success",
             "--proof-file", str(shown))
    with Liar(server, lie) as liar:
        liar.emit_fails(*flags, text="")
        equal([command for command, _ in liar.asked], ["PUT"], "and no event names it")
    with Liar(server, lambda _: (413, b"<html>too large</html>")) as liar:
        liar.emit_fails(*flags, text="")


def an_answer_that_trickles_is_waited_for_only_so_long(server):
    """Four tries of half a minute, at the most: the tests wait for all of them at once."""
    def trickle(at):
        at.send_response(201)
        at.send_header("Content-Length", "100000")
        at.end_headers()
        while True:
            at.wfile.write(b" ")
            time.sleep(1)

    faults = []

    def attempt(liar, check_it):
        try:
            with liar:
                check_it(liar)
        except Exception as fault:
            faults.append(fault)

    def emit(liar):
        liar.emit_fails(text=json.dumps(EVENT), says="cannot reach the server")

    def load(liar):
        liar.import_fails(says="cannot reach the server")
    cases = [(trickle, emit), (trickle, load), (post_only(trickle), load)]
    threads = [threading.Thread(target=attempt, args=(Liar(server, lie), check_it))
               for lie, check_it in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(faults, [])


def a_server_that_hangs_up_is_no_server(server):
    def hang_up(at):
        at.connection.shutdown(socket.SHUT_RDWR)
    with Liar(server, hang_up) as liar:
        liar.emit_fails(text=json.dumps(EVENT), says="cannot reach the server")
        liar.import_fails(says="cannot reach the server")

    def half(at):
        at.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{\"data\":")
        at.connection.shutdown(socket.SHUT_RDWR)
    with Liar(server, half) as liar:
        liar.emit_fails(text=json.dumps(EVENT), says="cannot reach the server")

    def nonsense(at):
        at.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        at.connection.shutdown(socket.SHUT_RDWR)
    with Liar(server, nonsense) as liar:
        liar.emit_fails(text=json.dumps(EVENT), says="cannot reach the server")


if __name__ == "__main__":
    run(whatever_is_asked_the_answer_is_yes,
        a_log_without_an_end_has_one,
        a_body_without_an_end_is_left,
        other_events_than_these_are_not_these,
        what_is_recorded_before_the_lie_is_counted_and_no_more,
        somebody_in_between_has_nothing_to_say_about_a_row,
        what_the_server_itself_refuses_to_a_key_is_said_in_its_words,
        a_redirect_is_not_followed,
        an_event_that_is_there_already_is_looked_at_before_it_counts,
        a_proof_that_is_not_kept_is_not_proven,
        an_answer_that_trickles_is_waited_for_only_so_long,
        a_server_that_hangs_up_is_no_server)
