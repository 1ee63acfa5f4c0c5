"""What the suites about `assent export` share."""

import json
import time

from assent_client import check, equal, eventually
from bundle import Bundle


def published(server, size=None):
    """Waits until the newest checkpoint has all of the log, or that many."""
    wanted = size or server.admin.log_size()
    path = server.data / "checkpoints" / "default"
    eventually(lambda: int(path.read_text().split("\n")[1]) >= wanted,
               "no checkpoint of that size was published")
    return wanted


def export(server, name, *options, code=0, env=None, data=True):
    """Runs the export; its report and its bundle, or what it said where it fails as expected."""
    path = server.scratch / name
    where = ("--data", server.data) if data else ()
    done = server.cli("export", *where, "--out", path, "--output", "json", *options, env=env)
    equal(done.returncode, code, "exit code:", done.stdout, done.stderr)
    if code:
        check(not path.exists() or path.stat().st_mtime < time.time() - 3600, "no bundle is left")
        return done.stderr
    report = json.loads(done.stdout)
    equal(report["bytes"], path.stat().st_size, "bytes reported")
    return report, Bundle(path)


def leftovers(server):
    return sorted(entry.name for entry in server.scratch.iterdir()
                  if entry.name not in ("data", "server.log") and not entry.name.endswith(".tar"))


def story(server):
    """A log with all that a bundle may have."""
    agent, ann, bob = server.agent(), server.approver("ann"), server.approver("bob")
    approved = agent.request("deploy", {"x": 1}, reason="a release")
    ann.approve(approved["id"], channel="web", rationale="fine").expect(200)
    execution = agent.start(approved["id"]).expect(201).data["executionId"]
    agent.complete(execution).expect(200)
    rejected = agent.request("deploy", {"x": 2})
    ann.reject(rejected["id"], rationale="=HYPERLINK(\"x\"),\nno").expect(200)
    agent.request("fs.read.file", {"path": "/etc/hosts"})
    paid = agent.request("pay", {"amount": 3})
    ann.approve(paid["id"], channel="mail").expect(200)
    bob.approve(paid["id"], channel="chat").expect(200)
    blob = agent.call("PUT", "/v1/blobs", raw=b"all saved\n" * 99,
                      content_type="application/octet-stream").expect(201).data["sha256"]
    deleted = agent.request("fs.delete", {"path": "/srv/a"})
    agent.post(f"/v1/approvals/{deleted['id']}/evidence",
               {"type": "file", "name": "backup.log", "blob": blob}).expect(201)
    ann.approve(deleted["id"]).expect(200)
    agent.post("/v1/approvals", {"kind": "content", "type": "post", "title": "+1, \"big\"",
                                 "content": {"text": "x" * 90_000}}).expect(201)
    emit(agent, 700)
    return {"approved": approved["id"], "rejected": rejected["id"], "paid": paid["id"],
            "deleted": deleted["id"], "blob": blob}


def emit(client, count, outcome="success"):
    event = {"type": "content.publish", "outcome": outcome, "target": {"type": "post", "id": "1"}}
    for begin in range(0, count, 1000):
        events = [event] * min(1000, count - begin)
        client.post("/v1/events", events).expect(201)
