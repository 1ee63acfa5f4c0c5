"""A whole life over HTTP, read as the systems that Assent unites would have written it.

Every row validates against the dialect's JSON Schema and, with ids and times made comparable, is
what tests/golden/ says. After a deliberate change: `ASSENT_GOLDEN=write python3 test_dialects.py`,
then read the difference as somebody who knows the source system.
"""

import json
import os
import pathlib
import re
import sys

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import ROOT, check, equal, eventually, run, types  # noqa: E402

DIALECTS = {"butlers": "event_type", "kernel": "eventName", "rtv": "actionType"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TYPEID = re.compile(r"(?:[a-z]{3})_([0-9a-z]{26})")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TRACE = re.compile(r"[0-9a-f]{32}")
FLOWS = ("correlationId", "correlation_id", "request_id")
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def uuid_of(typeid):
    """The bare UUID of `apr_…`, by the book (TypeID 0.3), not by asking the server."""
    number = 0
    for digit in TYPEID.fullmatch(typeid)[1]:
        number = number * 32 + ALPHABET.index(digit)
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def validator_of(dialect):
    path = ROOT / f"schemas/dialects/{dialect}.schema.json"
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def validated(dialect, rows):
    validator = validator_of(dialect)
    for row in rows:
        for error in validator.iter_errors(row):
            check(False, f"{dialect}: {error.message} at {error.json_path} of {json.dumps(row)}")
    return rows


class Comparable:
    """Rows with names for ids and the order of times for times, the same in every run."""

    def __init__(self, rows, names):
        self.names = {uuid_of(id): f"<{name}>" for id, name in names.items()}
        text = json.dumps(rows)
        self.times = {time: f"<time {n:02}>"
                      for n, time in enumerate(sorted(set(TIME.findall(text))), 1)}

    def of(self, value, name=None):
        if isinstance(value, dict):
            return {name: self.of(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.of(inner) for inner in value]
        if name in ("ageSeconds", "evidenceAge", "durationSeconds", "timeToConsumeSeconds",
                    "durationMs", "time_to_consume_seconds") and value is not None:
            return "<duration>"  # Of a clock that we do not hold.
        if not isinstance(value, str):
            return value
        if name in ("keyHash", "verifierKey"):
            return f"<{name}>"
        if name in FLOWS and TRACE.fullmatch(value):
            return self.name(value, "correlationId")
        value = TYPEID.sub(lambda found: uuid_of(found[0]), value)
        value = TIME.sub(lambda found: self.times[found[0]], value)
        return UUID.sub(lambda found: self.name(found[0], name), value)

    def name(self, uuid, member):
        kind = {"event_id": "event", "traceId": "call", "evidenceId": "evidence",
                "correlationId": "flow"}.get(member, "id")
        same_kind = sum(name.startswith(f"<{kind} ") for name in self.names.values())
        return self.names.setdefault(uuid, f"<{kind} {same_kind + 1:02}>")


def compare_with_golden(name, rows):
    path = ROOT / f"tests/golden/{name}.json"
    if os.environ.get("ASSENT_GOLDEN") == "write":
        path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    golden = json.loads(path.read_text())
    for actual, expected in zip(rows, golden):
        equal(list(actual.items()), list(expected.items()), name)
    equal(len(rows), len(golden), name)


def attach_old_and_fresh(ann, asked):
    """None, then one too old, then one that may be withdrawn, then one that does."""
    ann.approve(asked).expect(409, "EVIDENCE_REQUIRED")
    ann.attach(asked, "old news", capturedAt="2020-01-01T00:00:00Z").expect(201)
    ann.approve(asked).expect(409, "EVIDENCE_STALE")
    wrong = ann.attach(asked, "of another volume", name="backup.log").expect(201).data["id"]
    ann.post(f"/v1/evidence/{wrong}/withdraw", {}).expect(200)
    ann.attach(asked, "the backup of tonight is complete").expect(201)


def live(server):
    """Asks, decides, executes and lets go, in every way. The names of those who took part."""
    robot, ann, bob = server.agent(), server.approver("ann"), server.approver("bob")
    names = {robot.id: "robot", ann.id: "ann", bob.id: "bob"}

    def ask(tool, within=None):
        arguments = {"n": len(names)}
        asked = (robot.request_until(within, tool, arguments=arguments) if within
                 else robot.request(tool, arguments))["id"]
        names[asked] = f"{tool} {sum(name.startswith(tool) for name in names.values()) + 1}"
        return asked

    allowed = ask("fs.read")
    started = robot.start(allowed).expect(201).data["executionId"]
    robot.complete(started, result={"bytes": 12}).expect(200)
    ask("db.drop")

    guarded = ask("fs.delete")
    attach_old_and_fresh(ann, guarded)
    ann.approve(guarded, rationale="the backup is there").expect(200)
    started = robot.start(guarded).expect(201).data["executionId"]
    robot.complete(started, "failure", error="EBUSY: resource busy or locked").expect(200)
    started = robot.start(guarded).expect(201).data["executionId"]
    robot.complete(started).expect(200)
    robot.emit().expect(201)

    ann.reject(ask("deploy"), rationale="not on a Friday").expect(200)
    two_votes = ask("pay")
    ann.approve(two_votes).expect(200)
    bob.approve(two_votes).expect(200)
    robot.approve(ask("deploy")).expect(403, "INSUFFICIENT_PERMISSIONS")
    robot.cancel(ask("deploy")).expect(200)

    late = ask("deploy", within=1)
    eventually(lambda: robot.show(late)["status"] == "expired")
    ann.approve(late).expect(410, "EXPIRED")
    return ann, names


def h8_every_row_of_a_life_is_the_source_systems(server):
    ann, names = live(server)
    log = ann.events()
    for dialect in DIALECTS:
        rows = validated(dialect, ann.events(dialect=dialect))
        comparable = Comparable(rows, names)
        compare_with_golden(dialect, [comparable.of(row) for row in rows])
        paged = []
        cursor = None
        while True:  # Small pages add up to the same.
            page = ann.get("/v1/events", dialect=dialect, limit=3, cursor=cursor).expect(200)
            paged += page.data
            cursor = page.json["meta"].get("nextCursor")
            if not cursor:
                break
        equal(paged, rows)

    equal(ann.events(dialect="charter"), [], "no plan, no row")
    equal(ann.events(type="IR_APPROVAL_CREATED"), [], "no grant of a plan")

    # Of the attempts, each has its outcome, under the trace id that the caller was told.
    rows = ann.events(dialect="kernel")
    blocked = [row for row in rows if row["eventName"] == "approval.blocked.evidence_required"]
    attempted = [row for row in rows if row["eventName"] == "approval.attempted"]
    equal([row["traceId"] for row in blocked], [attempted[0]["traceId"]])
    canonical = [event for event in log if event["type"].startswith("approval.blocked.")]
    equal([row["eventData"]["details"] for row in rows if ".blocked." in row["eventName"]],
          [event["data"]["details"] for event in canonical])


def h8_the_schemas_refuse_what_the_systems_do_not_write(server):
    robot, ann = server.agent(), server.approver()
    robot.request("fs.read")
    asked = robot.request("fs.delete")["id"]
    ann.approve(asked).expect(409, "EVIDENCE_REQUIRED")
    ann.attach(asked).expect(201)
    ann.approve(asked).expect(200)

    def refuses(dialect, name, change, why):
        row = next(row for row in ann.events(dialect=dialect) if row[DIALECTS[dialect]] == name)
        check(validator_of(dialect).is_valid(row), row)
        change(row)
        check(not validator_of(dialect).is_valid(row), "accepts", why, row)

    for dialect, member, time_member, name in (
            ("butlers", "event_type", "occurred_at", "action_auto_approved"),
            ("kernel", "eventName", "createdAt", "approval.succeeded")):
        refuses(dialect, name, lambda row: row.update(more=1), "another member")
        for each in ann.events(dialect=dialect)[0]:
            refuses(dialect, name, lambda row: row.pop(each), f"no {each}")
        refuses(dialect, name, lambda row: row.update({member: name.upper()}), "a constant's name")
        refuses(dialect, name, lambda row: row.update({time_member: "2026-01-19T22:26:59.790Z"}),
                "milliseconds")
    refuses("butlers", "action_queued", lambda row: row.update(action_id=asked), "a prefixed id")
    refuses("butlers", "action_queued", lambda row: row.update(action_id=None), "no link")
    refuses("butlers", "action_auto_approved", lambda row: row.update(actor="user:ann"),
            "an automatic approval by a person")
    refuses("butlers", "action_approved", lambda row: row.update(actor="rule:1"),
            "a person's approval by a rule")
    refuses("butlers", "action_queued", lambda row: row["event_metadata"].update(path="other"),
            "another path")
    refuses("butlers", "action_queued", lambda row: row["event_metadata"].update(reason="why"),
            "a reason beside auto_approve")
    refuses("kernel", "approval.attempted",
            lambda row: row["eventData"].update(evidencePolicy="{}"), "JSON text")
    refuses("kernel", "approval.blocked.evidence_required",
            lambda row: row["eventData"]["details"].update(hasEvidence=True), "details at odds")
    refuses("kernel", "approval.succeeded",
            lambda row: row["eventData"]["evidenceCheck"].pop("isFresh"), "no isFresh")
    refuses("kernel", "approval.succeeded", lambda row: row.update(traceId="0" * 32), "hex")
    for column in ann.events(dialect="rtv")[0]:
        refuses("rtv", "approval.requested", lambda row: row.pop(column), f"no {column}")
    for column, value in (("more", 1), ("actorType", "human"), ("outcome", "ok"), ("proof", None),
                          ("proof", {}), ("proof", {"type": "video"}), ("metadata", None),
                          ("targetId", "x" * 256), ("parentEventId", asked), ("clientId", ""),
                          ("createdAt", "2026-01-19T22:26:59.790Z")):
        refuses("rtv", "approval.requested", lambda row: row.update({column: value}),
                f"{column} {value}")


def seed_events_of_plans():
    """The nine payloads of the source's documentation, with ids, hashes and times in full."""
    hash_a, hash_b = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
    time_at = "2025-12-28T10:30:00.000000Z"
    approval = {"approval_id": "019bd8dc-21f0-7c11-8a31-52c1a9d20b77", "tenant_id": "tenant_123",
                "ir_hash": hash_a}
    plan = {"tenant_id": "tenant_123", "request_id": "req_123", "ir_hash": hash_a}
    valid = {**plan, "risk_tier": 0, "requires_approval": False, "violations": [],
             "validated_at": time_at, "step_count": 5}
    diff = {**plan, "dag_hash": hash_a, "step_count": 5, "dag_node_count": 5,
            "all_hashes_match": True, "verified_at": time_at}
    return {
        "ir.approval_created": {**approval, "ttl_seconds": 3600, "expires_at": time_at,
                                "created_by": "admin_user", "created_at": time_at},
        "ir.approval_consumed": {**approval, "consumed_by": "admin_user", "consumed_at": time_at,
                                 "time_to_consume_seconds": 900, "was_expired": False},
        "ir.approval_expired": {**approval, "expired_at": time_at, "created_at": time_at,
                                "ttl_seconds": 3600, "was_consumed": False},
        "ir.approval_invalid": {**approval, "reason": "token_not_found", "approval_id": None,
                                "attempted_by": "unknown_user", "attempted_at": time_at},
        "ir.validated_pass": valid,
        "ir.validated_escalate": {
            **valid, "risk_tier": 2, "requires_approval": True, "high_risk_steps": [{
                "step_index": 2, "action": "odoo.update", "provider": "odoo", "risk_tier": 2,
                "reason": "Critical Odoo model: account.move"}]},
        "ir.validated_reject": {**valid, "risk_tier": 3, "violations": [{
            "step_index": 1, "code": "UNKNOWN_ACTION", "severity": "ERROR",
            "message": "Unknown action: custom.delete. Must be from IRAction enum."}]},
        "ir.dag_diff_ok": diff,
        "ir.dag_diff_failed": {
            **diff, "dag_hash": hash_b, "dag_node_count": 6, "all_hashes_match": False,
            "mismatch_details": {
                "missing_ir_steps": [], "extra_dag_nodes": [3], "hash_mismatches": [
                    {"step_index": 1, "ir_step_hash": hash_a, "dag_node_hash": hash_b}]}}}


def h8_the_schema_of_charter_is_that_of_the_nine_events(_):
    """Against the source's own examples; and no member of any of them can be missing."""
    schema = validator_of("charter")
    for name, payload in seed_events_of_plans().items():
        row = {"id": "019bd8dc-2257-7d4e-9c55-0c2a5d1f8f01", "type": name,
               "source": "ir_governance", "target": None,
               "timestamp": "2025-12-28T10:30:00.123456Z", "payload": payload,
               "meta": {"schema_version": "1.0", "producer": "ir_governance",
                        "source_module": "ir_governance", "tenant_id": "tenant_123",
                        "correlation_id": "req_123"}}
        validated("charter", [row])
        for inside in (row, row["payload"], row["meta"]):
            for member in list(inside):
                value = inside.pop(member)
                check(not schema.is_valid(row), name, "without", member)
                inside[member] = value
            inside["more"] = 1
            check(not schema.is_valid(row), name, "with another member")
            del inside["more"]
        for other in seed_events_of_plans():
            if seed_events_of_plans()[other].keys() != payload.keys():
                check(not schema.is_valid({**row, "type": other}), name, "as", other)


def h8_a_type_selects_the_same_events_in_every_spelling(server):
    ann, _ = live(server)
    log = ann.events()
    for dialect, member in DIALECTS.items():
        by_name = {}
        for event in log:
            answer = ann.get(f"/v1/events/{event['id']}", dialect=dialect)
            if answer.status == 404:  # That system has no name for it.
                continue
            name = answer.expect(200).data[member]
            by_name.setdefault(name, []).append(event)
        for name, events in by_name.items():
            for spelling in (name, name.upper()):
                equal(ann.events(type=spelling), events, spelling)
            equal([row[member] for row in ann.events(type=name, dialect=dialect)],
                  [name] * len(events))
    equal(ann.events(type="ACTION_QUEUED"), ann.events(type="approval.requested"))
    ann.get("/v1/events", type="ACTION_QEUED").expect(400, "VALIDATION_ERROR")
    for path in ("/v1/events", "/v1/events/0"):
        refused = ann.get(path, dialect="klingon").expect(400, "VALIDATION_ERROR")
        equal(refused.fields(), ["dialect"])
        for word in ("canonical", "charter", *DIALECTS):
            check(word in refused.error["fieldErrors"][0]["message"], "names", word)


def h8_the_command_line_takes_dialects_too(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    ann.approve(asked).expect(200)
    env = {"ASSENT_URL": server.url, "ASSENT_KEY": ann.key}

    def said(*arguments):
        done = server.cli(*arguments, "--output", "json", env=env)
        equal(done.returncode, 0, done.stderr)
        value = json.loads(done.stdout)
        return value["data"] if isinstance(value, dict) and "data" in value else value

    for dialect, member in DIALECTS.items():
        equal(said("events", "--dialect", dialect), ann.events(dialect=dialect))
        trail = ann.get(f"/v1/approvals/{asked}/trail", dialect=dialect).expect(200).data
        equal(said("trail", asked, "--dialect", dialect), trail)
        first = ann.trail(asked)[0]["id"]
        equal(said("event", first, "--dialect", dialect)[member], trail[0][member])
    table = server.cli("events", "--dialect", "butlers", env=env)
    check("action_queued" in table.stdout, table.stdout)
    check(server.cli("events", "--dialect", "klingon", env=env).returncode != 0)


def links(row):
    """What a row of butlers says beside its time and metadata."""
    return (row["event_type"], row["actor"], row["action_id"], row["rule_id"], row["reason"])


def h8_rules_are_made_used_and_revoked_in_their_spelling(server):
    robot, ann = server.agent(), server.approver()
    made = ann.post("/v1/rules", {"tool": "deploy", "maxUses": 5, "constraints": {
        "service": {"type": "exact", "value": "web"}}}).expect(201).data["id"]
    asked = robot.request("deploy", {"service": "web"})
    equal(asked["status"], "approved")
    started = robot.start(asked["id"]).expect(201).data["executionId"]
    robot.complete(started).expect(200)
    ann.post(f"/v1/rules/{made}/revoke", {}).expect(200)
    pending = robot.request("deploy", {"service": "web"})
    equal(pending["status"], "pending")

    rows = validated("butlers", ann.events(dialect="butlers"))
    user, rule, action = f"user:{uuid_of(ann.id)}", uuid_of(made), uuid_of(asked["id"])
    gate, intercepted = "system:approval_gate", "gated invocation intercepted"
    equal([links(row) for row in rows],
          [("rule_created", user, None, rule, "create_approval_rule"),
           ("action_queued", gate, action, None, intercepted),
           ("action_auto_approved", f"rule:{rule}", action, rule, "standing rule matched"),
           ("action_execution_succeeded", "system:executor", action, rule, None),
           ("rule_revoked", user, None, rule, "rule revoked by operator"),
           ("action_queued", gate, uuid_of(pending["id"]), None, intercepted)])
    equal(rows[1]["event_metadata"], {"tool_name": "deploy", "path": "auto_approve"})
    equal(rows[5]["event_metadata"], {"tool_name": "deploy", "path": "pending",
                                      "reason": "no matching standing rule"})
    for row in rows:
        equal(row["event_metadata"]["tool_name"], "deploy")
    equal(types(ann.events(type="RULE_REVOKED")), ["rule.revoked"])
    validated("kernel", ann.events(dialect="kernel"))


def h8_what_a_rule_leaves_open_is_named(server):
    server.admin.call("PUT", "/v1/policy", content_type="application/yaml", raw=b"""\
version: 1
tools:
  - match: {tool: mail.send}
    riskTier: medium
    safetyCritical: [to]
""").expect(200)
    robot, ann = server.agent(), server.approver()
    ann.post("/v1/rules", {"tool": "mail.send", "maxUses": 5, "constraints": {
        "from": {"type": "exact", "value": "ops"}}}).expect(201)
    robot.request("mail.send", {"from": "ops", "to": "all"})
    rows = validated("butlers", ann.events(dialect="butlers"))
    equal(rows[-1]["event_metadata"],
          {"tool_name": "mail.send", "path": "pending",
           "reason": "safety-critical arg not pinned by standing rule: to"})


def h8_a_rule_made_while_approving_is_linked_to_its_action(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("deploy", {"service": "web"})["id"]
    ann.approve(asked, createRule=True).expect(200)
    rows = validated("butlers", ann.events(dialect="butlers"))
    created = [row for row in rows if row["event_type"] == "rule_created"]
    equal(len(created), 1)
    check(created[0]["rule_id"], "is of a rule")
    user, action = f"user:{uuid_of(ann.id)}", uuid_of(asked)
    equal(links(created[0]), ("rule_created", user, action, created[0]["rule_id"],
                              "create_rule=true during approve_action"))
    check(("action_approved", user, action, None, "approved by operator") in map(links, rows))


def h8_emitted_events_are_rows_of_the_audit_table(server):
    """The source's own calls: a success with an API's answer, a failure, and its child."""
    robot = server.agent()

    def emit(outcome, metadata=None, **more):
        return robot.post("/v1/events", {
            "type": "content.publish", "target": {"type": "post", "id": "post-456"},
            "outcome": outcome, "actor": {"type": "agent", "id": "publisher-agent"},
            **({"metadata": metadata} if metadata else {}), **more}).expect(201).data["id"]

    first = emit("failure", {"errorCode": "PLATFORM_ERROR", "errorMessage": "Rate limit exceeded"},
                 correlationId="flow-1")
    emit("success", proof={"type": "api_response", "data": {"postId": "ig_789"}},
         causationId=first, occurredAt="2026-01-19T22:26:59.79Z")
    rows = validated("rtv", robot.events(dialect="rtv", type="CONTENT.PUBLISH"))
    for row in rows:
        equal({name: row[name] for name in ("clientId", "actorType", "actorId", "targetType",
                                            "targetId", "actionType")},
              {"clientId": "default", "actorType": "agent", "actorId": "publisher-agent",
               "targetType": "post", "targetId": "post-456", "actionType": "content.publish"})
    equal([row["outcome"] for row in rows], ["failure", "success"])
    equal([row["metadata"] for row in rows],
          [{"errorCode": "PLATFORM_ERROR", "errorMessage": "Rate limit exceeded"},
           {"occurredAt": "2026-01-19T22:26:59.790000Z"}])
    equal([row["proof"] for row in rows],
          [{"type": "none"}, {"type": "api_response", "data": {"postId": "ig_789"}}])
    equal(rows[0]["correlationId"], "flow-1")
    equal([row["parentEventId"] for row in rows], [None, uuid_of(first)])


if __name__ == "__main__":
    run(h8_every_row_of_a_life_is_the_source_systems,
        h8_the_schemas_refuse_what_the_systems_do_not_write,
        h8_the_schema_of_charter_is_that_of_the_nine_events,
        h8_a_type_selects_the_same_events_in_every_spelling,
        h8_the_command_line_takes_dialects_too,
        h8_rules_are_made_used_and_revoked_in_their_spelling,
        h8_what_a_rule_leaves_open_is_named,
        h8_a_rule_made_while_approving_is_linked_to_its_action,
        h8_emitted_events_are_rows_of_the_audit_table)
