"""H4: what cannot be recorded is refused. The disk is full: 503, nothing changed, reads work."""

import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import PATIENCE, Server, check, equal, eventually, run  # noqa: E402

TMPFS_BYTES = 48 * 1024 * 1024


class SmallDisk:
    """A file system of its own that can be filled, where the caller may mount one."""

    def __init__(self):
        self.place = tempfile.mkdtemp(prefix="assent-disk-")
        options = f"size={TMPFS_BYTES}"
        self.is_mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.place],
            stderr=subprocess.DEVNULL).returncode == 0

    def fill(self):
        with open(os.path.join(self.place, "ballast"), "wb", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        ballast.write(b"\0" * size)
                except OSError:
                    pass

    def free(self):
        os.remove(os.path.join(self.place, "ballast"))

    def remove(self):
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", self.place], check=False)
        shutil.rmtree(self.place, ignore_errors=True)


def fails_closed(server, robot, ann, asked):
    """Writes until the first refusal; nothing after it may have had an effect."""
    for number in range(20_000):
        answer = robot.emit(metadata={"filler": "x" * 2000, "n": number})
        if answer.status != 201:
            break
    check(answer.status == 503, f"after {number} events: {answer.status} {answer.body[:200]}")
    check(answer.code in ("AUDIT_UNAVAILABLE", "UNCERTAIN"), answer.code)
    check("retry-after" in answer.headers, "says when to come back")

    shown = ann.show(asked)
    before = [event["id"] for event in ann.trail(asked)]
    for answer in (ann.approve(asked), ann.reject(asked), robot.cancel(asked),
                   robot.post("/v1/approvals", {"kind": "tool_call", "tool": "fs.read",
                                                "arguments": {"filler": "x" * 20_000}})):
        answer.expect(503)
        check(answer.code in ("AUDIT_UNAVAILABLE", "UNCERTAIN"), answer.code)
        check("approvalId" not in answer.body.decode(), "no id of a success")
    equal(ann.show(asked), shown, "the state")
    equal([event["id"] for event in ann.trail(asked)], before, "the log")
    equal(ann.get("/v1/approvals").status, 200)


def says_it_is_not_ready(server):
    """H67, G40: the parts at fault by name, and nothing of the system's own words."""
    deadline = time.monotonic() + PATIENCE
    while True:  # The failed commit shows at once, the state of the disk within a second or so.
        answer = server.client().get("/readyz").expect(503, "NOT_READY")
        degraded = answer.error["details"]["degraded"]
        if degraded.get("disk") == "full":
            break
        check(time.monotonic() < deadline, "the full disk is not named:", degraded)
        time.sleep(0.1)
    check(set(degraded) <= {"disk", "writer", "checkpoints", "search"}, degraded)
    for secret in (server.disk.place, "errno", "SQL", "space"):
        check(secret not in answer.body.decode(), "says", secret)
    equal(server.client().get("/livez").status, 200)
    page = server.client().get("/metrics").expect(200).body.decode()
    check('assent_part_up{part="disk"} 0' in page, "the page agrees")
    failures = re.search(r"^assent_writer_failures_total (\d+)", page, re.M)
    check(int(failures[1]) > 0, "the failed commits were counted")


def says_it_is_ready_again(server):
    """By itself: nobody sends writes to a server that is not ready."""
    eventually(lambda: server.client().get("/readyz").status == 200, "is still not ready")


def h4_a_full_disk_is_refused_and_heals(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request()["id"]
    if server.disk.is_mounted:
        server.disk.fill()
    fails_closed(server, robot, ann, asked)
    if server.disk.is_mounted:
        says_it_is_not_ready(server)
        server.disk.free()
        says_it_is_ready_again(server)
        answer = ann.approve(asked)
        if answer.status == 503:  # A store may insist on a restart before it trusts its disk again.
            server.restart()
            robot, ann = server.again(robot), server.again(ann)
            answer = ann.approve(asked)
        answer.expect(200)
    else:
        server.limits = None
    server.restart()
    ann = server.again(ann)
    if not server.disk.is_mounted:
        ann.approve(asked).expect(200)
    equal(ann.show(asked)["status"], "approved")


def small_files_only():
    """Without a disk of our own: no file of the server may grow past eight megabytes."""
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # Then write() fails with EFBIG.
    limit = 8 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def make():
    disk = SmallDisk()
    if disk.is_mounted:
        server = Server(directory=os.path.join(disk.place, "data"))
    else:
        server = Server(limits=small_files_only)
    server.disk = disk
    remove = server.remove
    server.remove = lambda: (remove(), disk.remove())
    return server


if __name__ == "__main__":
    run(h4_a_full_disk_is_refused_and_heals, make=make)
