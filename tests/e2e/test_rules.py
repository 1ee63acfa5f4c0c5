"""Standing rules over HTTP: what is approved in advance is approved that often and not once more,
whoever asks at the same time and whatever happens to the server in the middle."""

import http.client
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import Server, check, equal, run  # noqa: E402

WEB = {"to": {"type": "exact", "value": "web"}}
CALLS, WORKERS, USES = 100, 10, 7


def made(by, tool="deploy", constraints=None, **more):
    body = {"tool": tool, "constraints": constraints or WEB, **more}
    return by.post("/v1/rules", body).expect(201).data


def automatic(client):
    """The automatic approvals in the log, in its order."""
    return [event for event in client.events() if event["type"] == "approval.auto_approved"]


class Asker(threading.Thread):
    """Makes the same call again and again, until the server is gone or it has asked enough."""

    def __init__(self, robot, told, kill_at=None, kill=None):
        super().__init__()
        self.robot, self.told, self.kill_at, self.kill = robot.clone(), told, kill_at, kill
        self.fault = None

    def run(self):
        try:
            for _ in range(CALLS // WORKERS):
                answer = self.robot.request("deploy", {"to": "web"})
                self.told.append((answer["id"], answer["status"]))
                if self.kill and len(self.told) >= self.kill_at:
                    self.kill()
        except (OSError, http.client.HTTPException):
            pass  # The server was killed.
        except Exception as fault:
            self.fault = fault


def ask_a_hundred_times(server, robot, kill_at=None):
    told, once = [], threading.Lock()

    def kill():
        if once.acquire(blocking=False):
            server.kill()
    askers = [Asker(robot, told, kill_at, kill if kill_at else None) for _ in range(WORKERS)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
        if asker.fault:
            raise asker.fault
    return told


def h15_a_hundred_calls_at_once_use_seven_uses(server):
    robot, ann = server.agent(), server.approver()
    rule = made(ann, maxUses=USES)
    told = ask_a_hundred_times(server, robot)
    equal(len(told), CALLS, "calls answered")
    equal(sum(status == "approved" for _, status in told), USES, "approved by the rule")
    events = automatic(ann)
    equal([event["data"]["ruleUse"]["n"] for event in events], list(range(1, USES + 1)), "uses")
    shown = ann.get(f"/v1/rules/{rule['id']}").expect(200).data
    equal((shown["uses"], shown["status"]), (USES, "exhausted"), "the rule afterwards")


def h15_seven_uses_are_seven_across_a_kill_9(server):
    robot, ann = server.agent(), server.approver()
    for kill_at in (1, 3, 6):
        before = len(automatic(ann))
        rule = made(ann, maxUses=USES)
        told = ask_a_hundred_times(server, robot, kill_at)
        server.verify()
        server.restart()
        robot, ann = server.again(robot), server.again(ann)
        told += ask_a_hundred_times(server, robot)
        of_rule = [event for event in automatic(ann) if event["data"]["ruleId"] == rule["id"]]
        equal(len(of_rule), USES, f"killed after {kill_at}: in the log")
        equal(len(automatic(ann)) - before, USES, "by any rule")
        approved = {id for id, status in told if status == "approved"}
        logged = {event["data"]["approvalId"] for event in of_rule}
        check(approved <= logged, "whatever was told is in the log")


def h15_nothing_is_approved_after_the_revocation(server):
    robot, ann = server.agent(), server.approver()
    rule = made(ann)
    equal(robot.request("deploy", {"to": "web"})["status"], "approved", "before")
    timer = threading.Timer(0.02, lambda: ann.clone().post(f"/v1/rules/{rule['id']}/revoke"))
    timer.start()
    ask_a_hundred_times(server, robot)
    timer.join()
    types = [event["type"] for event in ann.events()]
    check("rule.revoked" in types, "it was revoked")
    check("approval.auto_approved" not in types[types.index("rule.revoked"):], "none after it")
    ann.post(f"/v1/rules/{rule['id']}/revoke").expect(409)


def h12_approving_makes_the_rule(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("deploy", {"to": "web", "n": 1})
    ann.approve(asked["id"], createRule={"maxUses": 0}).expect(400)
    ann.reject(asked["id"], createRule=True).expect(400)
    decided = ann.approve(asked["id"], createRule=True).expect(200).data
    equal(ann.get(f"/v1/rules/{decided['ruleId']}").data["createdFrom"], asked["id"], "from")
    equal(robot.request("deploy", {"n": 1, "to": "web"})["ruleId"], decided["ruleId"], "by it")
    equal(robot.request("deploy", {"n": True, "to": "web"})["status"], "pending", "true is not 1")


def numbers_beyond_2_53_are_refused(server):
    ann = server.approver()
    raw = b'{"tool":"deploy","constraints":{"n":{"type":"exact","value":9007199254740993}}}'
    answer = ann.call("POST", "/v1/rules", raw=raw)
    check(400 <= answer.status < 500, f"{answer.status} {answer.body[:300]}")
    equal(ann.get("/v1/rules").data, [], "nothing was made")


if __name__ == "__main__":
    run(h15_a_hundred_calls_at_once_use_seven_uses, h15_seven_uses_are_seven_across_a_kill_9,
        h15_nothing_is_approved_after_the_revocation, h12_approving_makes_the_rule,
        numbers_beyond_2_53_are_refused, make=Server)
