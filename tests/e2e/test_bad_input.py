"""Bad input gets a precise 4xx with the field's path, no event, and no effect (H29, H70)."""

import json
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import PATIENCE, check, equal, run  # noqa: E402

CALL = {"kind": "tool_call", "tool": "deploy", "arguments": {}}
EVENT = {"type": "content.publish", "target": {"type": "post", "id": "1"}, "outcome": "success"}


def refused(server, caller, cases, method="POST"):
    """Each case: name, path, body (bytes are sent as they are), status, field at fault or None."""
    before = server.admin.log_size()
    for name, path, body, status, field in cases:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = caller.call(method, path, raw=raw)
        equal(answer.status, status, name, answer.body[:300])
        check(answer.code and answer.trace, name)
        if field is not None:
            check(field in answer.fields(), f"{name}: {answer.fields()} does not name {field}")
    equal(server.admin.log_size(), before, "no event")


def h70_fields_are_known_and_typed(server):
    robot = server.agent()
    refused(server, robot, [
        ("unknown field", "/v1/approvals", {**CALL, "evidencePolcy": {}}, 400, "evidencePolcy"),
        ("unknown nested", "/v1/approvals", {**CALL, "evidencePolicy": {"requird": True}}, 400,
         "evidencePolicy.requird"),
        ("wrong type", "/v1/approvals", {**CALL, "tool": 7}, 400, "tool"),
        ("wrong nested type", "/v1/approvals",
         {**CALL, "evidencePolicy": {"ttlSeconds": "3600"}}, 400, "evidencePolicy.ttlSeconds"),
        ("arguments are an object", "/v1/approvals", {**CALL, "arguments": [1]}, 400, "arguments"),
        ("not in the enumeration", "/v1/approvals", {**CALL, "kind": "tool"}, 400, "kind"),
        ("missing", "/v1/approvals", {"tool": "deploy"}, 400, "kind"),
        ("no tool", "/v1/approvals", {"kind": "tool_call"}, 400, "tool"),
        ("empty", "/v1/approvals", {**CALL, "tool": ""}, 400, "tool"),
        ("too long", "/v1/approvals", {**CALL, "tool": "a" * 257}, 400, "tool"),
        ("control character", "/v1/approvals", {**CALL, "tool": "a\u0000b"}, 400, "tool"),
        ("negative TTL", "/v1/approvals", {**CALL, "evidencePolicy": {"ttlSeconds": -1}}, 400,
         "evidencePolicy.ttlSeconds"),
        ("TTL of nothing", "/v1/approvals", {**CALL, "evidencePolicy": {"ttlSeconds": 0}}, 400,
         "evidencePolicy.ttlSeconds"),
        ("huge TTL", "/v1/approvals", {**CALL, "evidencePolicy": {"ttlSeconds": 31536001}}, 400,
         "evidencePolicy.ttlSeconds"),
        ("a fraction", "/v1/approvals", {**CALL, "evidencePolicy": {"ttlSeconds": 1.5}}, 400,
         "evidencePolicy.ttlSeconds"),
        ("no date", "/v1/approvals", {**CALL, "expiresAt": "tomorrow"}, 400, "expiresAt"),
        ("the past", "/v1/approvals", {**CALL, "expiresAt": "2001-01-01T00:00:00Z"}, 422,
         "expiresAt"),
        ("second of an array", "/v1/events", [EVENT, {**EVENT, "outcome": "fine"}], 400,
         "events[1].outcome"),
        ("not an event type", "/v1/events", {**EVENT, "type": "Publish"}, 400, "type"),
        ("reserved", "/v1/events", {**EVENT, "type": "approval.succeeded"}, 403, None),
    ])


def h70_json_is_json(server):
    robot = server.agent()

    def nested(depth):
        return b"[" * depth + b"]" * depth

    def with_arguments(value):
        return b'{"kind":"tool_call","tool":"deploy","arguments":{"a":' + value + b"}}"

    refused(server, robot, [
        ("not JSON", "/v1/approvals", b"{kind: 1}", 400, None),
        ("nothing", "/v1/approvals", b"", 400, None),
        ("no object", "/v1/approvals", b"[]", 400, None),
        ("two documents", "/v1/approvals", b"{}{}", 400, None),
        ("duplicate key", "/v1/approvals",
         b'{"kind":"tool_call","tool":"fs.read","tool":"db.drop"}', 400, "tool"),
        ("duplicate nested key", "/v1/approvals", with_arguments(b'{"b":1,"b":2}'), 400,
         "arguments.a.b"),
        ("65 deep", "/v1/approvals", with_arguments(nested(63)), 400, None),
        ("100,000 deep", "/v1/approvals", with_arguments(nested(100_000)), 400, None),
        ("invalid UTF-8", "/v1/approvals", with_arguments(b'"\xff"'), 400, None),
        ("overlong UTF-8", "/v1/approvals", with_arguments(b'"\xc0\xaf"'), 400, None),
        ("surrogate in UTF-8", "/v1/approvals", with_arguments(b'"\xed\xa0\x80"'), 400, None),
        ("lone surrogate", "/v1/approvals", with_arguments(b'"\\ud800"'), 400, None),
        ("lone low surrogate", "/v1/approvals", with_arguments(b'"\\udc00x"'), 400, None),
        ("no double", "/v1/approvals", with_arguments(b"1e400"), 400, None),
        ("NaN", "/v1/approvals", with_arguments(b"NaN"), 400, None),
        ("beyond 2^53", "/v1/approvals", with_arguments(b"9007199254740993"), 400, None),
        ("huge", "/v1/approvals", with_arguments(b'"' + b"a" * 1_100_000 + b'"'), 413, None),
    ])
    # As deep as is allowed: two levels are the request's own.
    robot.call("POST", "/v1/approvals", raw=with_arguments(nested(62))).expect(201)


def an_id_of_another_kind_is_no_id(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("fs.delete")["id"]
    evidence = ann.attach(asked).expect(201).data["id"]
    uuid_part = asked.removeprefix("apr_")
    refused(server, ann, [
        ("evidence as approval", f"/v1/approvals/{evidence}/approve", {}, 400, "id"),
        ("approval as evidence", f"/v1/evidence/{asked}/withdraw", {}, 400, "id"),
        ("approval as execution", f"/v1/executions/{asked}/complete", {"outcome": "success"}, 400,
         "id"),
        ("another prefix", f"/v1/approvals/exe_{uuid_part}/approve", {}, 400, "id"),
        ("capitals", f"/v1/approvals/apr_{uuid_part.upper()}/approve", {}, 400, "id"),
        ("bare", f"/v1/approvals/{uuid_part}/approve", {}, 400, "id"),
        ("a path", "/v1/approvals/..%2f..%2fetc/approve", {}, 400, "id"),
    ])


def h60_queries_are_precise(server):
    robot, ann = server.agent(), server.approver()
    for _ in range(3):
        robot.request()
    cursor = ann.get("/v1/events", limit=1, type="approval.requested").json["meta"]["nextCursor"]
    approvals = ann.get("/v1/approvals", limit=1).json["meta"]["nextCursor"]
    made = server.admin.post("/v1/tenants", {"name": "other"}).expect(201).data
    stranger = server.client(made["adminKey"])
    before = server.admin.log_size()
    for caller, path, query, field in (
            (ann, "/v1/events", {"limit": 0}, "limit"),
            (ann, "/v1/events", {"limit": 1001}, "limit"),
            (ann, "/v1/events", {"limit": "ten"}, "limit"),
            (ann, "/v1/events", {"since": "yesterday"}, "since"),
            (ann, "/v1/events", {"outcome": "good"}, "outcome"),
            (ann, "/v1/events", {"approvalId": "evd_1"}, "approvalId"),
            (ann, "/v1/events", {"colour": "red"}, "colour"),
            (ann, "/v1/events", {"cursor": "garbage"}, "cursor"),
            (ann, "/v1/events", {"cursor": cursor}, "cursor"),  # Of another filter.
            (ann, "/v1/events", {"cursor": approvals}, "cursor"),  # Of another list.
            (stranger, "/v1/events", {"cursor": cursor, "type": "approval.requested"}, "cursor"),
            (ann, "/v1/approvals", {"status": "open"}, "status"),
            (ann, "/v1/approvals", {"riskTier": "5"}, "riskTier")):
        answer = caller.get(path, **query).expect(400, "VALIDATION_ERROR")
        check(field in answer.fields(), f"{path} {query}: {answer.fields()}")
    twice = ann.call("GET", "/v1/events?limit=1&limit=2").expect(400)
    check("limit" in twice.fields(), twice.fields())
    equal(server.admin.log_size(), before, "no event")
    ann.get("/v1/events", cursor=cursor, limit=1, type="approval.requested").expect(200)


def policies_are_read_strictly(server):
    version = server.admin.get("/v1/policy").expect(200).data["version"]
    before = server.admin.log_size()
    for document, status in (("version: 1\ntols: []\n", 400), ("version: 1\nversion: 1\n", 400),
                             ("version: 2\n", 422), ("tools: {}\n", 400), ("a: &b 1\nc: *b\n", 400),
                             ("version: 1\n---\nversion: 1\n", 400), ("- [unclosed", 400),
                             ("version: 1\ntools:\n  - match: {tool: x}\n    decision: maybe\n",
                              400)):
        answer = server.admin.call("PUT", "/v1/policy", raw=document.encode(),
                                   content_type="application/yaml")
        check(answer.status in (400, status), f"{document!r}: {answer.status} {answer.body[:200]}")
    equal(server.admin.get("/v1/policy").data["version"], version)
    equal(server.admin.log_size(), before)


def a_body_is_of_a_known_kind(server):
    robot = server.agent()
    before = server.admin.log_size()
    raw = json.dumps(CALL).encode()
    robot.call("POST", "/v1/approvals", raw=raw, content_type="text/html").expect(415)
    robot.call("PATCH", "/v1/approvals", raw=raw)
    equal(server.admin.log_size(), before)


def is_open(connection):
    """Whether the server still waits for more: it has neither answered nor closed."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def slow_and_rude_connections_cost_only_themselves(server):
    robot = server.agent()
    rude = []
    for text in (b"", b"POST /v1/approvals HTT", b"GARBAGE\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
                 b"POST /v1/approvals HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
                 b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000):
        for _ in range(20):
            connection = socket.create_connection(server.address, timeout=PATIENCE)
            try:
                connection.sendall(text)
            except OSError:
                pass  # It was turned away already.
            rude.append(connection)
    robot.emit().expect(201)
    check(any(is_open(connection) for connection in rude), "others are served meanwhile")
    for connection in rude:
        connection.close()


if __name__ == "__main__":
    run(h70_fields_are_known_and_typed, h70_json_is_json,
        an_id_of_another_kind_is_no_id, h60_queries_are_precise, policies_are_read_strictly,
        a_body_is_of_a_known_kind, slow_and_rude_connections_cost_only_themselves)
