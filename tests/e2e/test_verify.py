"""`assent verify` over a store, over a log's pages, and what it says of those who tampered.

The pages are files that this suite writes from the store's own entries, with a tree of its own,
behind Python's web server: nothing of the server's code for pages takes part.
"""

import base64
import contextlib
import functools
import gzip
import hashlib
import http.server
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, PATIENCE, check, equal, run  # noqa: E402

FAILED, UNAVAILABLE, USAGE = 8, 9, 2


def verify(*arguments, env=None):
    """The exit code, and what --output json says."""
    done = subprocess.run([BINARY, "verify", "--output", "json", *map(str, arguments)],
                          capture_output=True, text=True, timeout=PATIENCE, env=env)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


# ---- The pages, written naively ----


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root_of(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\1" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def tile_name(kind, index, width):
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at:at + 3] for at in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{kind}/{path}" + ("" if width == 256 else f".p/{width}")


def write_page(root, name, body):
    page = root / name
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(body)


def write_pages(root, checkpoint, entries):
    write_page(root, "checkpoint", checkpoint)
    for at in range(0, len(entries), 256):
        part = entries[at:at + 256]
        body = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
        write_page(root, tile_name("entries", at // 256, len(part)), body)
    level, hashes = 0, [leaf_hash(entry) for entry in entries]
    while hashes:
        for at in range(0, len(hashes), 256):
            part = hashes[at:at + 256]
            write_page(root, tile_name(level, at // 256, len(part)), b"".join(part))
        full = len(hashes) // 256 * 256
        hashes = [root_of(hashes[at:at + 256]) for at in range(0, full, 256)]
        level += 1


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    key = None

    def do_GET(self):
        # Who has found what is wrong does not wait for the other pages.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.answer()

    def answer(self):
        if self.key and self.headers.get("Authorization") != "Bearer " + self.key:
            self.send_error(401)
            return
        super().do_GET()

    def log_message(self, *_):
        pass


class Site:
    """A folder behind HTTP."""

    def __init__(self, folder, key=None):
        handler = type("Handler", (Quiet,), {"key": key})
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def size_in(note):
    return int(note.split(b"\n")[1])


def log_of(server):
    """The newest checkpoint and the entries below it."""
    note = (server.data / "checkpoints/default").read_bytes()
    with contextlib.closing(sqlite3.connect(server.data / "ledger.db")) as database:
        rows = database.execute(
            "SELECT body FROM events WHERE position >> 40 = 1 ORDER BY position")
        entries = [bytes(row[0]) for row in rows]
    return note, entries[:size_in(note)]


def publish(server, folder):
    note, entries = log_of(server)
    shutil.rmtree(folder, ignore_errors=True)
    write_pages(folder / "log/default", note, entries)
    return note, entries


def emit(robot, count):
    for at in range(0, count, 100):
        events = [{"type": "content.publish", "outcome": "success",
                   "target": {"type": "post", "id": str(at + i)}}
                  for i in range(min(100, count - at))]
        robot.post("/v1/events", events).expect(201)


def stopped_with(server, count):
    """The folder of a stopped server's log with so many emitted events."""
    emit(server.agent(), count)
    equal(server.stop(), 0)
    folder = server.scratch / "pages"
    return folder, *publish(server, folder)


# ---- A bundle of the whole log ----

ORDER = ["manifest.json", "checkpoint", "keys.json", "events.ndjson", "proofs.ndjson",
         "witnesses.json"]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def write_manifest(folder, server):
    note, _ = log_of(server)
    size = size_in(note)
    files = {}
    for name in ORDER[1:]:
        body = (folder / name).read_bytes()
        files[name] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    (folder / "manifest.json").write_bytes(canonical({
        "format": "assent-bundle/1", "tenant": "default", "origin": note.split(b"\n")[0].decode(),
        "selection": {"kind": "range", "begin": 0, "end": size}, "size": size,
        "verifierKey": server.made["verifierKey"], "createdAt": "2026-01-01T00:00:00.000000Z",
        "files": files}))


def write_bundle(folder, server):
    note, entries = log_of(server)
    folder.mkdir()
    (folder / "checkpoint").write_bytes(note)
    (folder / "keys.json").write_bytes(canonical(
        [{"verifierKey": server.made["verifierKey"], "fromSize": 0, "handover": None}]))
    (folder / "events.ndjson").write_bytes(b"".join(entry + b"\n" for entry in entries))
    (folder / "proofs.ndjson").write_bytes(canonical({"peaks": [], "consistency": []}))
    (folder / "witnesses.json").write_bytes(canonical({"policy": None, "keys": []}))
    write_manifest(folder, server)


def pack(folder, path):
    with tarfile.open(path, "w") as archive:
        for name in ORDER:
            archive.add(folder / name, arcname=name)
    return path


# ---- What is verified ----


def a_log_is_verified_from_its_pages(server):
    key = server.made["verifierKey"]
    folder, note, entries = stopped_with(server, 700)
    with Site(folder) as site:
        code, said = verify("--url", site.url, "--key", key)
        equal(code, 0, said)
        tenant = said["tenants"][0]
        equal(said["ok"], True)
        equal(said["events"], len(entries))
        equal(tenant["size"], size_in(note))
        equal(tenant["root"], base64.b64decode(note.split(b"\n")[2]).hex())
        equal(tenant["keyPinned"], True)
        equal(tenant["scope"], {"kind": "log", "complete": True})
        code, said = verify("--url", site.url)
        equal((code, said["tenants"][0]["keyPinned"]), (0, False))
        code, said = verify("--url", site.url, "--tenant", "nobody")
        equal(code, UNAVAILABLE, said)
    code, said = verify("--url", "http://127.0.0.1:1")
    equal(code, UNAVAILABLE, said)


def the_servers_own_pages_verify(server):
    """And go on to after the key was rotated, for whoever kept the old one and the handover."""
    key = server.made["verifierKey"]
    admin = {"ASSENT_KEY": server.made["adminKey"], "PATH": "/usr/bin:/bin"}
    robot = server.agent()
    emit(robot, 700)
    server.admin.get("/v1/events", limit=1).expect(200)
    code, said = verify("--url", server.url, "--key", key, env=admin)
    equal(code, 0, said)
    equal(verify("--url", server.url, "--key", key)[0], UNAVAILABLE, "it is not public")
    server.admin.post("/v1/log/keys/rotate", {"reason": "compromised",
                                                 "rationale": "it leaked"}).expect(200)
    emit(robot, 10)
    equal(server.stop(), 0)
    server.restart()
    code, said = verify("--url", server.url, env=admin)
    equal(code, 0, said)
    check("compromised" in said["tenants"][0]["remarks"][0], said)
    check(said["tenants"][0]["verifierKey"] != key, said)
    code, said = verify("--url", server.url, "--key", key, env=admin)
    equal(code, FAILED, said)
    handover = next((server.data / "checkpoints").glob("default.handover-*"))
    code, said = verify("--url", server.url, "--key", key, "--against", handover, env=admin)
    equal(code, 0, said)
    equal(said["tenants"][0]["keyPinned"], True)
    code, said = verify("--data", server.data, "--against", handover)
    equal(code, 0, said)
    kept = handover.read_bytes()
    handover.write_bytes(kept.replace(b"\n7", b"\n6", 1))
    equal(verify("--data", server.data)[0], FAILED, "a handover that is none")
    handover.write_bytes(kept)


def every_page_that_is_changed_is_named(server):
    key = server.made["verifierKey"]
    folder, _, entries = stopped_with(server, 600)
    log = folder / "log/default"
    pages = [page for page in log.rglob("*") if page.is_file()]
    check(len(pages) >= 7, pages)
    with Site(folder) as site:
        for page in pages:
            kept = page.read_bytes()
            name = str(page.relative_to(log))
            for where in (0, len(kept) // 2, len(kept) - 1):
                changed = bytearray(kept)
                changed[where] ^= 1
                page.write_bytes(changed)
                code, said = verify("--url", site.url, "--key", key)
                equal(code, FAILED, name, where, said)
                # An entry that was changed shows in the tile of its hash.
                if name.startswith("tile/0") or name == "checkpoint":
                    equal(said["finding"]["file"], name)
            page.write_bytes(kept[:-1])
            equal(verify("--url", site.url, "--key", key)[0], FAILED, name, "cut off")
            page.unlink()
            expected = UNAVAILABLE if name == "checkpoint" else FAILED
            equal(verify("--url", site.url, "--key", key)[0], expected, name, "removed")
            page.write_bytes(kept)
        changed = bytearray((log / "tile/0/001").read_bytes())
        changed[32 * 44] ^= 1
        (log / "tile/0/001").write_bytes(changed)
        finding = verify("--url", site.url, "--key", key)[1]["finding"]
        equal((finding["file"], finding["sequence"]), ("tile/0/001", 300))
    check(len(entries) > 512, "three bundles")


def a_forged_entry_with_its_matching_hashes_is_found(server):
    """CVE-2026-56865: a reader that trusts a tile because its entries fit it believes both."""
    key = server.made["verifierKey"]
    folder, note, entries = stopped_with(server, 600)
    log = folder / "log/default"

    def forged(at):
        changed = list(entries)
        changed[at] = changed[at].replace(b"success", b"failure")
        check(changed[at] != entries[at], "it was changed")
        return changed

    def finding(site):
        code, said = verify("--url", site.url, "--key", key)
        equal(code, FAILED, said)
        return said["finding"]["file"]

    with Site(folder) as site:
        # At the edge, where several subtrees of the root share the tile: only the root can tell.
        write_pages(log, note, forged(len(entries) - 1))
        equal(finding(site), "checkpoint")
        # In a full tile, whose hash is in the tile above, forged too or not.
        write_pages(log, note, forged(300))
        equal(finding(site), "checkpoint")
        above = log / "tile/1/000.p/2"
        write_pages(log, note, entries)
        kept = above.read_bytes()
        write_pages(log, note, forged(300))
        above.write_bytes(kept)
        equal(finding(site), "tile/1/000.p/2")
        write_pages(log, note, entries)
        equal(verify("--url", site.url, "--key", key)[0], 0)


def a_partial_page_may_give_way_to_the_full_one(server):
    robot = server.agent()
    emit(robot, 300)
    equal(server.stop(), 0)
    folder = server.scratch / "pages"
    note, entries = publish(server, folder)
    log = folder / "log/default"
    first = entries[:256] + entries[256:] + entries[:256]
    # Full pages in place of the partial ones, as a log that has grown since would have them.
    body = b"".join(len(e).to_bytes(2, "big") + e for e in first[256:512])
    write_page(log, tile_name("entries", 1, 256), body)
    write_page(log, tile_name(0, 1, 256), b"".join(map(leaf_hash, first[256:512])))
    for partial in log.rglob("*.p"):
        if "tile/1" not in str(partial):
            shutil.rmtree(partial)
    with Site(folder) as site:
        code, said = verify("--url", site.url, "--key", server.made["verifierKey"])
        equal(code, 0, said)


def a_log_that_is_not_public_wants_a_key(server):
    folder, _, _ = stopped_with(server, 10)
    with Site(folder, key="secret") as site:
        equal(verify("--url", site.url)[0], UNAVAILABLE)
        code, said = verify("--url", site.url, env={"ASSENT_KEY": "secret", "PATH": "/usr/bin"})
        equal(code, 0, said)


def another_key_is_refused(server):
    folder, _, _ = stopped_with(server, 3)
    name, id, key = server.made["verifierKey"].split("+", 2)
    raw = bytearray(base64.b64decode(key))
    raw[5] ^= 1
    id = hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    other = f"{name}+{id}+{base64.b64encode(raw).decode()}"
    with Site(folder) as site:
        code, said = verify("--url", site.url, "--key", other)
        equal(code, FAILED, said)
        equal(said["finding"]["file"], "checkpoint")


def a_remembered_head_shows_a_rollback(server):
    robot = server.agent()
    emit(robot, 300)
    equal(server.stop(), 0)
    state = server.scratch / "state.json"
    old, new = server.scratch / "old", server.scratch / "new"
    publish(server, old)
    server.restart()
    emit(server.again(robot), 300)
    equal(server.stop(), 0)
    note, _ = publish(server, new)
    shown = server.scratch / "shown"
    with Site(shown) as site:
        for folder, expected in ((old, 0), (old, 0), (new, 0), (old, FAILED)):
            shutil.rmtree(shown, ignore_errors=True)
            shutil.copytree(folder, shown)
            code, said = verify("--url", site.url, "--state", state)
            equal(code, expected, said)
        check("rolled back" in said["finding"]["what"], said)
        equal(json.loads(state.read_text())["checkpoint"], note.decode())
        state.write_text("{}")
        equal(verify("--url", site.url, "--state", state)[0], USAGE)


def two_histories_of_one_log_are_told_apart(server):
    """A copy of the store goes its own way, under the same key."""
    robot = server.agent()
    equal(server.stop(), 0)
    copy = server.scratch / "copy"
    shutil.copytree(server.data, copy)
    server.restart()
    server.again(robot).emit(target={"type": "post", "id": "shown to one"}).expect(201)
    equal(server.stop(), 0)
    kept = server.scratch / "kept"
    kept.write_bytes((server.data / "checkpoints/default").read_bytes())
    ours = server.data
    server.data = copy
    server.restart()
    server.again(robot).emit(target={"type": "post", "id": "shown to another"}).expect(201)
    equal(server.stop(), 0)
    equal(size_in((copy / "checkpoints/default").read_bytes()), size_in(kept.read_bytes()))
    publish(server, server.scratch / "pages")
    equal(verify("--data", ours, "--against", kept)[0], 0)
    code, said = verify("--data", copy, "--against", kept)
    equal(code, FAILED, said)
    check("split view" in said["finding"]["what"], said)
    with Site(server.scratch / "pages") as site:
        code, said = verify("--url", site.url, "--against", kept)
        equal(code, FAILED, said)
        check("split view" in said["finding"]["what"], said)
    server.data = ours


def a_store_is_verified_in_the_same_shape(server):
    emit(server.agent(), 300)
    code, said = verify("--data", server.data)
    equal(code, 0, said)
    equal(said["tenants"][0]["verifierKey"], server.made["verifierKey"])
    equal(said["ok"], True)
    equal(server.stop(), 0)
    copy = server.scratch / "copy"
    shutil.copytree(server.data, copy)
    with contextlib.closing(sqlite3.connect(copy / "ledger.db")) as database:
        trigger = database.execute("SELECT sql FROM sqlite_schema "
                                   "WHERE name = 'events_are_never_updated'").fetchone()[0]
        database.execute("DROP TRIGGER events_are_never_updated")
        database.execute("UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'publish', "
                         "'publicx') AS BLOB) WHERE position = (1 << 40) + 200")
        database.execute(trigger)
        database.commit()
    code, said = verify("--data", copy)
    equal(code, FAILED, said)
    equal(said["finding"]["sequence"], 200)
    done = subprocess.run([BINARY, "verify", "--data", str(copy), "--progress"],
                          capture_output=True, text=True, timeout=PATIENCE)
    check("a second" in done.stderr, done.stderr)
    check("sequence 200" in done.stdout, done.stdout)


def a_bundle_is_verified_without_a_server(server):
    """The whole log as a bundle: its proofs are trivial, so that this suite can write one."""
    key = server.made["verifierKey"]
    emit(server.agent(), 300)
    equal(server.stop(), 0)
    folder = server.scratch / "bundle"
    write_bundle(folder, server)
    packed = pack(folder, server.scratch / "bundle.tar")
    for bundle in (folder, packed):
        code, said = verify("--bundle", bundle, "--key", key)
        equal(code, 0, said)
        equal(said["tenants"][0]["scope"], {"kind": "range", "complete": True, "begin": 0,
                                            "end": said["events"]})
        equal(said["tenants"][0]["keyPinned"], True)
        equal(verify("--bundle", bundle)[1]["tenants"][0]["keyPinned"], False)
    lines = (folder / "events.ndjson").read_bytes().split(b"\n")
    (folder / "events.ndjson").write_bytes(b"\n".join(lines[:200] + lines[201:]))
    for bundle in (folder, pack(folder, server.scratch / "cut.tar")):
        code, said = verify("--bundle", bundle, "--key", key)
        equal(code, FAILED, said)
        # The size is the first thing that is not as the manifest says.
        equal(said["finding"]["file"], "events.ndjson")
    write_manifest(folder, server)
    code, said = verify("--bundle", folder, "--key", key)
    equal((said["finding"]["file"], said["finding"]["sequence"]), ("events.ndjson", 200))


def one_form_at_a_time(server):
    for arguments in ([], ["--data", "x", "--bundle", "y"], ["--data", "x", "--state", "y"],
                      ["--bundle", "x", "--against", "y"], ["--data", "x", "--key", "y"],
                      ["--bundle", "x", "--key", "no key"]):
        equal(verify(*arguments)[0], USAGE, arguments)
    code, said = verify("--bundle", server.scratch / "absent.tar")
    equal(code, UNAVAILABLE, said)
    (server.scratch / "no.tar").write_bytes(gzip.compress(b"x" * 1000))
    code, said = verify("--bundle", server.scratch / "no.tar")
    equal((code, said["ok"]), (FAILED, False))


if __name__ == "__main__":
    run(a_log_is_verified_from_its_pages, the_servers_own_pages_verify,
        every_page_that_is_changed_is_named, a_forged_entry_with_its_matching_hashes_is_found,
        a_partial_page_may_give_way_to_the_full_one, a_log_that_is_not_public_wants_a_key,
        another_key_is_refused, a_remembered_head_shows_a_rollback,
        two_histories_of_one_log_are_told_apart, a_store_is_verified_in_the_same_shape,
        a_bundle_is_verified_without_a_server,
        one_form_at_a_time)
