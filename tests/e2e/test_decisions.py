"""Edit, defer, abandon, break glass, and the reasons of a no: over HTTP and on the command line."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import check, equal, run, types, unwrapped  # noqa: E402

USAGE, REFUSED, CONFLICT = 2, 3, 6


def decide(client, approval, verb, **body):
    return client.post(f"/v1/approvals/{approval}/{verb}", body)


def h32_what_runs_is_what_was_edited(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("deploy", {"to": "production"})
    new = {"to": "staging"}
    decide(ann, asked["id"], "edit", arguments=new).expect(428, "PRECONDITION_REQUIRED")
    decide(ann, asked["id"], "edit", arguments=new,
           contentHash="sha256:" + "0" * 64).expect(409, "CONTENT_CHANGED")
    decide(ann, asked["id"], "edit", arguments=new, tool="rm",
           contentHash=asked["contentHash"]).expect(400, "VALIDATION_ERROR")
    decide(ann, asked["id"], "edit", arguments={"to": "production"},
           contentHash=asked["contentHash"]).expect(422, "VALIDATION_ERROR")
    edited = decide(ann, asked["id"], "edit", arguments=new,
                    contentHash=asked["contentHash"]).expect(200).data
    equal(edited["status"], "approved")
    equal(edited["previousContentHash"], asked["contentHash"])
    robot.start(asked["id"], contentHash=asked["contentHash"]).expect(409, "CONTENT_CHANGED")
    robot.start(asked["id"], contentHash=edited["contentHash"]).expect(201)
    equal(robot.show(asked["id"])["arguments"], new)
    decide(ann, asked["id"], "edit", arguments={"to": "moon"},
           contentHash=edited["contentHash"]).expect(409, "INVALID_STATE")


def h33_the_deadline_moves_by_1_to_168_hours(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    for hours in (0, 169):
        decide(ann, asked, "defer", hours=hours).expect(422, "VALIDATION_ERROR")
    for hours in (1, 168, 24):
        decide(ann, asked, "defer", hours=hours).expect(200)
    answer = decide(ann, asked, "defer", hours=1).expect(409, "INVALID_STATE")
    equal(answer.error["details"], {"currentStatus": "pending", "defers": 3, "maxDefers": 3})
    equal(types(robot.trail(asked))[-2:], ["approval.attempted", "approval.blocked.invalid_state"])


def h42_abandon_and_break_glass(server):
    robot, ann = server.agent(), server.approver()
    root = server.principal("human", "root", ["admin"])
    asked = robot.request()["id"]
    decide(robot, asked, "abandon", rationale="no need").expect(409, "INVALID_STATE")
    ann.approve(asked).expect(200)
    decide(robot, asked, "abandon").expect(400, "VALIDATION_ERROR")
    equal(decide(robot, asked, "abandon", reason="no need").expect(200).data["status"],
          "abandoned")
    robot.start(asked).expect(410, "EXPIRED")

    urgent = robot.request()["id"]
    words = {"incidentRef": "INC-7", "justification": "the site is down"}
    decide(ann, urgent, "break-glass", **words).expect(403, "INSUFFICIENT_PERMISSIONS")
    decide(root, urgent, "break-glass", incidentRef="INC-7").expect(400, "VALIDATION_ERROR")
    decide(root, urgent, "break-glass", **words).expect(200)
    check("approval.succeeded" not in types(robot.trail(urgent)), "it is no approval")
    robot.start(urgent).expect(201)


def a_no_needs_its_reason(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    for verb, by in (("reject", ann), ("cancel", robot)):
        for body in ({}, {"rationale": " \n"}, {"rationale": "x" * 2001}):
            answer = decide(by, asked, verb, **body).expect(400, "VALIDATION_ERROR")
            equal([field["path"] for field in answer.error["fieldErrors"]], ["rationale"])
        decide(by, asked, verb, rationale="a", reason="b").expect(400, "VALIDATION_ERROR")
    equal(robot.show(asked)["status"], "pending")
    decide(ann, asked, "reject", reason="x" * 2000).expect(200)


def the_command_line_says_the_same(server):
    robot, ann = server.agent(), server.approver()
    root = server.principal("human", "root", ["admin"])
    url = "http://%s:%s" % server.address

    def cli(by, *arguments):
        return server.cli(*arguments, "--output", "json",
                          env={"ASSENT_URL": url, "ASSENT_KEY": by.key})

    asked = robot.request("deploy", {"to": "production"})
    done = cli(ann, "defer", asked["id"], "--hours", 24)
    equal(unwrapped(done.stdout)["defers"], 1, done.stderr)
    new = json.dumps({"to": "staging"})
    done = cli(ann, "edit", asked["id"], "--arguments", new)
    equal(done.returncode, USAGE, done.stdout)
    check("--hash" in done.stderr, done.stderr)
    done = cli(ann, "edit", asked["id"], "--arguments", new, "--hash", asked["contentHash"])
    equal(done.returncode, 0, done.stderr)
    equal(unwrapped(done.stdout)["status"], "approved")
    equal(cli(ann, "edit", asked["id"], "--arguments", new, "--hash",
              asked["contentHash"]).returncode, CONFLICT)
    done = cli(robot, "abandon", asked["id"], "--reason", "no need")
    equal(unwrapped(done.stdout)["status"], "abandoned", done.stderr)

    urgent = robot.request()
    words = ("--incident-ref", "INC-7", "--justification", "down")
    equal(cli(root, "break-glass", urgent["id"], *words).returncode, USAGE, "needs --hash")
    done = cli(root, "break-glass", urgent["id"], *words, "--hash", urgent["contentHash"])
    equal(unwrapped(done.stdout)["status"], "approved", done.stderr)
    refused = robot.request()["id"]
    equal(cli(ann, "reject", refused).returncode, 1, "a reason is needed")
    equal(cli(ann, "reject", refused, "--rationale", "no").returncode, 0)


if __name__ == "__main__":
    run(h32_what_runs_is_what_was_edited, h33_the_deadline_moves_by_1_to_168_hours,
        h42_abandon_and_break_glass, a_no_needs_its_reason, the_command_line_says_the_same)
