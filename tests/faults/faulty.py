"""A server under strace, which makes system calls fail or lie, and what must hold afterwards.

A run copies a small store, serves it under a fault, does a few things of each kind and remembers
what it was told; then kills the server, starts it without the fault, and compares. Whatever was
acknowledged must be there, as it was; whatever was not is done once by a retry with the same key.
"""

import http.client
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e/lib"))
from assent_client import (  # noqa: E402
    BINARY,
    PATIENCE,
    Failed,
    Server,
    check,
    equal,
    eventually,
    own_port,
)

# What a server may say while it cannot record.
HONEST = {"AUDIT_UNAVAILABLE", "UNCERTAIN", "OVERLOADED"}
DAMAGED = 8      # A start that finds what nobody wrote.
ROLLED_BACK = 10  # A start that finds less than was promised.


class Template:
    """A store with an agent and an approver, to copy."""

    def __init__(self):
        server = Server()
        self.server = server
        self.robot, self.ann = server.agent(), server.approver()
        server.admin.get("/log/default/checkpoint").expect(200)
        equal(server.stop(), 0)

    def remove(self):
        self.server.remove()


class Run(Server):
    """One server on a copy of the template's store."""

    def __init__(self, template, name):  # Not Server's: there is a store already.
        self.scratch = template.server.scratch / name
        self.data = self.scratch / "data"
        shutil.copytree(template.server.data, self.data)
        self.template = template
        self.made = template.server.made
        self.limits, self.options, self.process = None, (), None
        self.trace = self.scratch / "trace"
        self.acknowledged, self.unanswered = {}, []
        self.refused, self.done_unanswered = 0, 0
        self.checkpoint = None
        self.is_cut_off = False  # Somebody's connection ended without an answer.

    # ---- the process ----

    def start_under(self, *inject):
        """Under strace. False: it did not come up, which is an answer too."""
        self.log = open(self.scratch / "server.log", "ab")
        self.address = ("127.0.0.1", own_port())  # It may be up and unable to say where.
        self.url = "http://%s:%d" % self.address
        # -D: strace is the grandchild, so that signals and exit codes are the server's.
        self.process = subprocess.Popen(
            ["strace", "-D", "-f", "-o", str(self.trace), *inject, BINARY, "serve",
             "--data", str(self.data), "--listen", "%s:%d" % self.address],
            stdout=subprocess.PIPE, stderr=self.log)
        eventually(lambda: self.process.poll() is not None or self.is_up(), "neither up nor gone")
        if self.process.poll() is None:
            return True
        self.end()
        return False

    def is_up(self):
        try:
            return self.client().get("/livez").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def was_injected(self):
        return self.trace.exists() and "(INJECTED" in self.trace.read_text(errors="replace")

    def has_died(self):
        """Whether the fault was its end. Dying takes a moment: a long one only where it shows."""
        is_dying = self.is_cut_off or "killed by SIGKILL" in self.trace.read_text(errors="replace")
        try:
            return self.process.wait(timeout=PATIENCE if is_dying else 2) == -9
        except subprocess.TimeoutExpired:
            return False

    def end(self):
        """kill -9, whether it is there or not."""
        if self.process.poll() is None:
            self.kill()
        elif not self.process.stdout.closed:
            self.close_pipes()

    # ---- what is done meanwhile ----

    def call(self, client, key, path, body):
        """A write under its idempotency key: the answer, or None if there was none."""
        try:
            answer = client.post(path, body, headers={"Idempotency-Key": key})
        except (OSError, http.client.HTTPException):
            client.close()
            self.is_cut_off = True
            self.unanswered.append((client.key, key, path, body))
            return None
        if answer.status < 400:
            check(key not in self.acknowledged, "one key, two first answers")
            self.acknowledged[key] = (client.key, path, body, answer.json["data"])
            return answer
        check(answer.status == 503 and answer.code in HONEST,
              f"{path}: {answer.status} {answer.body[:300]}")
        self.refused += 1
        self.unanswered.append((client.key, key, path, body))
        return None

    def work(self, rounds=2):
        robot, ann = self.again(self.template.robot), self.again(self.template.ann)
        for n in range(rounds):
            event = {"type": "content.publish", "target": {"type": "post", "id": str(n)},
                     "outcome": "success", "metadata": {"round": n}}
            self.call(robot, f"event-{n}", "/v1/events?proof=true", event)
            asked = self.call(robot, f"ask-{n}", "/v1/approvals",
                              {"kind": "tool_call", "tool": "deploy", "arguments": {"n": n}})
            if asked is None:
                continue
            id = asked.json["data"]["id"]
            if self.call(ann, f"yes-{n}", f"/v1/approvals/{id}/approve",
                         {"contentHash": asked.json["data"]["contentHash"]}) is None:
                continue
            started = self.call(robot, f"start-{n}", f"/v1/approvals/{id}/executions", {})
            if started:
                execution = started.json["data"]["executionId"]
                self.call(robot, f"done-{n}", f"/v1/executions/{execution}/complete",
                          {"outcome": "success"})
            self.see_checkpoint(robot)

    def see_checkpoint(self, client):
        try:
            answer = client.get("/log/default/checkpoint")
        except (OSError, http.client.HTTPException):
            client.close()
            self.is_cut_off = True
            return
        if answer.status == 200:
            self.checkpoint = answer.body.decode()

    # ---- what must be true afterwards ----

    def check_everything(self, may_be_found_out=False):
        """After a start without faults. `may_be_found_out`: the disk lied, and the start may say so
        instead of serving. Returns whether it did."""
        try:
            self.start()
        except Failed:
            self.process.wait(timeout=PATIENCE)
            code = self.process.returncode
            self.close_pipes()
            check(may_be_found_out and code in (DAMAGED, ROLLED_BACK),
                  f"does not start, exit code {code}:", self.log_tail())
            return True
        try:
            self.admin = self.client(self.made["adminKey"])
            self.check_acknowledged()
            self.check_head()
            self.check_retries()
            equal(self.stop(), 0)
            self.verify()
        finally:
            self.end()
        return False

    def check_acknowledged(self):
        for key, (who, path, body, data) in self.acknowledged.items():
            again = self.client(who).post(path, body, headers={"Idempotency-Key": key})
            check(again.status < 400, f"{key} was acknowledged and is now {again.status}")
            equal(again.headers.get("idempotency-replayed"), "true", key)
            equal(again.json["data"], data, key)
        at = {event["id"]: int(event["sequence"]) for event in self.admin.events()}
        equal(sorted(at.values()), list(range(len(at))))
        for key, (_, _, _, data) in self.acknowledged.items():
            if key.startswith("event-"):
                equal(at.get(data["id"]), data["sequence"], key)

    def check_head(self):
        """What was shown as the head is a prefix of what is there now."""
        if self.checkpoint is None:
            return
        _, size, root = self.checkpoint.split("\n")[:3]
        proof = self.admin.get("/v1/events/0/proof", size=size).expect(200).body.decode()
        equal(proof.split("\n\n", 1)[1].split("\n")[2], root, "a head that was served is denied")

    def check_retries(self):
        """What was not answered happens once, however often it is tried."""
        for who, key, path, body in self.unanswered:
            first = self.client(who).post(path, body, headers={"Idempotency-Key": key})
            second = self.client(who).post(path, body, headers={"Idempotency-Key": key})
            equal(first.status, second.status, key)
            self.done_unanswered += first.headers.get("idempotency-replayed") == "true"
            if first.status < 400:
                equal(first.json["data"], second.json["data"], key)
        events = self.admin.events(type="content.publish")
        rounds = [event["data"]["metadata"]["round"] for event in events]
        equal(len(rounds), len(set(rounds)), "one effect for each key")

    def remove(self):
        self.end()
        shutil.rmtree(self.scratch, ignore_errors=True)


def main(suite):
    """Runs the suite on a template of its own; 77, which ctest counts as skipped, where nothing can
    be traced: a container may forbid it."""
    if not shutil.which("strace"):
        sys.exit("strace is needed: tools/install test")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        print("skipped: this machine does not let strace trace")
        sys.exit(77)
    template = Template()
    try:
        print(f"  {json.dumps(suite(template), sort_keys=True)}", flush=True)
    finally:
        template.remove()
