"""What the nearest systems promise or got wrong, held against Assent.

`agt_…`: the eleven acceptance criteria of the best written approval protocol for agents (Microsoft
Agent Governance Toolkit, ADR-0030, commit b570558). `agentgate_…`: the nine holes found by reading
the source of the open-source gate with the most features (AgentGate, commit 6563c87), each turned
into the attack that it allows.
"""

import http.client
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import POLICY, check, equal, eventually, run, types  # noqa: E402

STALE = "sha256:" + "0" * 64


def put_policy(server, text):
    return server.admin.call("PUT", "/v1/policy", raw=text.encode(),
                             content_type="application/yaml")


def started(trail):
    return [event for event in trail if event["type"] == "execution.started"]


# ---- the eleven criteria ----


def agt_01_nothing_runs_without_a_terminal_allow(server):
    robot, ann = server.agent(), server.approver()
    pending = robot.request()["id"]
    rejected = robot.request()["id"]
    ann.reject(rejected).expect(200)
    cancelled = robot.request()["id"]
    robot.cancel(cancelled).expect(200)
    denied = robot.request("db.drop")["id"]
    half = robot.request("pay")["id"]
    equal(ann.approve(half).expect(200).data["status"], "pending")
    for approval in (pending, rejected, cancelled, denied, half):
        robot.start(approval).expect(409, "INVALID_STATE")
        check("execution.started" not in types(robot.trail(approval)))


def agt_02_what_was_approved_cannot_run_something_else(server):
    robot, ann = server.agent(), server.approver()
    one, other = robot.request(arguments={"n": 1}), robot.request(arguments={"n": 2})
    ann.approve(one["id"]).expect(200)
    robot.start(one["id"], contentHash=other["contentHash"]).expect(409, "CONTENT_CHANGED")
    robot.start(other["id"], contentHash=one["contentHash"]).expect(409, "INVALID_STATE")
    robot.start(one["id"], contentHash=one["contentHash"]).expect(201)
    # A decision is bound in the same way.
    ann.approve(other["id"], contentHash=one["contentHash"]).expect(409, "CONTENT_CHANGED")


def agt_03_a_changed_target_parameter_policy_or_content_voids_it(server):
    robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
    hashes = {robot.request(tool, arguments)["contentHash"] for tool, arguments in (
        ("deploy", {"to": "a"}), ("deploy", {"to": "b"}), ("deploy", {"to": "a", "x": None}),
        ("pay", {"to": "a"}))}
    equal(len(hashes), 4, "target and parameters are part of what is approved")
    # A policy that denies by now ends what is pending, and what was approved does not start.
    pending, approved = robot.request(), robot.request()
    ann.approve(approved["id"]).expect(200)
    denying = POLICY.replace('tool: "deploy"}\n    riskTier: medium',
                             'tool: "deploy"}\n    decision: reject\n    riskTier: medium')
    check(denying != POLICY)
    put_policy(server, denying).expect(200)
    bob.approve(pending["id"]).expect(409, "INVALID_STATE")
    equal(robot.show(pending["id"])["status"], "rejected")
    robot.start(approved["id"]).expect(409)
    check(not started(robot.trail(approved["id"])))
    # What people see is what they decide: edited content is other content.
    put_policy(server, POLICY).expect(200)
    asked = robot.request(arguments={"n": 1})
    ann.post(f"/v1/approvals/{asked['id']}/edit",
             {"arguments": {"n": 2}, "contentHash": asked["contentHash"],
              "rationale": "less"}).expect(200)
    robot.start(asked["id"], contentHash=asked["contentHash"]).expect(409, "CONTENT_CHANGED")


def agt_04_time_outs_restarts_and_malformed_calls_fail_closed(server):
    robot, ann = server.agent(), server.approver()
    late = robot.request_until(1)["id"]
    waiting = robot.request()["id"]
    server.kill()
    server.start()
    robot, ann = server.again(robot), server.again(ann)
    eventually(lambda: robot.show(late)["status"] == "expired")
    ann.approve(late).expect(410, "EXPIRED")
    robot.start(late).expect(409)
    equal(robot.show(waiting)["status"], "pending", "a restart decides nothing")
    for raw in (b"{", b'{"rationale": 1}', b'{"approved": true}', b"[]", b"\xff", b"yes",
                b'{"contentHash": "x", "contentHash": "y"}'):
        ann.call("POST", f"/v1/approvals/{waiting}/approve", raw=raw).expect(400)
    equal(types(robot.trail(waiting)), ["approval.requested"], "not even an attempt")


def agt_05_an_unverified_identity_never_counts(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    nobody = server.client()
    nobody.approve(asked).expect(401, "UNAUTHENTICATED")
    key = ann.key
    for forged in (key[:-1] + ("A" if key[-1] != "A" else "B"), key.upper(), "dev", ""):
        server.client(forged).approve(asked).expect(401)
    for headers in ({"X-Actor-ID": ann.id, "X-Actor-Roles": "approver", "X-Tenant-ID": "default"},
                    {"Authorization": "Bearer dev", "X-Actor-ID": ann.id}):
        nobody.post(f"/v1/approvals/{asked}/approve", {}, headers=headers).expect(401)
    equal(robot.show(asked)["votes"]["have"], 0)
    equal(types(robot.trail(asked)), ["approval.requested"])


def agt_06_a_deny_ends_it_at_once(server):
    robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
    asked = robot.request("pay")["id"]
    ann.approve(asked).expect(200)
    bob.reject(asked).expect(200)
    equal(robot.show(asked)["status"], "rejected")
    server.approver("carl").approve(asked).expect(409, "INVALID_STATE")


def agt_07_allow_only_after_every_stage(server):
    robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
    put_policy(server, """\
version: 1
tools:
  - match: {tool: "pay"}
    riskTier: critical
    evidence: {required: true}
    approvers: {all: [{role: approver, count: 1}, {role: auditor, count: 1}]}
""").expect(200)
    auditor = server.principal("human", "aud", ["auditor"])
    asked = robot.request("pay")["id"]
    ann.approve(asked).expect(409, "EVIDENCE_REQUIRED")
    robot.attach(asked).expect(201)
    equal(ann.approve(asked).expect(200).data["status"], "pending")
    equal(bob.approve(asked).expect(200).data["status"], "pending", "the same role again")
    robot.start(asked).expect(409)
    equal(auditor.approve(asked).expect(200).data["status"], "approved")


def agt_08_a_delivery_made_twice_counts_once(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("pay")["id"]
    key = {"Idempotency-Key": "delivery-1"}
    first = ann.post(f"/v1/approvals/{asked}/approve", {}, headers=key).expect(200)
    size = robot.log_size()
    again = ann.post(f"/v1/approvals/{asked}/approve", {}, headers=key).expect(200)
    equal(again.body, first.body)
    equal(again.headers["idempotency-replayed"], "true")
    equal(robot.log_size(), size)
    ann.approve(asked).expect(409, "ALREADY_VOTED")
    equal(robot.show(asked)["votes"]["have"], 1)


def agt_09_one_execution_under_concurrency(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    ann.approve(asked).expect(200)
    statuses = []

    def one():
        statuses.append(robot.clone().start(asked).status)

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(sorted(statuses), [201] + [409] * 49)
    equal(len(started(robot.trail(asked))), 1)


def agt_10_the_log_alone_tells_the_whole_story(server):
    robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
    asked = robot.request("pay", {"to": "x", "cents": "1200"}, reason="invoice 7")
    ann.approve(asked["id"], rationale="seen the invoice", channel="web").expect(200)
    bob.approve(asked["id"], rationale="so did I").expect(200)
    execution = robot.start(asked["id"]).expect(201).data["executionId"]
    robot.complete(execution, proof={"type": "receipt", "data": "r-1"}).expect(200)
    trail = robot.trail(asked["id"])
    told = {event["type"]: event["data"] for event in trail}
    equal(types(trail), ["approval.requested", "approval.attempted", "approval.recorded",
                         "approval.attempted", "approval.succeeded", "grant.issued",
                         "grant.consumed", "execution.started", "execution.succeeded"])
    requested = told["approval.requested"]
    equal(requested["subject"], {"kind": "tool_call", "tool": "pay",
                                 "arguments": {"to": "x", "cents": "1200"}})
    equal({told[name]["contentHash"] for name in
           ("approval.requested", "approval.succeeded", "grant.issued", "grant.consumed")},
          {asked["contentHash"]}, "shown, decided, granted and used are one")
    equal([event["data"]["actor"]["id"] for event in trail if event["type"] in
           ("approval.recorded", "approval.succeeded")], [ann.id, bob.id])
    check(requested["policyVersion"] >= 1 and requested["policySha256"].startswith("sha256:"))
    equal(told["approval.recorded"]["decision"]["rationale"], "seen the invoice")
    equal(told["execution.succeeded"]["proof"], {"type": "receipt", "data": "r-1"})
    # None of it can be changed unnoticed: run() verifies the log, and the tampering tests of
    # src/store/verify flip each part of an event.


def agt_11_an_agents_advice_decides_nothing(server):
    robot = server.agent()
    judge = server.principal("agent", "judge", ["agent", "approver"])
    service = server.principal("service", "pipeline", ["approver"])
    asked = robot.request()["id"]
    for advisor in (judge, service):
        advisor.approve(asked, confidence=100, rationale="safe").expect(
            403, "HUMAN_ACTOR_REQUIRED")
        advisor.reject(asked).expect(403, "HUMAN_ACTOR_REQUIRED")
    equal(robot.show(asked)["status"], "pending")
    equal(robot.show(asked)["votes"]["have"], 0)


# ---- the nine holes ----


def agentgate_1_the_approver_is_never_read_from_the_body(server):
    robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
    asked = robot.request()["id"]
    for field in ("decidedBy", "approvedBy", "actor", "approver", "actorType"):
        answer = ann.approve(asked, **{field: bob.id})
        answer.expect(400, "VALIDATION_ERROR")
        equal(answer.fields(), [field])
    equal(ann.approve(asked).expect(200).data["approvedBy"], ann.id)
    decided = robot.trail(asked)[-2]["data"]
    equal([decided["actor"]["id"], decided["actor"]["type"]], [ann.id, "human"])


def agentgate_2_nothing_is_decided_by_get(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    size = robot.log_size()
    for verb in ("approve", "reject", "cancel", "defer", "edit", "abandon"):
        for method in ("GET", "HEAD"):
            status = ann.call(method, f"/v1/approvals/{asked}/{verb}").status
            check(status in (404, 405), method, verb, status)
    ann.get(f"/v1/approvals/{asked}", approve="true").expect(400)
    ann.get(f"/v1/approvals/{asked}", decision="approve").expect(400)
    equal(robot.log_size(), size)


def agentgate_3_the_agents_own_key_neither_decides_nor_rules(server):
    robot = server.agent()
    asked = robot.request()["id"]
    for verb in ("approve", "reject", "defer", "edit"):
        body = {"rationale": "me", "hours": 1} if verb == "defer" else {"rationale": "me"}
        if verb == "edit":
            body = {"rationale": "me", "arguments": {}, "contentHash": STALE}
        answer = robot.post(f"/v1/approvals/{asked}/{verb}", body)
        equal(answer.status, 403, verb, answer.body)
    robot.call("PUT", "/v1/policy", raw=POLICY.encode(), content_type="application/yaml").expect(
        403, "INSUFFICIENT_PERMISSIONS")
    rule = {"tool": "deploy", "constraints": {"to": {"type": "exact", "value": "a"}}, "maxUses": 1}
    equal(robot.post("/v1/rules", rule).status, 403)
    judge = server.principal("agent", "judge", ["agent", "approver", "policy_admin"])
    judge.post("/v1/rules", rule).expect(403, "HUMAN_ACTOR_REQUIRED")
    equal(robot.show(asked)["status"], "pending")


def agentgate_4_a_deadline_is_kept(server):
    robot, ann = server.agent(), server.approver()
    swept = robot.request_until(0.3)["id"]
    eventually(lambda: "approval.expired" in types(robot.trail(swept)),
               "nobody noticed the deadline")
    equal(robot.show(swept)["status"], "expired")
    ann.approve(swept).expect(410, "EXPIRED")
    equal(types(robot.trail(swept)).count("approval.expired"), 1)


def agentgate_5_nothing_that_comes_late_overwrites_a_deny(server):
    robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
    seconds = 0.5
    while True:
        asked = robot.request_until(seconds)["id"]
        if ann.reject(asked).status == 200:
            break
        seconds *= 2  # The deadline was earlier than the no.
    before = robot.show(asked)
    other = robot.request_until(seconds)["id"]
    eventually(lambda: "approval.expired" in types(robot.trail(other)), "the timer has looked")
    bob.approve(asked).expect(409, "INVALID_STATE")
    robot.cancel(asked).expect(409, "INVALID_STATE")
    equal(robot.show(asked), before)
    check("approval.expired" not in types(robot.trail(asked)))


def agentgate_6_parameters_are_values_and_never_the_tool_or_its_risk(server):
    robot, pat = server.agent(), server.principal("human", "pat", ["approver", "policy_admin"])
    rule = {"tool": "deploy", "constraints": {"action": {"type": "exact", "value": "read"}},
            "maxUses": 100}
    pat.post("/v1/rules", rule).expect(201)
    for arguments in ({"tool": "fs.read", "riskTier": "low", "decision": "allow"},
                      {"action": "*"}, {"action": {"type": "any"}}, {"action": ["read"]},
                      {"action": "read "}, {"Action": "read"}, {"status": "approved"}):
        asked = robot.request("deploy", arguments)
        equal([asked["status"], asked["riskTier"]], ["pending", "medium"], arguments)
    asked = robot.request("pay", {"action": "read"})
    equal([asked["status"], asked["riskTier"]], ["pending", "critical"], "the rule is of a tool")
    equal(robot.request("deploy", {"action": "read"})["status"], "approved")


def agentgate_7_every_approval_belongs_to_one_tenant(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    made = server.admin.post("/v1/tenants", {"name": "other"}).expect(201).data
    stranger = server.client(made["adminKey"])
    eve = server.approver("eve", by=stranger)
    absent = "apr_" + "0" * 25 + "1"
    for call in (lambda id: eve.approve(id), lambda id: eve.get(f"/v1/approvals/{id}"),
                 lambda id: eve.get(f"/v1/approvals/{id}/trail"), lambda id: eve.start(id)):
        foreign, missing = call(asked), call(absent)
        equal(foreign.status, 404)
        equal(foreign.body.replace(foreign.error["traceId"].encode(), b""),
              missing.body.replace(missing.error["traceId"].encode(), b""))
    equal(types(robot.trail(asked)), ["approval.requested"], "no event of a stranger's probe")


def agentgate_8_the_change_and_its_record_are_one_commit(server):
    robot, ann = server.agent(), server.approver()
    for number in range(5):
        asked = [robot.request(arguments={"n": n})["id"] for n in range(30)]
        done = threading.Event()

        def decide(client=ann.clone(), asked=tuple(asked), done=done):
            try:
                for approval in asked:
                    client.approve(approval)
            except (OSError, http.client.HTTPException):
                pass
            finally:
                done.set()

        threading.Thread(target=decide).start()
        time.sleep(0.003 * number)
        server.kill()
        done.wait()
        server.start()
        robot, ann = server.again(robot), server.again(ann)
        for approval in asked:
            status, seen = robot.show(approval)["status"], types(robot.trail(approval))
            equal(status == "approved", "approval.succeeded" in seen, status, seen)
            equal(seen.count("approval.attempted"), 1 if status == "approved" else 0)


def agentgate_9_a_gate_that_cannot_judge_says_no(server):
    robot = server.agent()
    before = server.admin.get("/v1/policy").expect(200).body
    for broken in ("version: 1\ntools: [{match: {tool: '*'}, decision: alow}]",
                   "version: 1\ntools: [{match: {tool: '*'}, decison: allow}]",
                   "version: 2\ntools: []", "tools: [", "version: 1\ndefaults: {decision: maybe}"):
        check(put_policy(server, broken).status in (400, 422), broken)
    after = server.admin.get("/v1/policy").expect(200).body
    equal(json.loads(after)["data"], json.loads(before)["data"], "the last good one stays")
    asked = robot.request("rocket.launch")
    equal([asked["status"], asked["riskTier"]], ["pending", "high"], "unknown is never allowed")


if __name__ == "__main__":
    run(*[function for name, function in list(globals().items())
          if name.startswith(("agt_", "agentgate_"))])
