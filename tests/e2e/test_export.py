"""Bundles: what `assent export` writes, untarred and checked with code that is not Assent's."""

import contextlib
import csv
import io
import json
import os
import pathlib
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, LONG, check, equal, eventually, run, types  # noqa: E402
from bundle import Bundle  # noqa: E402
from exporting import emit, export, leftovers, published, story  # noqa: E402

def the_whole_log_is_a_bundle(server):
    story(server)
    size = published(server)
    report, bundle = export(server, "whole.tar")
    equal((report["kind"], report["begin"], report["end"], report["events"]),
          ("range", 0, size, size), "the report")
    equal(bundle.events, server.admin.events(), "the events")
    equal(bundle.manifest["verifierKey"], server.made["verifierKey"], "the key")
    equal(bundle.manifest["createdAt"], bundle.events[-1]["time"], "the time is the log's")
    equal(json.loads(bundle.files["keys.json"]),
          [{"fromSize": 0, "handover": None, "verifierKey": server.made["verifierKey"]}], "keys")
    equal(json.loads(bundle.files["witnesses.json"]), {"keys": [], "policy": None}, "witnesses")
    equal((report["blobs"], report["missingBlobs"]), (3, 0), "a policy, a file, a large subject")
    equal(leftovers(server), [], "nothing else is left")


def every_range_is_proven(server):
    story(server)
    size = published(server)
    for begin, end in ((0, 0), (0, 1), (1, 2), (3, 4), (0, 255), (0, 256), (0, 257), (255, 257),
                       (256, 512), (7, 511), (size - 1, size), (size, size), (0, size), (1, size)):
        report, bundle = export(server, f"{begin}-{end}.tar", "--from", begin, "--to", end)
        equal(report["events"], end - begin, "how many events")
        equal(bundle.manifest["selection"], {"kind": "range", "begin": begin, "end": end}, "which")


def a_period_is_a_range_and_half_open(server):
    story(server)
    published(server)
    events = server.admin.events()
    first, last = events[5]["time"], events[40]["time"]
    _, bundle = export(server, "period.tar", "--since", first, "--until", last)
    equal(bundle.events, [event for event in events if first <= event["time"] < last], "the period")
    _, bundle = export(server, "later.tar", "--since", last)
    equal(bundle.events, [event for event in events if last <= event["time"]], "since alone")
    _, bundle = export(server, "earlier.tar", "--until", last)
    equal(bundle.events, [event for event in events if event["time"] < last], "until alone")
    report, _ = export(server, "never.tar", "--since", "2001-01-01T00:00:00Z",
                       "--until", "2002-01-01T00:00:00Z")
    equal(report["events"], 0, "before the log")
    report, _ = export(server, "future.tar", "--since", "2999-01-01T00:00:00Z")
    equal((report["begin"], report["events"]), (len(events), 0), "after the log")


def an_approval_is_its_whole_trail(server):
    told = story(server)
    published(server)
    for name in ("approved", "rejected", "paid", "deleted"):
        report, bundle = export(server, f"{name}.tar", "--approval", told[name])
        equal(report["kind"], "members", "an approval is no range")
        equal(bundle.events, server.admin.trail(told[name]), "the trail of", name)
        equal(bundle.manifest["selection"]["query"], {"approvalId": told[name]}, "the query")
    check("blobs/" + told["blob"].removeprefix("sha256:") in bundle.names, "the evidence is there")
    unknown = told["approved"][:-4] + "0000"
    check("approval" in export(server, "none.tar", "--approval", unknown, code=1), "not found")


def every_filter_selects_what_a_query_answers(server):
    told = story(server)
    published(server)
    events = server.admin.events()
    some = next(event for event in events if event["type"] == "approval.succeeded")
    for flag, field, value in (
            ("--type", "type", "approval.succeeded"), ("--type", "type", "content.publish"),
            ("--actor", "actor", some["data"]["actor"]["id"]),
            ("--actor", "actor", "human:" + some["data"]["actor"]["id"]),
            ("--subject", "subject", "approval/" + told["paid"]),
            ("--target", "target", "post/1"), ("--outcome", "outcome", "success"),
            ("--outcome", "outcome", "failure"),
            ("--correlation-id", "correlationId", some["correlationid"]),
            ("--trace-id", "traceId", some["traceid"])):
        _, bundle = export(server, f"{field}-{value}.tar".replace("/", "_"), flag, value)
        equal(bundle.events, server.admin.events(**{field: value}), flag, value)
        equal(bundle.manifest["selection"]["query"], {field: value}, "the query as given")
    _, bundle = export(server, "both.tar", "--type", "content.publish", "--from", 100, "--to", 200,
                       "--outcome", "success")
    equal(bundle.events, [event for event in events[100:200] if event["type"] == "content.publish"],
          "filters and a range")


def H62_who_approved_what_when_over_which_channel(server):
    told = story(server)
    size = published(server)
    dialects = ("kernel", "butlers", "rtv", "charter")
    views = ("--csv", *(word for dialect in dialects for word in ("--dialect", dialect)))
    _, bundle = export(server, "report.tar", *views)
    equal(bundle.manifest["views"],
          sorted(["views/events.csv", *(f"views/{dialect}.ndjson" for dialect in dialects)]),
          "the views")
    text = bundle.files["views/events.csv"].decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    equal(rows, recomputed(bundle.events), "anybody gets the same table from the events")
    check(text.endswith("\r\n"), "RFC 4180 ends its lines so")

    # Complete against the ledger: every decision of the log is in it, and nothing else.
    decided = [event for event in server.admin.events()
               if event["type"].startswith("approval.") or event["type"] == "breakglass.used"]
    equal([int(row["sequence"]) for row in rows], [int(event["sequence"]) for event in decided],
          "every event of every approval")
    by = {(row["approvalId"], row["type"]): row for row in rows}
    row = by[told["approved"], "approval.succeeded"]
    equal((row["tool"], row["riskTier"], row["deciderName"], row["channel"], row["decision"],
           row["reason"]), ("deploy", "medium", "ann", "web", "approved", "fine"), "who said yes")
    equal([row["channel"] for row in rows if row["approvalId"] == told["paid"]
           and row["type"] in ("approval.recorded", "approval.succeeded")], ["mail", "chat"],
          "the channels of a quorum of two")
    equal(by[told["rejected"], "approval.rejected"]["reason"], "'=HYPERLINK(\"x\"),\nno",
          "a formula is text")
    check("'+1, \"big\"" in {row["title"] for row in rows}, "a title with quotes and a comma")

    for dialect in dialects:
        shown = [json.loads(line) for line in bundle.lines(f"views/{dialect}.ndjson")]
        equal(shown, server.admin.events(dialect=dialect), "as a query answers in", dialect)

    # Stable bytes for the same range and checkpoint, whatever happens to the log meanwhile.
    kept = server.scratch / "kept.note"
    kept.write_bytes(bundle.files["checkpoint"])
    emit(server.agent("later"), 900)
    published(server)
    export(server, "again.tar", *views, "--checkpoint", kept)
    equal((server.scratch / "again.tar").read_bytes(), (server.scratch / "report.tar").read_bytes(),
          "the same bytes")
    kept.unlink()
    _, newer = export(server, "newer.tar", "--to", size)
    equal(newer.files["events.ndjson"], bundle.files["events.ndjson"], "under a newer checkpoint")


def recomputed(events):
    """The table as docs/exporting.md describes it, from the events alone."""
    known, rows = {}, []
    for event in events:
        kind, data = event["type"], event["data"]
        if not kind.startswith("approval.") and kind != "breakglass.used":
            continue
        request, subject = data.get("request") or {}, data.get("subject") or {}
        said = {"tool": data.get("tool"), "title": request.get("title") or subject.get("title"),
                "riskTier": data.get("riskTier") or (data.get("requirement") or {}).get("riskTier"),
                "requester": data.get("requestedBy")}
        if kind == "approval.requested":
            known[data["approvalId"]] = {}
        before = known.get(data["approvalId"])
        about = {name: value or (before or {}).get(name, "") for name, value in said.items()}
        if before is not None:
            known[data["approvalId"]] = about
        decision = data.get("decision")
        decided = decision if isinstance(decision, dict) else {}
        actor = data["actor"] if kind != "approval.requested" else {}
        row = {"sequence": str(int(event["sequence"])), "time": event["time"], "type": kind,
               "approvalId": data["approvalId"], **about, "decider": actor.get("id", ""),
               "deciderName": actor.get("name", ""), "deciderType": actor.get("type", ""),
               "channel": (data.get("response") or {}).get("channel") or data.get("channel", ""),
               "decision": decided.get("action") or (decision if isinstance(decision, str) else "")
               or data.get("verdict") or kind.split(".", 1)[1],
               "reason": decided.get("rationale") or data.get("reason")
               or data.get("justification") or data.get("why", ""),
               "contentHash": data.get("contentHash", "")}
        rows.append({name: "'" + text if text[:1] in tuple("=+-@\t\r\n") else text
                     for name, text in ((name, text or "") for name, text in row.items())})
    return rows


def what_is_not_published_yet_is_said(server):
    agent = server.agent()
    emit(agent, 100)
    size = published(server)
    note = server.scratch / "old.note"
    note.write_bytes((server.data / "checkpoints" / "default").read_bytes())
    emit(agent, 50, outcome="failure")
    published(server)
    report, bundle = export(server, "cut.tar", "--checkpoint", note)
    equal((report["events"], report["eventsBeyond"], bundle.size), (size, 50, size), "cut")
    report, _ = export(server, "none.tar", "--checkpoint", note, "--outcome", "failure")
    equal((report["events"], report["eventsBeyond"]), (0, 50), "of a query")
    report, _ = export(server, "enough.tar", "--checkpoint", note, "--to", size, "--require-all")
    equal(report["eventsBeyond"], 0, "nothing was asked for beyond")
    export(server, "all.tar", "--checkpoint", note, "--require-all", code=1)
    export(server, "all.tar", "--checkpoint", note, "--outcome", "failure", "--require-all", code=1)
    later = agent.request("deploy", {"x": 1})["id"]
    published(server)
    check("checkpoint" in export(server, "all.tar", "--checkpoint", note, "--approval", later,
                                 code=1), "there is such an approval, but not published")
    export(server, "all.tar", "--require-all")


def what_makes_no_sense_is_refused(server):
    size = published(server)
    for options in (("--from", "x"), ("--from", "-1"), ("--from", "1.0"), ("--to", ""),
                    ("--from", 3, "--to", 2), ("--from", size + 1), ("--from", 1 << 40),
                    ("--to", 1 << 64), ("--since", "yesterday"),
                    ("--until", "2026-13-01T00:00:00Z"),
                    ("--since", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z"),
                    ("--approval", "apr_1"), ("--approval", ""), ("--approval", "rul_" + "0" * 26),
                    ("--type", "No Type"), ("--type", "action_approved"),
                    ("--type", "Approval.Succeeded"), ("--outcome", "maybe"), ("--trace-id", "12"),
                    ("--dialect", "klingon"), ("--dialect", "canonical"), ("--actor", ""),
                    ("--checkpoint", server.scratch / "absent"), ("--tpye", "a.b"),
                    ("--url", server.url), ("--key", "")):
        export(server, "bad.tar", *options, code=2)
    equal(server.cli("export", "--data", server.data).returncode, 2, "--out is required")
    export(server, "past.tar", "--to", size + 1)  # A range is cut to the log; nothing is missing.


def a_bundle_is_never_overwritten(server):
    published(server)
    path = server.scratch / "mine.tar"
    path.write_text("precious")
    os.utime(path, (0, 0))
    export(server, "mine.tar", code=1)
    equal(path.read_text(), "precious", "what was there")
    path.unlink()
    export(server, "nowhere/mine.tar", code=9)


def only_what_is_there_can_be_exported(server):
    export(server, "a.tar", "--tenant", "nobody", code=1)
    export(server, "a.tar", "--tenant", "../default", code=1)
    done = server.cli("export", "--data", server.scratch, "--out", server.scratch / "a.tar")
    equal(done.returncode, 1, "no store there")
    # A tenant's bundle has its own log alone.
    server.admin.post("/v1/tenants", {"name": "other"}).expect(201)
    eventually((server.data / "checkpoints" / "other").exists, "the other tenant's checkpoint")
    _, bundle = export(server, "other.tar", "--tenant", "other")
    equal({event["tenantid"] for event in bundle.events}, {"other"}, "whose events")
    equal(types(bundle.events), ["ledger.created", "principal.created", "key.created"], "which")
    foreign = server.scratch / "foreign.note"
    foreign.write_bytes(bundle.files["checkpoint"])
    export(server, "a.tar", "--checkpoint", foreign, code=1)


def a_lost_blob_is_listed_and_a_damaged_one_stops_the_export(server):
    told = story(server)
    published(server)
    name = told["blob"].removeprefix("sha256:")
    path = server.data / "blobs" / "1" / name[:2] / name[2:]
    kept = path.read_bytes()
    path.unlink()
    report, bundle = export(server, "without.tar")
    equal((report["blobs"], report["missingBlobs"]), (2, 1), "what is missing")
    equal(bundle.manifest["missingBlobs"], [name], "by its name")
    path.write_bytes(kept[:-1] + b"?")
    check(name in export(server, "bad.tar", code=8), "the damaged blob is named")
    path.write_bytes(kept)


def a_damaged_store_makes_no_bundle(server):
    story(server)
    size = published(server)
    equal(server.stop(), 0, "exit code after SIGTERM")
    copy = server.scratch / "kept.db"
    copy.write_bytes((server.data / "ledger.db").read_bytes())

    def damaged(*statements):
        with contextlib.closing(sqlite3.connect(server.data / "ledger.db")) as database:
            for (trigger,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                database.execute(statement)
            database.commit()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def restored():
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(str(server.data / "ledger.db") + suffix).unlink(missing_ok=True)
        (server.data / "ledger.db").write_bytes(copy.read_bytes())

    at = (1 << 40) + 20
    for statement, named in (
            ("UPDATE events SET body = CAST(replace(body, 'a', 'b') AS BLOB) "
             f"WHERE position = {at}", "event 20 "),
            (f"UPDATE events SET leaf = zeroblob(32) WHERE position = {at}", "event 20 "),
            (f"DELETE FROM events WHERE position = {at}", "event 20 "),
            ("UPDATE heads SET size = size - 1 WHERE tenant = 1", "promised")):
        damaged(statement)
        check(named in export(server, "bad.tar", code=8), "named:", named, statement)
        restored()
    # The tree, where an export needs it.
    damaged("UPDATE nodes SET hash = zeroblob(32)")
    for options in (("--from", 256), ("--to", 255), ("--type", "content.publish")):
        export(server, "bad.tar", *options, code=8)
    restored()
    damaged("DROP TABLE nodes")
    check("older version" in export(server, "bad.tar", code=9), "what to do is said")
    restored()
    # A checkpoint that nobody signed.
    note = server.data / "checkpoints" / "default"
    kept = note.read_bytes()
    note.write_bytes(kept.replace(f"\n{size}\n".encode(), f"\n{size + 1}\n".encode()))
    export(server, "bad.tar", code=8)
    note.write_bytes(kept)
    equal(leftovers(server), ["kept.db"], "nothing is left")
    copy.unlink()
    export(server, "good.tar")
    server.start()


def exports_beside_writers_are_whole(server):
    agents = [server.agent(f"robot{n}") for n in range(3)]
    stop = threading.Event()

    def write(agent):
        while not stop.is_set():
            emit(agent, 200)
            time.sleep(0.1)  # Lest this suite check more events than it exports.

    threads = [threading.Thread(target=write, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    try:
        sizes = []
        for n in range(5):
            report, bundle = export(server, f"{n}.tar")
            sizes.append(bundle.size)
            equal(report["events"], bundle.size, "all that was published")
            published(server, bundle.size + 1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    equal(sizes, sorted(set(sizes)), "checkpoints only grow")


def a_killed_export_leaves_no_bundle(server):
    emit(server.agent(), 30_000 if not LONG else 300_000)
    published(server)
    path = server.scratch / "killed.tar"
    arguments = [BINARY, "export", "--data", str(server.data), "--out", str(path), "--csv"]
    killed = 0
    for n in range(12):
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.02 + 0.03 * n)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if path.exists():
            Bundle(path)  # It was killed too late, or not at all.
            path.unlink()
        else:
            killed += 1
    check(killed > 0, "some were killed in the middle")
    export(server, "killed.tar")  # Over what the others left.
    equal(leftovers(server), [], "nothing is left")


def a_full_disk_leaves_no_bundle(server):
    emit(server.agent(), 5000)
    published(server)
    path = server.scratch / "full.tar"

    def limit(size):
        def set_limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return set_limit

    whole = export(server, "whole.tar")[0]["bytes"]
    for size in (1, 4096, 100_000, whole // 2, whole - 20_000):
        done = subprocess.run([BINARY, "export", "--data", str(server.data), "--out", str(path)],
                              capture_output=True, text=True, preexec_fn=limit(size),
                              restore_signals=False)
        equal(done.returncode, 9, "a full disk at", size, done.stderr)
        check("File too large" in done.stderr, "it says why:", done.stderr)
        check(not path.exists(), "no bundle")
    equal(leftovers(server), [], "nothing is left")


def another_key_than_the_given_one_is_refused(server):
    published(server)
    key = server.made["verifierKey"]
    export(server, "good.tar", "--key", key)
    export(server, "bad.tar", "--key", key.replace("default", "other"), code=8)


def peak_memory(server, name, *options):
    """The most memory in KiB that an export of everything ever had."""
    path = server.scratch / name
    # Its last word does not fit into the pipe, so that it is still there to be looked at when the
    # bundle is. Not by wait4(): what it tells begins with the memory of whoever forked.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b" " * 4096)
    os.set_blocking(writer, True)
    process = subprocess.Popen([BINARY, "export", "--data", str(server.data), "--out", str(path),
                                *map(str, options)], stdout=writer)
    os.close(writer)
    with open(reader, "rb") as said:
        eventually(lambda: path.exists() or process.poll() is not None, "the export")
        check(path.exists(), "the export")
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
        check(said.read().strip(), "the report")
    equal(process.wait(), 0, "the export")
    return peak


def memory_does_not_grow_with_the_log(server):
    """Ten million events with ASSENT_LONG."""
    agent = server.agent()
    emit(agent, 20_000)
    published(server, 20_000)
    views = ("--csv", "--dialect", "kernel")
    small = peak_memory(server, "small.tar", *views)
    query = ("--type", "content.publish", "--to", 1_000_000)  # A proof has a kilobyte.
    small_query = peak_memory(server, "small-query.tar", *query)
    agent.close()  # The server may have, by now.
    count = 10_000_000 if LONG else 200_000
    emit(agent, count - 20_000)
    published(server, count)
    began = time.monotonic()
    large = peak_memory(server, "large.tar", *views)
    speed = round(count / (time.monotonic() - began))
    large_query = peak_memory(server, "large-query.tar", *query)
    print(f"  {count} events: {speed} events/s, {large} KiB, of a query {large_query} KiB; "
          f"20000 events: {small} and {small_query} KiB", flush=True)
    check(large < small + 16_384, "memory of a range:", small, large)
    check(large_query < small_query + 32_768, "memory of a query:", small_query, large_query)


if __name__ == "__main__":
    run(the_whole_log_is_a_bundle, every_range_is_proven, a_period_is_a_range_and_half_open,
        an_approval_is_its_whole_trail, every_filter_selects_what_a_query_answers,
        H62_who_approved_what_when_over_which_channel, what_is_not_published_yet_is_said,
        what_makes_no_sense_is_refused, a_bundle_is_never_overwritten,
        only_what_is_there_can_be_exported,
        a_lost_blob_is_listed_and_a_damaged_one_stops_the_export, a_damaged_store_makes_no_bundle,
        exports_beside_writers_are_whole, a_killed_export_leaves_no_bundle,
        a_full_disk_leaves_no_bundle, another_key_than_the_given_one_is_refused,
        memory_does_not_grow_with_the_log)
