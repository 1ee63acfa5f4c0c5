"""Backup, restore, rebuild, rotation and the sealed key, on whole processes that are killed."""

import base64
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, LONG, check, equal, eventually, run, unwrapped  # noqa: E402

ROUNDS = 40 if LONG else 6


class Writer(threading.Thread):
    """Emits until it is told to stop; counts what was acknowledged."""

    def __init__(self, robot):
        super().__init__()
        self.robot, self.stopping, self.count, self.fault = robot.clone(), False, 0, None

    def run(self):
        try:
            while not self.stopping:
                self.robot.emit(metadata={"n": self.count}).expect(201)
                self.count += 1
        except Exception as fault:
            self.fault = fault


def with_writers(robot, action, count=8):
    """What `action` returns, run while that many write."""
    writers = [Writer(robot) for _ in range(count)]
    for writer in writers:
        writer.start()
    try:
        eventually(lambda: sum(writer.count for writer in writers) > 20, "there is no load")
        result = action()
    finally:
        for writer in writers:
            writer.stopping = True
        for writer in writers:
            writer.join()
    for writer in writers:
        if writer.fault:
            raise writer.fault
    return result


def ended(done, code, *shown):
    equal(done.returncode, code, done.stdout, done.stderr)
    for text in shown:
        check(text in done.stdout + done.stderr, text, "is not in", done.stdout, done.stderr)
    return done


def killed_again_and_again(server, arguments, before, after):
    """Kills that command ROUNDS times, somewhere in the time that it takes."""
    began = time.monotonic()
    ended(server.cli(*arguments), 0)
    seconds, kills = time.monotonic() - began, 0
    while kills < ROUNDS:
        before()
        process = subprocess.Popen([BINARY, *map(str, arguments)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=random.uniform(0, seconds))
            seconds *= 0.9  # It was done already: the next is killed earlier.
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
        after()


def serves(server, data):
    """Serves that directory from now on, and verifies it first."""
    ended(server.cli("verify", "--data", data), 0)
    server.data = data
    server.start()
    server.admin = server.client(server.made["adminKey"])


def h69_a_backup_is_taken_while_eight_write(server):
    robot = server.agent()
    backup, new = server.scratch / "backup", server.scratch / "new"
    server.admin.call("POST", "/v1/blobs", raw=b"a blob", content_type="text/plain")
    done = with_writers(robot, lambda: server.cli("backup", "--data", server.data, "--out", backup,
                                                  "--output", "json"))
    ended(done, 0)
    taken = unwrapped(done.stdout)["events"]
    check(not (backup / "signing.key").exists(), "the key was not asked for")
    equal(server.stop(), 0)
    ended(server.cli("restore", "--from", backup, "--data", new), 1, "--signing-key")
    # The server went on after the backup: what it promised since is not in it.
    ended(server.cli("restore", "--from", backup, "--data", new, "--replacing", server.data), 10,
          "promised", "docs/backup.md#rolled-back")
    ended(server.cli("restore", "--from", backup, "--data", new, "--signing-key",
                     server.data / "signing.key"), 0)
    serves(server, new)
    equal(server.admin.log_size(), taken, "what was in the backup")


def h69_kill_9_during_backup_restore_and_rebuild_leaves_no_half(server):
    robot = server.agent()
    for n in range(200):
        robot.emit(metadata={"n": n}).expect(201)
    backup, new = server.scratch / "backup", server.scratch / "new"
    backing_up = ["backup", "--data", server.data, "--out", backup, "--with-key"]

    def half_a_backup_is_none():
        if not (backup / "backup.json").exists():
            backup.mkdir(exist_ok=True)
            ended(server.cli("restore", "--from", backup, "--data", new), 1, "no backup")

    killed_again_and_again(server, backing_up, lambda: shutil.rmtree(backup),
                           half_a_backup_is_none)
    shutil.rmtree(backup)
    ended(server.cli(*backing_up), 0)
    equal(server.stop(), 0)
    restoring = ["restore", "--from", backup, "--data", new]

    def half_a_store_is_not_served():
        if not (new / "signing.key").exists():
            done = server.cli("serve", "--data", new, "--listen", "127.0.0.1:0")
            check(done.returncode == 1, "half a store was served:", done.stderr)
            new.mkdir(exist_ok=True)
        else:
            ended(server.cli("verify", "--data", new), 0)

    killed_again_and_again(server, restoring, lambda: shutil.rmtree(new),
                           half_a_store_is_not_served)
    rebuilding = ["rebuild", "--data", server.data]
    killed_again_and_again(server, rebuilding, lambda: None,
                           lambda: ended(server.cli("verify", "--data", server.data), 0))
    ended(server.cli(*rebuilding), 0)
    server.start()
    check(server.again(robot).events(), "the index is there")


def h69_an_old_database_put_back_is_not_served(server):
    robot = server.agent()
    equal(server.stop(), 0)
    old = server.scratch / "old.db"
    shutil.copy(server.data / "ledger.db", old)
    server.start()
    server.again(robot).emit(metadata={"n": 1}).expect(201)
    equal(server.stop(), 0)
    shutil.copy(old, server.data / "ledger.db")
    for stale in ("ledger.db-wal", "ledger.db-shm"):
        (server.data / stale).unlink(missing_ok=True)
    refused = server.cli("serve", "--data", server.data, "--listen", "127.0.0.1:0")
    ended(refused, 10, "its checkpoint promised", "written at", "assent restore",
          "docs/backup.md#rolled-back")
    new = server.scratch / "new"
    ended(server.cli("restore", "--replacing", server.data, "--data", new), 10)
    ended(server.cli("restore", "--replacing", server.data, "--data", new, "--accept-loss"), 2)
    done = ended(server.cli("restore", "--replacing", server.data, "--data", new, "--accept-loss",
                            "--reason", "the disk died", "--output", "json"), 0)
    lost = unwrapped(done.stdout)["tenants"][0]
    serves(server, new)
    event = server.admin.events()[-1]
    equal(event["type"], "ledger.restored")
    equal(event["data"]["promisedSize"], lost["lostUpTo"])
    equal(event["data"]["reason"], "the disk died")
    check((new / "checkpoints" / f"default.lost-{lost['lostUpTo']}").exists(), "kept as evidence")


def key_lines(note):
    """The ids of the keys that signed the note, as its lines say: name and the base64."""
    return [line.split(" ")[1:] for line in note.split("\n\n", 1)[1].splitlines()]


def h6_who_trusted_the_old_key_follows_the_handover(server):
    robot = server.agent()
    robot.emit(metadata={"n": 0}).expect(201)
    before = server.cli("key", "rotate-log", "--reason", "scheduled", "--rationale", "yearly",
                        "--url", server.url, "--output", "json",
                        env={"ASSENT_KEY": server.made["adminKey"]})
    rotated = unwrapped(ended(before, 0).stdout)
    equal(rotated["previousVerifierKey"], server.made["verifierKey"])
    robot.emit(metadata={"n": 1}).expect(201)
    ann = server.approver()
    ann.post("/v1/log/keys/rotate", {"reason": "scheduled", "rationale": "x"}).expect(403)
    server.kill()  # Perhaps before the handover was written: then the start makes it.
    server.restart()
    equal(server.stop(), 0)
    handover = (server.data / "checkpoints" / "default.handover-2").read_text()
    equal(handover.splitlines()[1], str(rotated["fromSize"]))
    # The four bytes before the signature are the key's id: hex in the verifier key.
    ids = [base64.b64decode(text)[:4].hex() for _, text in key_lines(handover)]
    equal(ids, [rotated["previousVerifierKey"].split("+")[1],
                rotated["verifierKey"].split("+")[1]])
    note = (server.data / "checkpoints" / "default").read_text()
    equal([base64.b64decode(text)[:4].hex() for _, text in key_lines(note)],
          [rotated["verifierKey"].split("+")[1]])
    server.start()
    event = [each for each in server.client(server.made["adminKey"]).events()
             if each["type"] == "ledger.key_rotated"][0]
    equal(int(event["sequence"]) + 1, rotated["fromSize"])
    equal(event["data"]["rationale"], "yearly")


def the_sealed_key_starts_with_its_passphrase_only(server):
    equal(server.stop(), 0)
    passphrase = server.scratch / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    ended(server.cli("key", "seal", "--data", server.data, "--seal-with", passphrase), 0)
    serve = ["serve", "--data", server.data, "--listen", "127.0.0.1:0"]
    ended(server.cli(*serve), 1, "sealed", "ASSENT_SEAL_FILE")
    wrong = server.scratch / "wrong"
    wrong.write_text("correct house\n")
    ended(server.cli(*serve, env={"ASSENT_SEAL_FILE": str(wrong)}), 1, "passphrase")
    ended(server.cli(*serve, env={"ASSENT_SEAL_FILE": "/nowhere"}), 1, "passphrase")
    credentials = server.scratch / "credentials"
    credentials.mkdir()
    shutil.copy(passphrase, credentials / "assent-seal")
    os.environ["CREDENTIALS_DIRECTORY"] = str(credentials)
    try:
        server.start()
        server.client(server.made["adminKey"]).events()
        equal(server.stop(), 0)
    finally:
        del os.environ["CREDENTIALS_DIRECTORY"]
    key = (server.data / "signing.key").read_text()
    (server.data / "signing.key").write_text(key.replace("nonce ", "nonce A", 1))
    ended(server.cli(*serve, env={"ASSENT_SEAL_FILE": str(passphrase)}), 1, "damaged")
    (server.data / "signing.key").write_text(key)
    ended(server.cli("key", "unseal", "--data", server.data, "--seal-with", passphrase), 0)
    server.start()


if __name__ == "__main__":
    run(h69_a_backup_is_taken_while_eight_write,
        h69_kill_9_during_backup_restore_and_rebuild_leaves_no_half,
        h69_an_old_database_put_back_is_not_served,
        h6_who_trusted_the_old_key_follows_the_handover,
        the_sealed_key_starts_with_its_passphrase_only)
