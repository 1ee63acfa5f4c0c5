"""The server executes what was approved: one signed call for each attempt, to a real receiver."""

import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import PATIENCE, equal, eventually, run, types, unwrapped  # noqa: E402


TIMEOUTS = {"ok": "1h", "lie": "1h", "refuse": "1h", "break": "1h", "reset": "1h",
            "redirect": "1h", "stuck": "1h", "hang": "2s"}


class Receiver(http.server.ThreadingHTTPServer):
    """Verifies each call, keeps it, and answers what the path's last part asks for."""

    daemon_threads = True

    def __init__(self, secret):
        super().__init__(("127.0.0.1", 0), Handler)
        self.secret = base64.b64decode(secret.removeprefix("whsec_"))
        self.calls = []
        self.forged = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, answer):
        return f"http://127.0.0.1:{self.server_port}/{answer}"

    def handle_error(self, request, address):
        pass  # A server that is killed leaves broken connections behind.


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}."
        signed = head.encode() + body
        mac = hmac.new(self.server.secret, signed, hashlib.sha256).digest()
        if f"v1,{base64.b64encode(mac).decode()}" not in self.headers["webhook-signature"].split():
            self.server.forged += 1
            return self.answer(401, {})
        self.server.calls.append(json.loads(body))
        kind = self.path.rsplit("/", 1)[1]
        if kind in ("hang", "stuck"):
            time.sleep(PATIENCE)  # Longer than anybody waits.
        if kind == "reset":
            return self.connection.close()
        status = {"refuse": 403, "break": 500, "redirect": 302}.get(kind, 200)
        self.answer(status, {"success": False} if kind == "lie" else {"done": True})

    def answer(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.server.url("ok"))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass


def receiver_of(server):
    shown = server.cli("executor", "secret", "--data", server.data, "--output", "json")
    equal(shown.returncode, 0, shown.stderr)
    return Receiver(unwrapped(shown.stdout)["secret"])


def policy(server, receiver):
    entries = [f'  - {{match: {{tool: "{kind}.*"}}, riskTier: low, decision: allow, '
               f'maxAttempts: 2, executor: {{url: "{receiver.url(kind)}", timeout: {timeout}}}}}\n'
               for kind, timeout in TIMEOUTS.items()]
    people = (f'  - {{match: {{tool: "asked"}}, riskTier: medium, maxAttempts: 2, '
              f'executor: {{url: "{receiver.url("ok")}", timeout: 1h}}}}\n')
    text = "version: 1\ntools:\n" + "".join(entries) + people
    server.admin.call("PUT", "/v1/policy", raw=text.encode(),
                      content_type="application/yaml").expect(200)


def ended(client, approval, status):
    eventually(lambda: client.show(approval)["status"] == status, "never", status)


def calls_for(receiver, approval):
    return [call for call in receiver.calls if call["approvalId"] == approval]


def h39_what_was_approved_is_called_once_signed_and_bound(server):
    receiver = receiver_of(server)
    policy(server, receiver)
    robot, ann = server.agent(), server.approver()
    asked = robot.request("asked", {"n": 1})
    time.sleep(0.7)
    equal(calls_for(receiver, asked["id"]), [], "nothing before the yes")
    robot.start(asked["id"]).expect(409)
    ann.approve(asked["id"], contentHash=asked["contentHash"]).expect(200)
    ended(robot, asked["id"], "executed")
    robot.start(asked["id"]).expect(409)
    calls = calls_for(receiver, asked["id"])
    equal(len(calls), 1)
    equal([calls[0][name] for name in ("contentHash", "tool", "arguments", "attempt")],
          [asked["contentHash"], "asked", {"n": 1}, 1])
    trail = robot.trail(asked["id"])
    equal(types(trail)[-3:], ["grant.consumed", "execution.started", "execution.succeeded"])
    equal(trail[-1]["data"]["actor"]["type"], "system")
    equal(trail[-2]["data"]["onBehalfOf"], robot.id)
    equal(receiver.forged, 0)


def h41_a_failure_is_tried_again_up_to_the_cap_and_then_somebody_is_called(server):
    receiver = receiver_of(server)
    policy(server, receiver)
    robot = server.agent()
    for kind in ("refuse.x", "lie.x"):
        asked = robot.request(kind)["id"]
        eventually(lambda: "escalation.triggered" in types(robot.trail(asked)), kind)
        equal(types(robot.trail(asked)).count("execution.failed"), 2)
        calls = calls_for(receiver, asked)
        equal([call["attempt"] for call in calls], [1, 2])
        equal(len({call["executionId"] for call in calls}), 2)
        time.sleep(2.5)
        equal(len(calls_for(receiver, asked)), 2, "not a third time")


def h40_what_may_have_happened_is_unknown_and_never_tried_again(server):
    receiver = receiver_of(server)
    policy(server, receiver)
    robot, ann = server.agent(), server.approver()
    asked = {kind: robot.request(f"{kind}.x")["id"]
             for kind in ("break", "hang", "reset", "redirect")}
    for kind, approval in asked.items():
        ended(robot, approval, "unknown")
    time.sleep(2.5)
    for kind, approval in asked.items():
        equal(len(calls_for(receiver, approval)), 1, kind)
    unknown = {each["id"] for each in ann.get("/v1/approvals", status="unknown").expect(200).data}
    equal(unknown, set(asked.values()), "the unresolved list")
    execution = robot.show(asked["break"])["executions"][0]["id"]
    robot.complete(execution).expect(403)
    ann.post(f"/v1/executions/{execution}/resolve",
             {"as": "success", "note": "the receiver's log has it"}).expect(200)
    equal(robot.show(asked["break"])["status"], "executed")


def trap16_a_crash_in_the_middle_never_calls_twice(server):
    receiver = receiver_of(server)
    policy(server, receiver)
    robot = server.agent()
    asked = robot.request("stuck.x")["id"]
    eventually(lambda: calls_for(receiver, asked), "never called")
    server.kill()
    server.start()
    robot = server.again(robot)
    later = robot.request("ok.x")["id"]
    ended(robot, later, "executed")
    time.sleep(2)
    equal(len(calls_for(receiver, asked)), 1)
    equal(types(robot.trail(asked))[-1], "execution.started", "its lease has not passed yet")


def h50_a_kill_switch_holds_for_the_server_too(server):
    receiver = receiver_of(server)
    policy(server, receiver)
    robot, ann = server.agent(), server.approver()
    asked = robot.request("asked")["id"]
    server.admin.post("/v1/killswitches",
                      {"scope": "tool", "tool": "asked", "reason": "stop"}).expect(201)
    ann.approve(asked).expect(409, "KILL_SWITCH")
    waiting = robot.request("ok.x")["id"]
    ended(robot, waiting, "executed")
    equal(calls_for(receiver, asked), [])


if __name__ == "__main__":
    run(h39_what_was_approved_is_called_once_signed_and_bound,
        h41_a_failure_is_tried_again_up_to_the_cap_and_then_somebody_is_called,
        h40_what_may_have_happened_is_unknown_and_never_tried_again,
        trap16_a_crash_in_the_middle_never_calls_twice,
        h50_a_kill_switch_holds_for_the_server_too)
