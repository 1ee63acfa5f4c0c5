"""H56, G29: no log line has what a caller sent, at any level, and every refusal has its line."""

import json
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import PATIENCE, Server, check, equal, run  # noqa: E402

PLANT = "planted"  # Every secret begins with it.


def secret(number):
    return f"{PLANT}{number:04d}"


def lines_of(server):
    """The log so far; each line is a JSON object, or this fails."""
    text = (server.scratch / "server.log").read_text()
    return [json.loads(line) for line in text.splitlines()]


def requests_of(server):
    return [line for line in lines_of(server) if line["event"] == "http.request"]


def send_raw(server, text):
    with socket.create_connection(server.address, timeout=PATIENCE) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def plant_everywhere(server):
    """Secrets wherever a caller can put one; returns the traces of the answers."""
    ann, robot = server.approver(secret(1)), server.agent(secret(2))
    answers = [
        robot.post("/v1/approvals",
                   {"kind": "tool_call", "tool": secret(3), "arguments": {secret(4): secret(5)},
                    "title": secret(6), "reason": secret(7)},
                   headers={"Idempotency-Key": secret(8), "X-Secret": secret(9),
                            "User-Agent": secret(10), "Cookie": secret(11)}),
        robot.emit(type=secret(12) + ".happened", metadata={"password": secret(13)}),
        robot.emit(type="grant.issued", metadata={"token": secret(14)}),
        robot.post("/v1/approvals", {"kind": "tool_call", "tool": "x", secret(15): secret(16)}),
        robot.call("POST", "/v1/approvals", raw=('{"a": "' + secret(17)).encode()),
        robot.call("POST", "/v1/approvals", raw=b"{}", content_type="text/" + secret(18)),
        robot.get("/v1/approvals", **{secret(19): secret(20)}),
        robot.get("/v1/events", type=secret(21) + ".x", cursor=secret(22)),
        robot.get("/v1/approvals/" + secret(23)),
        robot.get("/" + secret(24) + "?" + secret(25)),
        robot.call(secret(26).upper(), "/v1/approvals"),
        server.client("ask_" + secret(27)).get("/v1/approvals"),
        server.client().get("/v1/approvals", headers={"Authorization": "Basic " + secret(28)}),
        server.client().get("/log/" + secret(29) + "/checkpoint"),
        server.admin.call("PUT", "/v1/policy", raw=(secret(30) + ": [").encode(),
                          content_type="application/yaml"),
        server.admin.post("/v1/tenants", {"name": secret(31)}),
        robot.get("/v1/approvals", headers={"traceparent": "00-" + secret(32)}),
    ]
    asked = answers[0].expect(201).data["id"]
    answers += [
        ann.approve(asked, rationale=secret(33), contentHash="sha256:" + "0" * 64),
        robot.approve(asked, rationale=secret(34)),
        ann.attach(asked, secret(35)),
        ann.approve(asked, rationale=secret(36)),
        ann.approve(asked, rationale=secret(37)),
        robot.start(asked, token=secret(38)),
    ]
    started = robot.start(asked).expect(201)
    answers += [started, robot.complete(started.data["executionId"], "failure",
                                        error={"message": secret(39)})]
    send_raw(server, f"GET /{secret(40)} HTTP/1.1\r\nHost: {secret(41)}\r\n bad\r\n\r\n")
    send_raw(server, f"{secret(42)}\r\n\r\n")
    return answers


def has_no_plant(server, *more):
    text = (server.scratch / "server.log").read_text()
    keys = [key for key in (server.admin.key, *more) if key]
    for planted in [PLANT, PLANT.upper(), "ask_", "Bearer", *keys]:
        for line in text.splitlines():
            check(planted not in line, "the log has", planted, "in", line)


def h56_no_line_has_what_a_caller_sent(server):
    server.options = ("--log-level", "debug")
    server.restart()
    answers = plant_everywhere(server)
    has_no_plant(server)
    logged = {line["traceId"].replace("-", "") for line in requests_of(server)}
    for answer in answers:
        check(answer.trace in logged, answer.status, "is not in the log:", answer.body[:200])
    for line in requests_of(server):
        check({"time", "level", "event", "traceId", "operation", "status",
               "durationMs"} <= set(line), "is incomplete:", line)
    routes = {line.get("route") for line in requests_of(server)}
    check("POST /v1/approvals/{id}/approve" in routes, "routes are templates:", routes)


def every_refusal_has_its_line_and_successes_none(server):
    answers = plant_everywhere(server)
    has_no_plant(server)
    by_trace = {line["traceId"].replace("-", ""): line for line in requests_of(server)}
    for answer in answers:
        line = by_trace.get(answer.trace)
        if answer.status < 400:
            check(line is None, "a success is only for debugging:", line)
        else:
            equal((line["status"], line["code"], line["level"]),
                  (str(answer.status), answer.code, "warning"))
    equal([line["operation"] for line in requests_of(server)][-2:], ["malformed", "malformed"])


def a_level_that_is_none_is_a_usage_error(server):
    done = server.cli("serve", "--data", server.data, "--log-level", "loud")
    equal(done.returncode, 2, done.stderr)
    server.options = ("--log-level", "warning")
    size = len(lines_of(server))
    server.restart()
    events = [line["event"] for line in lines_of(server)[size:]]
    equal(events, ["server.stopping", "server.drained"], "a quiet server's start")


def a_flood_is_bounded_and_says_what_it_left_out(server):
    request = b"GET /v1/approvals HTTP/1.1\r\nHost: a\r\n"
    burst = (request + b"\r\n") * 999 + request + b"Connection: close\r\n\r\n"
    stranger, sent, left_out = server.client(), 0, 0
    while left_out == 0:  # Until there was a second in which the machine was fast enough.
        send_raw(server, burst.decode())
        time.sleep(1.1)
        stranger.get("/v1/approvals").expect(401)
        sent += 1001
        lines = requests_of(server)
        left_out = sum(int(line.get("leftOut", 0)) for line in lines)
        equal(len(lines) + left_out, sent)
    page = stranger.get("/metrics").body.decode()
    check(f'assent_http_requests_total{{code="401",operation="list_approvals"}} {sent}' in page)


if __name__ == "__main__":
    run(h56_no_line_has_what_a_caller_sent, every_refusal_has_its_line_and_successes_none,
        a_level_that_is_none_is_a_usage_error, a_flood_is_bounded_and_says_what_it_left_out,
        make=Server)
