"""Plans over HTTP and the command line: classified, approved by hash, compared, cleared, run."""

import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, PATIENCE, ROOT, check, equal, run, types  # noqa: E402

BRAIN = (ROOT / "examples/policies/brain.yaml").read_bytes()
REJECTED, PENDING, FAILED = 3, 5, 8


def step(action="odoo.update", provider="odoo", resource="account.move", key="k-1", **more):
    return {"action": action, "provider": provider, "resource": resource, "params": {},
            "idempotencyKey": key, "constraints": {}, **more}


def plan_of(*steps, **more):
    return {"tenantId": "default", "requestId": "req_123", "steps": list(steps), **more}


def dag_of(plan):
    nodes = []
    for index, each in enumerate(plan["steps"]):
        node = {name: value for name, value in each.items() if name != "stepId"}
        nodes.append({"irStepId": each.get("stepId", str(index)), **node})
    return {"nodes": nodes}


def put_catalogue(server):
    server.admin.call("PUT", "/v1/policy", raw=BRAIN, content_type="application/yaml").expect(200)


def validate(client, plan):
    return client.post("/v1/ir/validate", plan).expect(200).data


def approved(robot, ann, plan, ttl=3600):
    """The hash and the token of an approved plan."""
    found = validate(robot, plan)
    equal(found["status"], "ESCALATE", found)
    asked = robot.post("/v1/ir/approvals",
                       {"irHash": found["irHash"], "ttlSeconds": ttl}).expect(201).data
    ann.approve(asked["id"]).expect(200)
    token = robot.post(f"/v1/approvals/{asked['id']}/token", {}).expect(201).data["token"]
    return found["irHash"], token


def consume(client, token, ir_hash):
    return client.post("/v1/ir/approvals/consume", {"token": token, "irHash": ir_hash})


def the_catalogue_of_brain_judges_the_seeds_examples(server):
    put_catalogue(server)
    robot = server.agent()
    found = validate(robot, plan_of(step()))
    equal(found["status"], "ESCALATE")
    equal(found["highRiskSteps"][0]["reason"], "Critical Odoo model: account.move")
    rejected = validate(robot, plan_of(step(action="custom.delete")))
    equal(rejected["status"], "REJECT")
    equal(rejected["requiresApproval"], False)
    equal(rejected["violations"][0]["code"], "UNKNOWN_ACTION")
    check(rejected["violations"][0]["message"].startswith("Unknown action:"), rejected)
    passed = validate(robot, plan_of(step("webgen.generate_site", "webgen.v1", "site:deliver")))
    equal((passed["status"], passed["requiresApproval"]), ("PASS", False), passed)
    equal(types(server.admin.events())[-3:],
          ["ir.validated_escalate", "ir.validated_reject", "ir.validated_pass"])


def h44_anybody_can_compute_the_hash(server):
    put_catalogue(server)
    robot = server.agent()
    plan = plan_of(step(params={"b": 1, "a": "\u00e9"}, dependsOn=[]),
                   step(key="k-2", stepId="two", budgetCents=5, dependsOn=["0"]))
    covered = {"steps": plan["steps"], "tenantId": "default"}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    expected = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    equal(validate(robot, plan)["irHash"], expected)
    other = dict(reversed(plan.items()), requestId="another", labels={"a": "b"},
                 intentSummary="the same")
    equal(validate(robot, other)["irHash"], expected)


def from_the_question_to_the_run(server):
    put_catalogue(server)
    robot, ann = server.agent(), server.approver()
    plan = plan_of(step(), step("dns.update_records", "dns.hetzner", "example.org", "k-2",
                                dependsOn=["0"]))
    ir_hash, token = approved(robot, ann, plan)
    refused = robot.post("/v1/ir/executions", {"irHash": ir_hash}).expect(409, "INVALID_STATE")
    equal(refused.error["details"]["missing"], ["not_consumed", "diff_missing"])
    dag = dag_of(plan)
    dag["nodes"][1]["resource"] = "evil.example"
    diff = robot.post("/v1/ir/diff", {"irHash": ir_hash, "dag": dag}).expect(200).data
    equal((diff["allHashesMatch"], diff["dagHash"] == ir_hash), (False, False))
    equal(diff["mismatchDetails"]["hashMismatches"][0]["stepIndex"], 1)
    diff = robot.post("/v1/ir/diff", {"irHash": ir_hash, "dag": dag_of(plan)}).expect(200).data
    equal((diff["allHashesMatch"], diff["dagHash"]), (True, ir_hash))
    used = consume(robot, token, ir_hash).expect(200).data
    equal((used["success"], used["status"]), (True, "consumed"))
    again = consume(robot, token, ir_hash).expect(409, "ALREADY_CONSUMED")
    equal(again.error["details"]["success"], False)
    started = robot.post("/v1/ir/executions", {"irHash": ir_hash}).expect(201).data
    robot.complete(started["executionId"]).expect(200)
    equal(types(robot.trail(started["approvalId"])),
          ["approval.requested", "approval.attempted", "approval.succeeded", "grant.issued",
           "grant.token_issued", "grant.refused", "grant.consumed", "grant.refused",
           "execution.started", "execution.succeeded"])
    server.verify()


def h45_the_token_is_nowhere_on_disk_and_in_no_log(server):
    server.stop()
    server.options = ("--log-level", "debug")
    server.restart()
    robot, ann = server.agent(), server.approver()
    put_catalogue(server)
    ir_hash, token = approved(robot, ann, plan_of(step()))
    consume(robot, token + "x", ir_hash).expect(404)
    consume(robot, token, "sha256:" + "0" * 64).expect(409, "CONTENT_CHANGED")
    body = {"token": token, "irHash": ir_hash}
    once = {"Idempotency-Key": "once"}
    first = robot.post("/v1/ir/approvals/consume", body, headers=once).expect(200)
    again = robot.post("/v1/ir/approvals/consume", body, headers=once).expect(200)
    equal(first.data, again.data)
    robot.post("/v1/ir/approvals/consume", {"token": [token], "irHash": ir_hash}).expect(400)
    robot.call("POST", "/v1/ir/approvals/consume", raw=f'{{"token": "{token}"'.encode(),
               content_type="application/json").expect(400)
    exported = server.scratch / "all.tar"
    done = server.cli("export", "--data", server.data, "--out", exported)
    server.stop()
    secret = token.split("_")[1].encode()
    for path in [*server.scratch.rglob("*"), exported]:
        if path.is_file():
            check(secret not in path.read_bytes(), path, "has the token", done.stderr)


def h46_two_hundred_consumes_one_winner_across_a_kill(server):
    put_catalogue(server)
    robot, ann = server.agent(), server.approver()
    ir_hash, token = approved(robot, ann, plan_of(step()))
    outcomes = []

    def present(_):
        reply = consume(robot.clone(), token, ir_hash)
        outcomes.append(reply.status)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(present, range(100)))
    server.kill()
    server.restart()
    robot = server.again(robot)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(present, range(100)))
    equal(sorted(outcomes), [200] + [409] * 199)
    server.verify()


def h57_a_strangers_probe_is_byte_identical_to_a_guess(server):
    put_catalogue(server)
    operator = server.principal("human", "operator", ["operator"])
    made = operator.post("/v1/tenants", {"name": "acme"}).expect(201).data
    stranger = server.client(made["adminKey"])
    robot, ann = server.agent(), server.approver()
    ir_hash, token = approved(robot, ann, plan_of(step()))
    probe = consume(stranger, token, ir_hash).expect(404, "NOT_FOUND")
    guess = consume(stranger, "agt_guess", ir_hash).expect(404, "NOT_FOUND")
    known = stranger.get(f"/v1/ir/plans/{ir_hash}").expect(404)
    unknown = stranger.get("/v1/ir/plans/sha256:" + "0" * 64).expect(404)
    for one, other in ((probe, guess), (known, unknown)):
        bodies = [json.dumps(each.json).replace(each.json["traceId"], "") for each in (one, other)]
        equal(bodies[0], bodies[1])
    stranger.post("/v1/ir/approvals", {"irHash": ir_hash}).expect(404)
    consume(robot, token, ir_hash).expect(200)


def limits_and_malformed_plans(server):
    put_catalogue(server)
    robot = server.agent()
    many = [step("webgen.generate_site", "webgen.v1", "s", f"k-{n}") for n in range(1001)]
    robot.post("/v1/ir/validate", plan_of(*many)).expect(413)
    large = plan_of(step(params={"x": "y" * (1 << 20)}))
    robot.post("/v1/ir/validate", large).expect(413)
    for raw in (b"", b"{", b"\xff", b"[1]", b'{"steps": NaN}', b'{"steps": 1e999}',
                b'{"steps": ["\\ud800"]}', b"[" * 100_000, b'{"steps": [], "steps": []}'):
        reply = robot.call("POST", "/v1/ir/validate", raw=raw, content_type="application/json")
        if raw:
            equal(reply.expect(200).data["status"], "REJECT", raw[:40])
    floats = validate(robot, plan_of(step(params={"amount": 1.5})))
    equal(floats["status"], "REJECT")
    equal(floats["violations"][0]["stepIndex"], 0)
    check("amount" in floats["violations"][0]["path"], floats)


def the_command_line_does_the_same(server):
    put_catalogue(server)
    robot, ann = server.agent(), server.approver()
    folder = server.scratch / "plans"
    folder.mkdir()
    plan, harmless = plan_of(step()), plan_of(step("webgen.generate_site", "webgen.v1", "s"))
    for name, content in (("plan", plan), ("harmless", harmless), ("dag", dag_of(plan)),
                          ("bad", plan_of(step(action="custom.delete"))),
                          ("tampered", dag_of(plan_of(step(resource="other"))))):
        (folder / f"{name}.json").write_text(json.dumps(content))

    def assent(client, *arguments):
        environment = {"ASSENT_URL": server.url, "ASSENT_KEY": client.key}
        done = subprocess.run([BINARY, *map(str, arguments), "--output", "json"],
                              capture_output=True, text=True, env=environment, timeout=PATIENCE)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else done.stderr

    equal(assent(robot, "plan", "check", folder / "harmless.json")[0], 0)
    equal(assent(robot, "plan", "check", folder / "bad.json")[0], REJECTED)
    code, said = assent(robot, "plan", "check", folder / "plan.json")
    equal(code, PENDING, said)
    ir_hash = said.get("data", said)["irHash"]
    code, said = assent(robot, "plan", "request", "--ir-hash", ir_hash, "--reason", "month end")
    equal(code, 0, said)
    approval = said.get("data", said)["id"]
    equal(assent(ann, "approve", approval, "--hash", ir_hash)[0], 0)
    code, said = assent(robot, "token", approval)
    token = said.get("data", said)["token"]
    equal(assent(robot, "plan", "diff", folder / "tampered.json", "--ir-hash", ir_hash)[0], FAILED)
    equal(assent(robot, "plan", "diff", folder / "dag.json", "--ir-hash", ir_hash)[0], 0)
    equal(assent(robot, "plan", "consume", "--token", token, "--ir-hash", ir_hash)[0], 0)
    code, said = assent(robot, "plan", "show", ir_hash)
    equal(said.get("data", said)["isCleared"], True, said)
    equal(assent(robot, "plan", "start", "--ir-hash", ir_hash)[0], 0)


if __name__ == "__main__":
    run(the_catalogue_of_brain_judges_the_seeds_examples, h44_anybody_can_compute_the_hash,
        from_the_question_to_the_run, h45_the_token_is_nowhere_on_disk_and_in_no_log,
        h46_two_hundred_consumes_one_winner_across_a_kill,
        h57_a_strangers_probe_is_byte_identical_to_a_guess, limits_and_malformed_plans,
        the_command_line_does_the_same)
