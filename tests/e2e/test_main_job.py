"""Ask, decide, execute once, prove: the main job, seen from outside.

A name that begins with h and a number proves that capability.
"""

import contextlib
import pathlib
import sqlite3
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import check, equal, eventually, run, types  # noqa: E402


def same_commit(events):
    return len({event["time"] for event in events}) == 1


def adjacent(events):
    sequences = [int(event["sequence"]) for event in events]
    return sequences == list(range(sequences[0], sequences[0] + len(sequences)))


def allowed_by_policy_runs_once_with_two_events(server):
    robot = server.agent()
    asked = robot.request("fs.read", {"path": "/srv/a"})
    equal(asked["status"], "approved")
    equal(asked["riskTier"], "low")
    trail = robot.trail(asked["id"])
    equal(types(trail), ["approval.requested", "approval.auto_approved"])
    check(same_commit(trail) and adjacent(trail))
    equal(trail[1]["data"]["actor"]["type"], "rule")

    started = robot.start(asked["id"]).expect(201).data
    equal(started["attempt"], 1)
    done = robot.complete(started["executionId"], result={"bytes": 12}).expect(200)
    equal(done.data["status"], "executed")
    equal(types(robot.trail(asked["id"])),
          ["approval.requested", "approval.auto_approved", "grant.consumed", "execution.started",
           "execution.succeeded"])


def rejected_by_policy_is_final(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("db.drop", {"table": "users"})
    equal(asked["status"], "rejected")
    equal(types(robot.trail(asked["id"])), ["approval.requested", "approval.rejected"])
    ann.approve(asked["id"]).expect(409, "INVALID_STATE")
    robot.start(asked["id"]).expect(409, "INVALID_STATE")


def h11_no_match_means_a_human_and_high_risk(server):
    robot = server.agent()
    asked = robot.request("rocket.launch", {})
    equal(asked["status"], "pending")
    equal(asked["riskTier"], "high")
    check(asked["why"], "says why")


def h24_h25_a_success_writes_exactly_three_events_with_its_trace_id(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("deploy", {"service": "web"})
    before = ann.log_size()
    answer = ann.approve(asked["id"], contentHash=asked["contentHash"], rationale="reviewed")
    answer.expect(200)
    written = ann.events()[before:]
    equal(types(written), ["approval.attempted", "approval.succeeded", "grant.issued"])
    check(same_commit(written) and adjacent(written))
    equal({event["traceid"] for event in written}, {answer.trace})
    equal(answer.headers["x-trace-id"].replace("-", ""), answer.trace)
    equal(written, ann.events(traceId=answer.trace), "found by trace id")
    for event in written:
        equal(event["data"]["actor"]["id"], ann.id, "the real person")

    # H26: one time, everywhere.
    equal(answer.data["approvedAt"], written[1]["data"]["approvedAt"])
    equal(answer.data["approvedAt"], written[1]["time"])
    equal(answer.data["approvedAt"], ann.show(asked["id"])["decidedAt"])
    equal(answer.data["approvedBy"], ann.id)
    equal(written[1]["data"]["contentHash"], asked["contentHash"])


def h22_h24_a_block_writes_exactly_two_and_says_the_same_in_both(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("fs.delete", {"path": "/srv/a"})
    before = ann.log_size()
    blocked = ann.approve(asked["id"]).expect(409, "EVIDENCE_REQUIRED")
    written = ann.events()[before:]
    equal(types(written), ["approval.attempted", "approval.blocked.evidence_required"])
    check(same_commit(written) and adjacent(written))
    equal({event["traceid"] for event in written}, {blocked.trace})
    equal(blocked.error["details"], written[1]["data"]["details"])
    equal(blocked.error["details"], {"evidenceRequired": True, "hasEvidence": False})
    equal(ann.show(asked["id"])["status"], "pending")

    ann.attach(asked["id"]).expect(201)
    equal(ann.approve(asked["id"]).expect(200).data["status"], "approved")


def h22_stale_evidence_blocks_and_newer_evidence_unblocks(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("fs.delete", {"path": "/srv/a"})
    ann.attach(asked["id"], "old news", capturedAt="2020-01-01T00:00:00Z").expect(201)
    stale = ann.approve(asked["id"]).expect(409, "EVIDENCE_STALE")
    details = stale.error["details"]
    equal(details["evidenceTtl"], 3600)
    check(details["evidenceAge"] > 3600)
    ann.attach(asked["id"], "fresh news").expect(201)
    ann.approve(asked["id"]).expect(200)


def h20_nobody_approves_their_own_request(server):
    olga = server.principal("human", "olga", ["requester", "approver"])
    robot = server.principal("agent", "robot", ["agent", "approver"], ownerId=olga.id)
    ann = server.approver()
    own = olga.request("deploy", {"by": "olga"})
    before = olga.log_size()
    olga.approve(own["id"]).expect(403, "SELF_APPROVAL_FORBIDDEN")
    equal(types(olga.events()[before:]), ["approval.attempted", "approval.blocked.self_approval"])

    asked = robot.request("deploy", {"by": "robot"})
    robot.approve(asked["id"]).expect(403, "HUMAN_ACTOR_REQUIRED")
    olga.approve(asked["id"]).expect(403, "SELF_APPROVAL_FORBIDDEN")
    equal(ann.show(asked["id"])["status"], "pending")
    ann.approve(asked["id"]).expect(200)


def h18_who_may_decide(server):
    robot, auditor = server.agent(), server.principal("human", "aud", ["auditor"])
    asked = robot.request()
    before = robot.log_size()
    auditor.approve(asked["id"]).expect(403, "INSUFFICIENT_PERMISSIONS")
    server.admin.approve(asked["id"]).expect(403, "INSUFFICIENT_PERMISSIONS")
    equal(types(robot.events()[before:]),
          ["approval.attempted", "approval.blocked.forbidden"] * 2)

    before = robot.log_size()
    server.client().approve(asked["id"]).expect(401, "UNAUTHENTICATED")
    server.client("ask_0000_00").approve(asked["id"]).expect(401, "UNAUTHENTICATED")
    equal(robot.log_size(), before, "a stranger leaves no event")
    equal(robot.show(asked["id"])["status"], "pending")


def quorum_of_two_is_two_humans(server):
    robot, ann, bob = server.agent(), server.approver("ann"), server.approver("bob")
    asked = robot.request("pay", {"amount": "100.00"})
    first = ann.approve(asked["id"]).expect(200).data
    equal(first["status"], "pending")
    equal(first["votes"], {"have": 1, "need": 2})
    ann.approve(asked["id"]).expect(409, "ALREADY_VOTED")
    equal(bob.approve(asked["id"]).expect(200).data["status"], "approved")


def a_decision_is_bound_to_the_content_that_was_seen(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()
    ann.approve(asked["id"], contentHash="sha256:" + "0" * 64).expect(409, "CONTENT_CHANGED")
    ann.approve(asked["id"], contentHash=asked["contentHash"]).expect(200)


def an_approval_executes_exactly_once(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()
    robot.start(asked["id"]).expect(409, "INVALID_STATE")
    ann.approve(asked["id"]).expect(200)
    started = robot.start(asked["id"]).expect(201).data
    robot.start(asked["id"]).expect(409, "ALREADY_CONSUMED")
    robot.complete(started["executionId"]).expect(200)
    robot.complete(started["executionId"]).expect(409, "INVALID_STATE")
    robot.start(asked["id"]).expect(409, "ALREADY_CONSUMED")
    equal(types(robot.trail(asked["id"])).count("execution.started"), 1)
    equal(types(robot.trail(asked["id"])).count("grant.consumed"), 1)

    other = server.agent("other")
    asked = robot.request()
    ann.approve(asked["id"]).expect(200)
    other.start(asked["id"]).expect(403, "INSUFFICIENT_PERMISSIONS")


def h19_many_starts_of_one_approval_have_one_winner(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()
    ann.approve(asked["id"]).expect(200)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(robot.clone().start(asked["id"])))
               for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(sorted(answer.status for answer in answers), [201] + [409] * 49)


def h35_the_deadline_is_a_denial_recorded_once(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request_until(1)
    robot.get(f"/v1/approvals/{asked['id']}", headers={"Prefer": "wait=10"}).expect(200)
    eventually(lambda: robot.show(asked["id"])["status"] == "expired")
    ann.approve(asked["id"]).expect(410, "EXPIRED")
    robot.start(asked["id"])
    equal(types(ann.trail(asked["id"])).count("approval.expired"), 1)


def h35_a_deadline_survives_a_restart(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request_until(1)
    server.kill()
    time.sleep(2)
    server.restart()
    robot = server.again(robot)
    # The timer runs, or the next reader computes: both say expired.
    eventually(lambda: robot.show(asked["id"])["status"] == "expired")
    server.again(ann).approve(asked["id"]).expect(410, "EXPIRED")
    equal(types(server.again(ann).trail(asked["id"])).count("approval.expired"), 1)


def h57_absent_and_foreign_are_the_same(server):
    made = server.admin.post("/v1/tenants", {"name": "other"}).expect(201).data
    stranger_admin = server.client(made["adminKey"])
    stranger = server.principal("human", "eve", ["approver", "auditor"], by=stranger_admin)
    robot = server.agent()
    foreign = robot.request()["id"]
    absent = foreign[:-4] + ("0000" if foreign[-4:] != "0000" else "1111")

    def seen(answer):
        shape = answer.json
        trace = shape["error"]["traceId"]
        text = answer.body.decode().replace(trace, "TRACE")
        return answer.status, text.replace(trace.replace("-", ""), "TRACE")

    before = robot.log_size()
    for method, path in (("GET", "/v1/approvals/{}"), ("POST", "/v1/approvals/{}/approve"),
                         ("POST", "/v1/approvals/{}/reject"), ("POST", "/v1/approvals/{}/cancel"),
                         ("GET", "/v1/approvals/{}/trail")):
        body = {"rationale": "no"} if method == "POST" else None
        answers = [stranger.call(method, path.format(id), body) for id in (foreign, absent)]
        first, second = (seen(answer) for answer in answers)
        equal(first[0], 404, path)
        equal(first[1].replace(foreign, "ID"), second[1].replace(absent, "ID"), path)
        check(foreign not in first[1], "the answer does not echo the id")
    equal(robot.log_size(), before, "no event in the owner's log")
    equal(stranger.events(approvalId=foreign), [])
    equal(stranger.get("/v1/approvals").data, [])


def h58_an_idempotency_key_replays_the_answer(server):
    robot, ann = server.agent(), server.approver()
    body = {"kind": "tool_call", "tool": "deploy", "arguments": {"n": 1}}
    key = {"Idempotency-Key": "a-retry"}
    first = robot.post("/v1/approvals", body, headers=key).expect(201)
    before = robot.log_size()
    second = robot.post("/v1/approvals", body, headers=key).expect(201)
    equal(second.body, first.body)
    equal(second.headers.get("idempotency-replayed"), "true")
    check("idempotency-replayed" not in first.headers)
    equal(robot.log_size(), before, "no new event")
    robot.post("/v1/approvals", {**body, "tool": "pay"}, headers=key) \
         .expect(409, "IDEMPOTENCY_CONFLICT")

    # A refusal is an answer too.
    asked = robot.request("fs.delete", {"path": "/srv/a"})["id"]
    refusals = [ann.post(f"/v1/approvals/{asked}/approve", {}, headers=key) for _ in range(2)]
    equal(refusals[0].status, 409)
    equal(refusals[1].body, refusals[0].body)
    equal(types(ann.trail(asked)).count("approval.attempted"), 1)

    # Keys are per principal, and live as long as the log.
    server.restart()
    robot = server.again(robot)
    equal(robot.post("/v1/approvals", body, headers=key).expect(201).body, first.body)
    other = server.agent("other").post("/v1/approvals", body, headers=key).expect(201)
    check(other.data["id"] != first.data["id"])


def h27_h60_the_log_is_found_by_every_filter(server):
    robot, ann = server.agent(), server.approver()
    asked = [robot.request("deploy", {"n": n}, correlationId=f"flow-{n % 2}") for n in range(6)]
    ann.approve(asked[0]["id"]).expect(200)
    everything = ann.events()
    equal([int(event["sequence"]) for event in everything], list(range(len(everything))))

    def naive(fits):
        return [event for event in everything if fits(event)]

    id = asked[0]["id"]
    equal(ann.events(approvalId=id), naive(lambda e: e["data"].get("approvalId") == id))
    equal(ann.trail(id), ann.events(approvalId=id))
    equal(ann.events(type="approval.requested"), naive(lambda e: e["type"] == "approval.requested"))
    equal(ann.events(correlationId="flow-1"), naive(lambda e: e["correlationid"] == "flow-1"))
    equal(ann.events(actor=robot.id), naive(lambda e: e["data"]["actor"]["id"] == robot.id))
    at = everything[8]["time"]
    equal(ann.events(since=at), naive(lambda e: e["time"] >= at), "since is inclusive")
    equal(ann.events(until=at), naive(lambda e: e["time"] < at), "until is exclusive")

    paged, cursor = [], None
    while True:
        page = ann.get("/v1/events", limit=3, cursor=cursor).expect(200)
        check(len(page.data) <= 3)
        paged += page.data
        cursor = page.json["meta"].get("nextCursor")
        robot.emit().expect(201)  # What comes in meanwhile neither repeats nor skips anything.
        if not cursor or len(paged) >= len(everything):
            break
    equal(paged[:len(everything)], everything)
    one = ann.get(f"/v1/events/{everything[3]['id']}").expect(200).data
    equal(one, everything[3])


def waiting_returns_when_it_is_decided(server):
    robot, ann = server.agent(), server.approver()
    asked, other = robot.request()["id"], robot.request()["id"]

    def wait_for(approval):
        path = f"/v1/approvals/{approval}"
        return robot.clone().get(path, headers={"Prefer": "wait=60"}).expect(200).data["status"]

    # Somebody who has as much patience, and began earlier, for what is not decided.
    beside = threading.Thread(target=wait_for, args=(other,))
    beside.start()
    timer = threading.Timer(0.5, lambda: ann.approve(asked).expect(200))
    timer.start()
    equal(wait_for(asked), "approved")
    check(beside.is_alive(), "it was the decision that ended the wait, not its patience")
    timer.join()
    robot.cancel(other).expect(200)
    beside.join()


def a_server_that_stops_answers_those_who_wait(server):
    robot = server.agent()
    asked = robot.request()["id"]
    told = []

    def wait():
        told.append(robot.get(f"/v1/approvals/{asked}", headers={"Prefer": "wait=60"}))

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(1)
    check(waiting.is_alive(), "nothing was decided")
    equal(server.stop(), 0)
    waiting.join()
    equal([answer.expect(200).data["status"] for answer in told], ["pending"])


def h29_every_failure_has_the_envelope(server):
    robot = server.agent()
    for answer in (robot.get("/v1/approvals/nonsense"), robot.get("/v1/nothing"),
                   server.client().get("/v1/approvals"), robot.post("/v1/approvals", {"kind": 1}),
                   robot.call("DELETE", "/v1/approvals")):
        check(400 <= answer.status < 500, answer.status)
        check(answer.headers["content-type"].startswith("application/problem+json"))
        check(answer.code and answer.error["message"] and answer.trace)
        equal(answer.json["status"], answer.status)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    header = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    equal(robot.get("/v1/approvals", headers=header).trace, trace, "an incoming trace goes on")
    malformed = robot.get("/v1/approvals", headers={"traceparent": "00-zz-11-01"}).expect(200)
    equal(len(malformed.trace), 32, "a malformed one starts anew")


def h3_h5_a_restart_changes_no_byte(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()
    ann.approve(asked["id"]).expect(200)
    before, shown = ann.events(), ann.show(asked["id"])
    server.restart()
    ann = server.again(ann)
    equal(ann.events(), before)
    equal(ann.show(asked["id"]), shown)


def h1_the_store_itself_refuses_updates_and_deletes(server):
    server.agent().request()
    server.stop()
    with contextlib.closing(sqlite3.connect(server.data / "ledger.db")) as database:
        for statement in ("UPDATE events SET body = x'00'", "DELETE FROM events"):
            try:
                database.execute(statement)
            except sqlite3.Error:
                continue
            check(False, "the store accepted", statement)


def a_second_server_on_the_same_directory_refuses(server):
    second = server.cli("serve", "--data", server.data, "--listen", "127.0.0.1:0")
    check(second.returncode not in (0, -9), "exit code", second.returncode)
    check(second.stderr.strip(), "says why")


def emitted_events_are_all_or_nothing(server):
    robot = server.agent()
    one = robot.emit().expect(201).data
    equal(set(one), {"id", "sequence", "time"})
    event = {"type": "mail.send", "target": {"type": "mail", "id": "7"}, "outcome": "success"}
    many = robot.post("/v1/events", [event, event]).expect(201).data["events"]
    equal(len(many), 2)
    before = robot.log_size()
    robot.post("/v1/events", [event, {**event, "type": "approval.succeeded"}]) \
         .expect(403, "RESERVED_EVENT_TYPE")
    equal(robot.log_size(), before)


if __name__ == "__main__":
    run(allowed_by_policy_runs_once_with_two_events, rejected_by_policy_is_final,
        h11_no_match_means_a_human_and_high_risk,
        h24_h25_a_success_writes_exactly_three_events_with_its_trace_id,
        h22_h24_a_block_writes_exactly_two_and_says_the_same_in_both,
        h22_stale_evidence_blocks_and_newer_evidence_unblocks,
        h20_nobody_approves_their_own_request, h18_who_may_decide, quorum_of_two_is_two_humans,
        a_decision_is_bound_to_the_content_that_was_seen, an_approval_executes_exactly_once,
        h19_many_starts_of_one_approval_have_one_winner,
        h35_the_deadline_is_a_denial_recorded_once, h35_a_deadline_survives_a_restart,
        h57_absent_and_foreign_are_the_same, h58_an_idempotency_key_replays_the_answer,
        h27_h60_the_log_is_found_by_every_filter, waiting_returns_when_it_is_decided,
        a_server_that_stops_answers_those_who_wait,
        h29_every_failure_has_the_envelope, h3_h5_a_restart_changes_no_byte,
        h1_the_store_itself_refuses_updates_and_deletes,
        a_second_server_on_the_same_directory_refuses, emitted_events_are_all_or_nothing)
