"""H7: every governed event there is, made over HTTP, is of its JSON Schema."""

import json
import pathlib
import sys
import time

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import ROOT, check, equal, eventually, run, types  # noqa: E402

SCHEMA = json.loads((ROOT / "schemas/events.schema.json").read_text())
POLICY = """\
version: 1
templates: {quick: {evidence: {required: false}}}
tools:
  - match: {tool: "fs.read"}
    decision: allow
    riskTier: low
  - match: {tool: "db.drop"}
    decision: reject
  - match: {tool: "pay"}
    riskTier: medium
    approvers: [{role: approver, count: 2}]
  - match: {tool: "guarded"}
    riskTier: medium
    evidence: {required: true, ttlSeconds: 1}
  - match: {tool: "fleeting"}
    riskTier: medium
    grantExpiresAfter: 1s
defaults: {riskTier: medium}
plans:
  providers: [odoo]
  actions: {odoo.read: {providers: [odoo], riskTier: none}, odoo.update: {providers: [odoo]}}
"""
# What needs a second authentication, what happens to nothing younger than a day, and what only a
# restore records.
UNREACHED = {"approval.blocked.step_up_required", "ledger.state_pruned", "ledger.restored"}


def decide_in_every_way(server, robot, ann, bob):
    boss = server.principal("human", "boss", ["admin"])
    blocked = robot.request("pay")["id"]
    auditor = server.principal("human", "aud", ["auditor"])
    auditor.approve(blocked).expect(403)
    server.principal("service", "svc", ["approver"]).approve(blocked).expect(403)
    ann.approve(blocked, contentHash="sha256:" + "0" * 64).expect(409)
    ann.approve(blocked).expect(200)
    ann.approve(blocked).expect(409)
    bob.reject(blocked).expect(200)
    bob.approve(blocked).expect(409)
    own = server.principal("human", "eve", ["approver"]).request()["id"]
    robot.cancel(own).expect(403)
    mine = ann.request()["id"]
    ann.approve(mine).expect(403)
    ann.cancel(mine).expect(200)
    asked = robot.request("pay", {"n": 1})
    ann.post(f"/v1/approvals/{asked['id']}/defer", {"hours": 2, "rationale": "later"}).expect(200)
    ann.post(f"/v1/approvals/{asked['id']}/edit",
             {"arguments": {"n": 2}, "contentHash": asked["contentHash"],
              "rationale": "less"}).expect(200)
    bob.approve(asked["id"]).expect(200)
    robot.post(f"/v1/approvals/{asked['id']}/abandon", {"rationale": "not needed"}).expect(200)
    glass = robot.request("pay", {"n": 3})["id"]
    boss.post(f"/v1/approvals/{glass}/break-glass",
              {"incidentRef": "INC-7", "justification": "the house is on fire"}).expect(200)


def gather_evidence(robot, ann):
    asked = robot.request("guarded")["id"]
    ann.approve(asked).expect(409, "EVIDENCE_REQUIRED")
    first = robot.attach(asked).expect(201).data["id"]
    time.sleep(1.1)
    ann.approve(asked).expect(409, "EVIDENCE_STALE")
    robot.post(f"/v1/evidence/{first}/withdraw", {"reason": "old"}).expect(200)


def execute_in_every_way(robot, ann):
    for outcome in ("success", "partial", "unknown"):
        execution = robot.start(robot.request("fs.read")["id"]).expect(201).data["executionId"]
        robot.post(f"/v1/executions/{execution}/renew", {}).expect(200)
        robot.complete(execution, outcome).expect(200)
    ann.post(f"/v1/executions/{execution}/resolve",
             {"as": "success", "note": "the receiver has it"}).expect(200)
    failing = robot.request("fs.read")["id"]
    for _ in range(3):
        execution = robot.start(failing).expect(201).data["executionId"]
        robot.complete(execution, "failure", error="no route").expect(200)
    robot.start(failing).expect(409)
    late = robot.request("fleeting")["id"]
    ann.approve(late).expect(200)
    time.sleep(1.1)
    robot.start(late).expect(410)


def rule_in_every_way(robot, ann):
    def of(name):
        return {"tool": name, "constraints": {"to": {"type": "exact", "value": "a"}}}
    rule = ann.post("/v1/rules", of("mail")).expect(201).data["id"]
    failed = robot.start(robot.request("mail", {"to": "a"})["id"]).expect(201).data["executionId"]
    robot.complete(failed, "failure").expect(200)
    demotion = ann.get("/v1/suggestions", status="pending").expect(200).data[0]["id"]
    ann.post(f"/v1/suggestions/{demotion}/confirm", {}).expect(200)
    equal(ann.get(f"/v1/rules/{rule}").expect(200).data["status"], "revoked")
    for tool in ("call", "text"):
        for _ in range(5):
            ann.approve(robot.request(tool, {"to": "a"})["id"]).expect(200)
    ann.post("/v1/rules", of("text")).expect(201)
    waiting = ann.get("/v1/suggestions", status="pending").expect(200).data
    equal([each["tool"] for each in waiting], ["call"])
    ann.post(f"/v1/suggestions/{waiting[0]['id']}/dismiss", {"reason": "no"}).expect(200)


def plan_in_every_way(robot, ann):
    def plan(action):
        step = {"action": action, "provider": "odoo", "resource": "account.move", "params": {},
                "idempotencyKey": "k", "constraints": {}}
        return {"steps": [step]}, {"nodes": [{"irStepId": "0", **step}]}

    def hash_of(action):
        return robot.post("/v1/ir/validate", plan(action)[0]).expect(200).data["irHash"]

    hash_of("custom.delete")
    robot.call("POST", "/v1/ir/validate", raw=b"{", content_type="application/json").expect(200)
    passing, risky = hash_of("odoo.read"), hash_of("odoo.update")
    robot.post("/v1/ir/diff", {"irHash": risky, "dag": {"nodes": [7]}}).expect(200)
    asked = robot.post("/v1/ir/approvals", {"irHash": risky}).expect(201).data["id"]
    ann.approve(asked).expect(200)
    robot.post("/v1/ir/executions", {"irHash": risky}).expect(409)
    token = robot.post(f"/v1/approvals/{asked}/token", {}).expect(201).data["token"]
    robot.post("/v1/ir/approvals/consume", {"token": "agt_x", "irHash": risky}).expect(404)
    robot.post("/v1/ir/approvals/consume", {"token": token, "irHash": risky}).expect(200)
    robot.post("/v1/ir/diff", {"irHash": passing, "dag": plan("odoo.read")[1]}).expect(200)
    robot.post("/v1/ir/executions", {"irHash": passing}).expect(201)


def h7_every_event_is_of_its_schema(server):
    server.admin.call("PUT", "/v1/policy", raw=POLICY.encode(),
                      content_type="application/yaml").expect(200)
    robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
    expiring = robot.request_until(1, template="quick")["id"]
    robot.request("db.drop")
    decide_in_every_way(server, robot, ann, bob)
    gather_evidence(robot, ann)
    execute_in_every_way(robot, ann)
    rule_in_every_way(robot, ann)
    plan_in_every_way(robot, ann)
    eventually(lambda: robot.show(expiring)["status"] == "expired")
    ann.approve(expiring).expect(410)
    switch = server.admin.post("/v1/killswitches",
                               {"scope": "tenant", "reason": "stop"}).expect(201).data
    ann.approve(robot.request()["id"]).expect(409, "KILL_SWITCH")
    server.admin.post(f"/v1/killswitches/{switch['id']}/release", {"reason": "go"}).expect(200)
    server.admin.call("PUT", "/v1/log/visibility", {"public": True}).expect(200)
    key = server.admin.post(f"/v1/principals/{ann.id}/keys", {}).expect(201).data["keyId"]
    server.admin.post(f"/v1/keys/{key}/revoke", {}).expect(200)
    server.admin.post("/v1/log/keys/rotate",
                      {"reason": "compromised", "rationale": "a test"}).expect(200)
    robot.emit().expect(201)

    events = server.admin.events()
    whole = jsonschema.Draft202012Validator(SCHEMA)
    for event in events:
        for error in whole.iter_errors(event):
            check(False, event["type"], "/".join(map(str, error.absolute_path)), error.message)
    governed = {name for name in SCHEMA["$defs"] if name != "actor"}
    missing = governed - set(types(events)) - UNREACHED
    check(not missing, "never seen, so never compared:", sorted(missing))


def h7_the_schemas_refuse_what_no_event_is(server):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    robot = server.agent()
    event = robot.trail(robot.request()["id"])[0]
    equal(list(validator.iter_errors(event)), [])
    for path, value in ((("data", "riskTier"), "huge"), (("data", "approvalId"), "apr_1"),
                        (("data", "contentHash"), "abc"), (("sequence",), "1"), (("extra",), 1),
                        (("data", "extra"), 1), (("data", "actor"), {"type": "ghost", "id": "x"})):
        broken = json.loads(json.dumps(event))
        holder = broken
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = value
        check(list(validator.iter_errors(broken)), "accepted", path, value)
    for name in SCHEMA["$defs"][event["type"]]["required"]:
        broken = json.loads(json.dumps(event))
        del broken["data"][name]
        check(list(validator.iter_errors(broken)), "accepted without", name)


if __name__ == "__main__":
    run(h7_every_event_is_of_its_schema, h7_the_schemas_refuse_what_no_event_is)
