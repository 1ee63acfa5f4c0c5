"""A store to tamper with, and what `assent verify` says of each copy."""

import contextlib
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

E2E = pathlib.Path(__file__).parents[1] / "e2e"
sys.path[:0] = [str(E2E), str(E2E / "lib")]
from assent_client import BINARY, LONG, PATIENCE, Server, check, equal, eventually  # noqa: E402
import test_schemas as story  # noqa: E402

FAILED = 8
OTHER_VERSION = 9  # Somebody has been at the list of migrations.
TENANT = 1  # `default`'s number.
SEQUENCE_BITS = 40


def position_of(sequence):
    return (TENANT << SEQUENCE_BITS) | sequence


class Victim:
    """A store in which everything has happened, and 300 events more, so that it has nodes."""

    def __init__(self):
        server = Server(policy=story.POLICY)
        try:
            robot, ann, bob = server.agent(), server.approver(), server.approver("bob")
            expiring = robot.request_until(1, template="quick")["id"]
            story.decide_in_every_way(server, robot, ann, bob)
            story.gather_evidence(robot, ann)
            story.execute_in_every_way(robot, ann)
            story.rule_in_every_way(robot, ann)
            story.plan_in_every_way(robot, ann)
            eventually(lambda: robot.show(expiring)["status"] == "expired")
            ann.approve(expiring).expect(410)
            server.admin.post("/v1/killswitches", {"scope": "tool", "tool": "nuke",
                                                   "reason": "no"}).expect(201)
            server.admin.post("/v1/tenants", {"name": "acme"}).expect(201)
            line = {"type": "content.publish", "outcome": "success",
                    "target": {"type": "post", "id": "1"}}
            server.admin.call("PUT", "/v1/log/visibility", {"public": True}).expect(200)
            lines = "".join(json.dumps(line) + "\n" for _ in range(300))
            robot.call("POST", "/v1/events", raw=lines.encode(),
                       content_type="application/x-ndjson").expect(201)
            server.admin.post("/v1/log/keys/rotate",
                              {"reason": "scheduled", "rationale": "a year"}).expect(200)
            robot.post("/v1/events", line, headers={"Idempotency-Key": "once"}).expect(201)
            equal(server.stop(), 0)
        except BaseException:
            server.remove()
            raise
        self.server = server
        self.data = server.data
        shutil.rmtree(self.data / "search")  # Nobody verifies what can be made again.
        with self.connect(self.data) as database:
            # The whole store in its one file, so that copies are small.
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            self.tables = {name: database.execute(f"PRAGMA table_info({name})").fetchall()
                           for (name,) in tables.fetchall()}

    @staticmethod
    def connect(data):
        """Closed at the end of the `with`: a connection left to the garbage collector takes its
        write-ahead log away in the middle of somebody's copy."""
        return contextlib.closing(sqlite3.connect(data / "ledger.db", isolation_level=None))

    def remove(self):
        self.server.remove()


@contextlib.contextmanager
def copy_of(data):
    memory = pathlib.Path("/dev/shm")
    scratch = tempfile.mkdtemp(prefix="assent-tamper-", dir=memory if memory.is_dir() else None)
    try:
        shutil.copytree(data, pathlib.Path(scratch) / "data")
        yield pathlib.Path(scratch) / "data"
    finally:
        shutil.rmtree(scratch)


@contextlib.contextmanager
def without_triggers(data):
    """A connection for whoever goes around the triggers and puts them back."""
    with Victim.connect(data) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = triggers.fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        yield database
        for _, sql in triggers:
            database.execute(sql)


def verdict(data):
    """What verify says: nothing, or the finding."""
    done = subprocess.run([BINARY, "verify", "--data", str(data), "--output", "json"],
                          capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode == OTHER_VERSION:
        check("version" in done.stderr, done.stderr)
        return {"sequence": None, "what": done.stderr}
    said = json.loads(done.stdout)
    said = said.get("data", said)
    if done.returncode == 0:
        check(said["ok"], done.stdout)
        return None
    equal(done.returncode, FAILED, done.stdout, done.stderr)
    check(not said["ok"] and said["finding"]["what"], done.stdout)
    return said["finding"]


def main(*suites):
    victim = Victim()
    failures = 0
    try:
        equal(verdict(victim.data), None, "an untouched store verifies")
        for suite in suites:
            began = time.monotonic()
            try:
                print(f"{suite.__name__}: {json.dumps(suite(victim), sort_keys=True)} "
                      f"({time.monotonic() - began:.1f} s)", flush=True)
            except Exception as fault:
                failures += 1
                print(f"{suite.__name__}: FAILED {fault}", flush=True)
    finally:
        victim.remove()
    sys.exit(1 if failures else 0)


__all__ = ["LONG", "Victim", "check", "copy_of", "equal", "main", "position_of", "verdict",
           "without_triggers"]
