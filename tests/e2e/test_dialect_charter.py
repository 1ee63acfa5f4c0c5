"""The nine events of the governance of plans, made by real calls and read in the dialect `charter`.

A plan that passes, one that needs a person and is consumed, compared and told apart from what was
compiled, one that is rejected, one whose token is late. Every row validates against the schema and
is what tests/golden/charter.json says (see test_dialects.py for how to write it again).
"""

import copy
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import ROOT, check, equal, run  # noqa: E402
from test_dialects import Comparable, compare_with_golden, seed_events_of_plans, uuid_of, \
    validated  # noqa: E402

HASH = "sha256:" + "0" * 64


def step(action, resource, key, provider="odoo", **params):
    return {"action": action, "provider": provider, "resource": resource, "params": params,
            "idempotencyKey": key, "constraints": {}}


def plan(request, *steps):
    return {"requestId": request, "steps": list(steps)}


def risky(request="req_123"):
    """The seed's own: five steps, of which the third touches the books."""
    read = [step("course.generate_quiz", f"course {n}", f"key-{n}", "course_factory.v1")
            for n in range(4)]
    return plan(request, *read[:2], step("odoo.update", "odoo/books", "key-u",
                                         model="account.move"), *read[2:])


def dag_of(plan):
    return {"nodes": [{**copy.deepcopy(step), "irStepId": str(n)}
                      for n, step in enumerate(plan["steps"])]}


class Governed:
    def __init__(self, server):
        policy = (ROOT / "examples/policies/brain.yaml").read_bytes()
        server.admin.call("PUT", "/v1/policy", content_type="application/yaml",
                          raw=policy).expect(200)
        self.server = server
        self.robot, self.ann = server.agent(), server.approver("ann")
        self.names = {self.robot.id: "robot", self.ann.id: "ann"}

    def validate(self, plan, status):
        said = self.robot.post("/v1/ir/validate", plan).expect(200).data
        equal(said["status"], status, said)
        return said["irHash"]

    def token(self, hash, ttl=3600):
        asked = self.robot.post("/v1/ir/approvals", {"irHash": hash, "ttlSeconds": ttl})
        id = asked.expect(201).data["id"]
        self.names[id] = f"approval {len(self.names) - 1}"
        self.ann.approve(id, contentHash=hash).expect(200)
        return self.robot.post(f"/v1/approvals/{id}/token").expect(201).data["token"]

    def consume(self, token, hash, by=None):
        return (by or self.robot).post("/v1/ir/approvals/consume",
                                       {"token": token, "irHash": hash})

    def diff(self, hash, dag):
        return self.robot.post("/v1/ir/diff", {"irHash": hash, "dag": dag}).expect(200).data

    def rows(self, **filters):
        return self.ann.events(dialect="charter", **filters)

    def run_all(self):
        harmless = plan("req_1", step("course.generate_quiz", "course 1", "key-1",
                                      "course_factory.v1"))
        unknown = plan("req_2", harmless["steps"][0], step("custom.delete", "x", "key-2"))
        self.validate(harmless, "PASS")
        self.validate(unknown, "REJECT")
        self.robot.post("/v1/ir/validate", raw=b"{\"steps\": [1.5]}").expect(200)
        hash = self.validate(risky(), "ESCALATE")
        token = self.token(hash)
        self.consume("agt_" + "x" * 43, hash)
        self.consume(token, HASH)
        self.consume(token, hash).expect(200)
        self.consume(token, hash)
        check(self.diff(hash, dag_of(risky()))["allHashesMatch"], "what was approved")
        altered = dag_of(risky())
        altered["nodes"][1]["params"] = {"deep": True}
        altered["nodes"].insert(3, {**copy.deepcopy(altered["nodes"][0]), "irStepId": "ghost"})
        check(not self.diff(hash, altered)["allHashesMatch"], "what was not")
        late = self.token(self.validate(risky("req_3"), "ESCALATE"), ttl=15)
        time.sleep(15.2)
        self.consume(late, hash)


def h43_to_h49_the_nine_events_are_the_source_systems(server):
    governed = Governed(server)
    governed.run_all()
    rows = validated("charter", governed.rows())
    equal({row["type"] for row in rows}, set(seed_events_of_plans()), "all nine, by real calls")
    # The members of each are those of the source's own examples.
    for row in rows:
        equal(set(row["payload"]), set(seed_events_of_plans()[row["type"]]), row["type"])
    of = {row["type"]: row["payload"] for row in rows}
    equal(of["ir.validated_escalate"]["high_risk_steps"][0]["reason"],
          "Critical Odoo model: account.move")
    equal(of["ir.dag_diff_ok"]["dag_hash"], of["ir.dag_diff_ok"]["ir_hash"])
    comparable = Comparable(rows, governed.names)
    compare_with_golden("charter", [comparable.of(row) for row in rows])
    # The token's own events hang together by the approval's id.
    approval = of["ir.approval_consumed"]["approval_id"]
    equal([row["type"] for row in rows if row["payload"].get("approval_id") == approval],
          ["ir.approval_created", "ir.approval_invalid", "ir.approval_consumed",
           "ir.approval_invalid"])


def h49_every_spelling_selects_the_same_events(server):
    governed = Governed(server)
    governed.run_all()
    # A grant that is no plan's.
    asked = governed.robot.request("deploy")
    governed.ann.approve(asked["id"]).expect(200)
    by_name = {}
    for row in governed.rows():
        by_name.setdefault(row["type"], []).append(row)
    for name, rows in by_name.items():
        for spelling in (name, name.upper(), name.replace(".", "_"),
                         name.upper().replace(".", "_")):
            equal(governed.rows(type=spelling), rows, spelling)
            equal([uuid_of(event["id"]) for event in governed.ann.events(type=spelling)],
                  [row["id"] for row in rows], spelling)
    granted = governed.ann.events(type="grant.issued")
    equal(len(granted), len(by_name["ir.approval_created"]) + 1, "the tool call's has no row")
    governed.ann.get(f"/v1/events/{granted[-1]['id']}", dialect="charter").expect(404)
    env = {"ASSENT_URL": server.url, "ASSENT_KEY": governed.ann.key}
    told = server.cli("events", "--dialect", "charter", "--type", "IR_APPROVAL_CONSUMED", env=env)
    equal(told.returncode, 0, told.stderr)
    check("ir.approval_consumed" in told.stdout, told.stdout)


def h47_a_token_in_another_tenants_hands_is_told_to_its_owner_alone(server):
    governed = Governed(server)
    hash = governed.validate(risky(), "ESCALATE")
    token = governed.token(hash)
    made = server.admin.post("/v1/tenants", {"name": "other"}).expect(201).data
    thief = server.principal("agent", "thief", ["agent"], by=server.client(made["adminKey"]))
    governed.consume(token, hash, by=thief)
    theirs = validated("charter", thief.events(dialect="charter"))
    equal([(row["payload"]["reason"], row["payload"]["approval_id"]) for row in theirs],
          [("token_not_found", None)])
    ours = validated("charter", governed.rows(type="ir.approval_invalid"))
    equal([(row["payload"]["reason"], row["payload"]["attempted_by"]) for row in ours],
          [("tenant_mismatch", "another-tenant")])
    governed.consume(token, hash).expect(200)


if __name__ == "__main__":
    run(h43_to_h49_the_nine_events_are_the_source_systems,
        h49_every_spelling_selects_the_same_events,
        h47_a_token_in_another_tenants_hands_is_told_to_its_owner_alone)
