"""H67: /metrics counts exactly what was done, is well-formed, and says nothing of any tenant."""

import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import check, equal, eventually, run  # noqa: E402

SECRETS = ["zebra-tool", "zebra-argument", "zebra-name", "zebra.type", "zebra-tenant",
           "zebra-key", "zebra-query"]


def page_of(server):
    """The page as text: anybody may have it."""
    answer = server.client().get("/metrics").expect(200)
    equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
    return answer.body.decode()


def samples_of(page):
    """Values by name and labels, the labels sorted."""
    samples = {}
    for line in page.splitlines():
        if line.startswith("#") or not line:
            continue
        name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
        key = name + "{" + ",".join(sorted(re.findall(r'\w+="[^"]*"', labels or ""))) + "}"
        check(key not in samples, "twice:", key)
        samples[key] = float(value)
    return samples


def is_counter(key):
    return re.match(r"[a-z_]+(_total|_bucket|_count|_sum)\{", key)


def moved(before, after, prefix):
    """How the counters of that name moved, but for those that did not."""
    return {key[len(prefix):]: after[key] - before.get(key, 0) for key in after
            if key.startswith(prefix + "{") and after[key] != before.get(key, 0)}


def promtool_is_content(page):
    check(shutil.which("promtool"), "promtool is missing: tools/install test")
    done = subprocess.run(["promtool", "check", "metrics"], input=page, text=True,
                          capture_output=True)
    equal((done.returncode, done.stdout, done.stderr), (0, "", ""), "promtool says")


def h67_counters_move_by_exactly_what_was_done(server):
    robot, ann = server.agent(), server.approver()
    before = samples_of(page_of(server))

    evidenced = robot.request("fs.delete")["id"]
    ann.approve(evidenced).expect(409, "EVIDENCE_REQUIRED")
    robot.approve(evidenced).expect(403)
    robot.approve(evidenced).expect(403)
    ann.attach(evidenced).expect(201)
    ann.approve(evidenced).expect(200)
    ann.approve(evidenced).expect(409, "INVALID_STATE")
    started = robot.start(evidenced).expect(201).data
    robot.complete(started["executionId"], "unknown").expect(200)
    ann.reject(robot.request()["id"]).expect(200)
    robot.cancel(robot.request()["id"]).expect(200)
    robot.request("fs.read")
    waiting = robot.request()["id"]
    for _ in range(3):
        robot.emit().expect(201)
    server.client().get("/v1/approvals").expect(401)
    robot.get("/v1/nothing").expect(404)

    after = samples_of(page_of(server))
    for name, expected in {
        "assent_approvals_requested_total": {"{}": 5},
        "assent_approvals_decided_total": {
            '{outcome="approved"}': 1, '{outcome="rejected"}': 1, '{outcome="cancelled"}': 1,
            '{outcome="auto_approved"}': 1},
        "assent_approvals_blocked_total": {
            '{reason="evidence_required"}': 1, '{reason="forbidden"}': 2,
            '{reason="invalid_state"}': 1},
        "assent_approvals_expired_total": {},
        "assent_grants_refused_total": {},
        "assent_executions_ended_total": {'{outcome="unknown"}': 1},
        "assent_writer_failures_total": {},
    }.items():
        equal(moved(before, after, name), expected, name)
    requests = moved(before, after, "assent_http_requests_total")
    for sample, count in {
        '{code="201",operation="request_approval"}': 5, '{code="200",operation="approve"}': 1,
        '{code="409",operation="approve"}': 2, '{code="403",operation="approve"}': 2,
        '{code="201",operation="emit_events"}': 3, '{code="404",operation="no_such_path"}': 1,
        '{code="401",operation="list_approvals"}': 1, '{code="200",operation="metrics"}': 1,
    }.items():
        equal(requests.get(sample), count, sample)

    # What was counted is what is in the log, event by event.
    events = {}
    for event in server.admin.events():
        of_log = event["type"] if event["type"] != "content.publish" else "emitted"
        events[of_log] = events.get(of_log, 0) + 1
    del events["ledger.created"]  # And the admin: `init` did those, in another process.
    events["principal.created"] -= 1
    events["key.created"] -= 1
    counted = {key.split('"')[1]: value for key, value in after.items()
               if key.startswith("assent_events_appended_total{")}
    equal(counted, events, "events by type")
    equal(after["assent_log_events{}"], sum(events.values()) + 3)

    ann.cancel(waiting)


def gauges_follow_the_state(server):
    robot, ann = server.agent(), server.approver()

    def becomes(expected):
        def are_so():
            samples = samples_of(page_of(server))
            return expected == [samples[f"assent_{name}{{}}"] for name in
                                ("approvals_pending", "grants_unused", "executions_unknown")]
        eventually(are_so, "the gauges are never", expected)

    becomes([0, 0, 0])
    asked = robot.request()["id"]
    robot.request()
    becomes([2, 0, 0])
    ann.approve(asked).expect(200)
    becomes([1, 1, 0])
    execution = robot.start(asked).expect(201).data["executionId"]
    becomes([1, 0, 0])
    robot.complete(execution, "unknown").expect(200)
    becomes([1, 0, 1])


def the_page_is_well_formed_and_counters_only_grow(server):
    robot = server.agent()
    robot.request()
    first = page_of(server)
    promtool_is_content(first)
    for name in re.findall(r"^# TYPE (\S+)", first, re.M):
        check(name.startswith("assent_"), name)
    robot.emit().expect(201)
    robot.get("/v1/approvals/nonsense")
    second = page_of(server)
    promtool_is_content(second)
    before, after = samples_of(first), samples_of(second)
    for key, value in before.items():
        check(key in after, "went away:", key)
        check(not is_counter(key) or after[key] >= value, "shrank:", key)


def the_page_says_nothing_of_anybody(server):
    ann = server.approver("zebra-name")
    robot = server.agent("zebra-name")
    asked = robot.request("zebra-tool", {"path": "zebra-argument"})["id"]
    robot.emit(type="zebra.type").expect(201)
    robot.post("/v1/approvals", {"kind": "tool_call", "tool": "deploy"},
               headers={"Idempotency-Key": "zebra-key"}).expect(201)
    robot.get("/v1/approvals", zebra="zebra-query").expect(400)
    robot.get("/zebra-query").expect(404)
    server.admin.post("/v1/tenants", {"name": "zebra-tenant"}).expect(201)
    ann.approve(asked).expect(200)
    page = page_of(server)
    for secret in SECRETS + ["zebra", "default", "prn_", "apr_", "ten_", "ask_", robot.id]:
        check(secret not in page, "the page has", secret)


if __name__ == "__main__":
    run(h67_counters_move_by_exactly_what_was_done, gauges_follow_the_state,
        the_page_is_well_formed_and_counters_only_grow, the_page_says_nothing_of_anybody)
