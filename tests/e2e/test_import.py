"""`assent import`: the rows of an audit table become events, each once, however often it is run."""

import csv
import http.client
import http.server
import io
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, PATIENCE, check, equal, run, types  # noqa: E402

COLUMNS = ("id", "client_id", "action_type", "actor_type", "actor_id", "target_type", "target_id",
           "outcome", "proof", "metadata", "correlation_id", "parent_event_id", "created_at")


def row(id, **more):
    return {"id": id, "clientId": "client-123", "actionType": "content.publish",
            "actorType": "agent", "actorId": "publisher-agent", "targetType": "post",
            "targetId": f"post-{id}", "outcome": "success", "proof": {"type": "none"},
            "metadata": {}, "correlationId": f"flow-{id}", "parentEventId": None,
            "createdAt": "2025-03-01T09:00:00.250000Z", **more}


def ndjson(*rows):
    return "".join(json.dumps(each) + "\n" for each in rows)


def as_csv(*rows):
    """As psql's `\\copy … csv header` writes the table."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in rows:
        cells = [json.dumps(value) if isinstance(value, dict) else value
                 for value in each.values()]
        writer.writerow("" if cell is None else cell for cell in cells)
    return out.getvalue()


class Importer:
    """Somebody with a file and a key."""

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.env = {"ASSENT_URL": server.url, "ASSENT_KEY": user.key}

    def write(self, text, name="rows"):
        path = self.server.scratch / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def run(self, text, *flags, exit=0, name="rows"):
        done = self.server.cli("import", str(self.write(text, name)), *flags,
                               "--output", "json", env=self.env)
        equal(done.returncode, exit, done.stdout, done.stderr)
        self.said = done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def events(self, **filters):
        return self.user.events(**{"type": "content.publish", **filters})


def counts(report):
    """What is not zero of it."""
    return {name: count for name, count in report.items()
            if count and name not in ("file", "dryRun")}


def story():
    """A family whose child stands before its parent, and a stranger with every kind of proof."""
    return [row("child", parentEventId="parent", outcome="failure", actorType="user",
                metadata={"errorCode": "RATE", "errorMessage": "limit"}),
            row("parent", outcome="pending"),
            row("api", proof={"type": "api_response",
                              "data": {"postId": "ig_7", "text": "a\n\"b"}}),
            row("url", proof={"type": "url", "url": "https://x.test/", "hash": "ab" * 32,
                              "capturedAt": "2025-03-01T08:59:59.000000Z"}),
            row("odd", proof={"type": "hash", "hash": "md5:1"}, actorType="webhook"),
            row("late", createdAt="2026-01-01T00:00:00+01:00", actorType="system")]


def told_of(event):
    data = event["data"]
    return {"type": event["type"], "flow": event["correlationid"], "actor": data["actor"],
            "target": (data["targetType"], data["targetId"]), "outcome": data["outcome"],
            "proof": data.get("proof"), "metadata": data.get("metadata"),
            "occurredAt": data["occurredAt"]}


def check_story(importer):
    by = {event["data"]["metadata"]["imported"]["id"]: event for event in importer.events()}
    equal(sorted(by), sorted(each["id"] for each in story()), "every row")
    equal(by["child"]["causationid"], by["parent"]["id"], "its parent")
    check(int(by["child"]["sequence"]) > int(by["parent"]["sequence"]), "after it")
    equal(told_of(by["child"]), {
        "type": "content.publish", "flow": "flow-child",
        "actor": {"type": "human", "id": "publisher-agent"}, "target": ("post", "post-child"),
        "outcome": "failure", "proof": None, "occurredAt": "2025-03-01T09:00:00.250000Z",
        "metadata": {"errorCode": "RATE", "errorMessage": "limit",
                     "imported": {"id": "child", "clientId": "client-123",
                                  "parentEventId": "parent"}}})
    equal(by["api"]["data"]["proof"],
          {"type": "api_response", "data": {"postId": "ig_7", "text": "a\n\"b"}})
    proof = by["url"]["data"]["proof"]
    proof.pop("unverified", None)
    equal(proof, {"type": "url", "url": "https://x.test/", "sha256": f"sha256:{'ab' * 32}",
                  "capturedAt": "2025-03-01T08:59:59.000000Z"})
    equal(by["odd"]["data"]["proof"],
          {"type": "api_response", "data": {"type": "hash", "hash": "md5:1"}})
    equal(by["late"]["data"]["occurredAt"], "2025-12-31T23:00:00.000000Z")
    check(by["late"]["time"] > "2026-01-02", "the log's own time is beside it")
    for each in by.values():
        equal(each["data"]["recordedBy"]["id"], importer.user.id, "who told it")
    rows = {each["targetId"]: each for each in
            importer.user.events(dialect="rtv", type="content.publish")}
    equal(rows["post-child"]["metadata"]["occurredAt"], "2025-03-01T09:00:00.250000Z")


def h51_rows_of_both_formats_are_events_and_a_second_run_changes_nothing(server):
    importer = Importer(server, server.agent())
    equal(counts(importer.run(ndjson(*story()))), {"rows": 6, "imported": 6})
    check_story(importer)
    size = len(server.admin.events())
    equal(counts(importer.run(ndjson(*story()))), {"rows": 6, "alreadyThere": 6})
    # The same rows in the other format, and in another order.
    equal(counts(importer.run(as_csv(*reversed(story())))), {"rows": 6, "alreadyThere": 6})
    # Told by somebody else, they are the same rows.
    equal(counts(Importer(server, server.agent("other")).run(ndjson(*story()))),
          {"rows": 6, "alreadyThere": 6})
    equal(len(server.admin.events()) - size, 2, "the other's principal and key alone")
    # More rows of the same table later.
    equal(counts(importer.run(as_csv(*story(), row("new", parentEventId="late")))),
          {"rows": 7, "imported": 1, "alreadyThere": 6})


def csv_as_a_database_writes_it(server):
    importer = Importer(server, server.agent())
    equal(counts(importer.run(as_csv(*story()))), {"rows": 6, "imported": 6})
    check_story(importer)
    plain = as_csv(row("pg", createdAt="2025-03-01 09:00:00.25+00"))
    equal(counts(importer.run(plain)), {"rows": 1, "imported": 1})
    zoneless = as_csv(row("zone", createdAt="2025-03-01 09:00:00"))
    equal(counts(importer.run(zoneless, exit=2)), {"rows": 1, "malformed": 1})
    check("line 2: createdAt must be a time with its zone" in importer.said, importer.said)
    equal(counts(importer.run(zoneless, "--assume-utc")), {"rows": 1, "imported": 1})


def what_is_malformed_is_named_and_nothing_is_sent(server):
    importer = Importer(server, server.agent())
    text = (ndjson(row("1"), {**row("2"), "outcome": "ok"}) + "{\"id\":\n" +
            ndjson({**row("4"), "actionType": "approval.succeeded"}, {**row("5"), "more": 1},
                   {name: value for name, value in row("6").items() if name != "actorId"},
                   row("7")))
    report = importer.run(text, exit=2)
    equal(counts(report), {"rows": 7, "malformed": 5})
    for told in ("line 2: outcome must be one of success failure partial pending", "line 3: ",
                 "line 4: actionType is of a family that only Assent writes",
                 "line 5: more is no column", "line 6: actorId is required", "Nothing was sent"):
        check(told in importer.said, told, importer.said)
    equal(importer.events(), [], "nothing was sent")

    rejects = server.scratch / "rejects.ndjson"
    equal(counts(importer.run(text, "--rejects", str(rejects), exit=2)),
          {"rows": 7, "imported": 2, "malformed": 5})
    equal(rejects.read_text().splitlines(), text.splitlines()[1:6], "byte for byte")
    equal(len(importer.events()), 2, "the others")
    importer.run(text, "--rejects", str(rejects), exit=2)
    check("is there already" in importer.said, importer.said)

    # What was mended is imported alone.
    mended = rejects.read_text().splitlines()[0].replace('"ok"', '"failure"')
    equal(counts(importer.run(mended)), {"rows": 1, "imported": 1})


def a_dry_run_sends_nothing_and_needs_no_server(server):
    importer = Importer(server, server.agent())
    importer.env = {"ASSENT_URL": "http://127.0.0.1:1", "ASSENT_KEY": "none"}
    report = importer.run(ndjson(*story()), "--dry-run")
    equal((report["dryRun"], counts(report)), (True, {"rows": 6}))
    importer.run(ndjson(*story()) + "[]\n", "--dry-run", exit=2)
    check("line 7: must be a JSON object" in importer.said, importer.said)
    report = importer.run(ndjson(*story()), exit=9)
    check("0 of 6 rows are in the log" in importer.said, importer.said)


def a_log_is_of_one_client(server):
    importer = Importer(server, server.agent())
    text = ndjson(row("1"), row("2", clientId="other"), row("3"))
    check(importer.run(text, exit=2) is None)
    check("client-id must say whose rows" in importer.said, importer.said)
    equal(counts(importer.run(text, "--client-id", "other")),
          {"rows": 3, "imported": 1, "ofOtherClients": 2})
    equal([event["data"]["metadata"]["imported"] for event in importer.events()],
          [{"id": "2", "clientId": "other"}])


def parents_are_linked_across_files_or_told(server):
    importer = Importer(server, server.agent())
    importer.run(ndjson(row("march", outcome="pending")))
    april = ndjson(row("april", parentEventId="march"), row("lost", parentEventId="february"),
                   row("a", parentEventId="b"), row("b", parentEventId="a"))
    equal(counts(importer.run(april)), {"rows": 4, "imported": 4, "withoutParent": 2})
    check("line 2: its parentEventId is neither in the file nor in the log" in importer.said)
    check("line 4: its parentEventId leads back to itself" in importer.said, importer.said)
    by = {event["data"]["metadata"]["imported"]["id"]: event for event in importer.events()}
    equal(by["april"]["causationid"], by["march"]["id"], "of the file before")
    check("causationid" not in by["lost"], by["lost"])
    equal(by["lost"]["data"]["metadata"]["imported"]["parentEventId"], "february", "is kept")


def a_row_that_the_log_has_otherwise_is_refused_alone(server):
    importer = Importer(server, server.agent())
    importer.run(ndjson(row("2")))
    rejects = server.scratch / "refused.csv"
    text = as_csv(*(row(str(n)) for n in range(1, 2)), row("2", targetId="changed"), row("3"))
    equal(counts(importer.run(text, "--rejects", str(rejects), exit=3)),
          {"rows": 3, "imported": 2, "refused": 1})
    check("line 3: is in the log already, and says something else there" in importer.said)
    equal(rejects.read_text().splitlines(), [text.splitlines()[0], text.splitlines()[2]])
    equal(sorted(event["data"]["targetId"] for event in importer.events()),
          ["post-1", "post-2", "post-3"])


def large_data_is_a_blob(server):
    importer = Importer(server, server.agent())
    data = {"html": "x" * 40_000}
    importer.run(ndjson(row("1", proof={"type": "api_response", "data": data})))
    proof = importer.events()[0]["data"]["proof"]
    equal(sorted(name for name in proof if name != "unverified"), ["blob", "type"])
    blob = importer.user.get(f"/v1/blobs/{proof['blob']}").expect(200)
    equal(json.loads(blob.body), data)
    too_large = row("2", proof={"type": "api_response", "data": {"html": "x" * 1_100_000}})
    importer.run(ndjson(too_large), exit=2)
    check("line 1: proof.data is too large" in importer.said, importer.said)
    # Too large for an event otherwise: the server's word, of this row alone.
    large = row("3", metadata={"note": "x" * 70_000})
    equal(counts(importer.run(ndjson(row("4"), large, row("5")), exit=3)),
          {"rows": 3, "imported": 2, "refused": 1})
    check("line 2: " in importer.said, importer.said)


def who_may_not_emit_is_told_and_nothing_is_sent(server):
    importer = Importer(server, server.agent())
    for key, exit in ((server.approver().key, 7), ("ask_nobody", 7)):
        importer.env["ASSENT_KEY"] = key
        importer.run(ndjson(*story()), exit=exit)
    equal(importer.events(), [], "nothing was sent")
    importer.env["ASSENT_KEY"] = importer.user.key
    done = server.cli("import", str(server.scratch / "nowhere"), env=importer.env)
    equal(done.returncode, 2, done.stderr)


def standard_input_is_a_file_too(server):
    agent = server.agent()
    done = subprocess.run([BINARY, "import", "-", "--output", "json"], capture_output=True,
                          text=True, input=ndjson(*story()), timeout=PATIENCE,
                          env={**os.environ, "ASSENT_URL": server.url, "ASSENT_KEY": agent.key})
    equal(done.returncode, 0, done.stderr)
    equal(counts(json.loads(done.stdout)), {"rows": 6, "imported": 6})


def two_at_once_import_each_row_once(server):
    rows = [row(str(n), parentEventId=str(n - 1) if n % 3 else None) for n in range(1500)]
    path = server.scratch / "many"
    path.write_text(ndjson(*rows))
    users = [server.agent(f"agent{n}") for n in range(3)]
    ended = []

    def import_as(user):
        done = server.cli("import", str(path), "--output", "json",
                          env={"ASSENT_URL": server.url, "ASSENT_KEY": user.key})
        ended.append((done.returncode, json.loads(done.stdout), done.stderr))

    threads = [threading.Thread(target=import_as, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for code, report, said in ended:
        equal(code, 0, said)
        equal(report["imported"] + report["alreadyThere"], 1500, report)
    ids = [event["data"]["metadata"]["imported"]["id"] for event in users[0].events(
        type="content.publish")]
    equal((len(ids), len(set(ids))), (1500, 1500))


def a_killed_import_goes_on_where_it_was(server):
    rows = [row(str(n), parentEventId=str(n + 1) if n % 4 else None) for n in range(6000)]
    path = server.scratch / "killed"
    path.write_text(ndjson(*rows))
    agent = server.agent()
    env = {**os.environ, "ASSENT_URL": server.url, "ASSENT_KEY": agent.key}
    kills = 0
    for pause in (0.15, 0.2, 0.3, 0.5):
        process = subprocess.Popen([BINARY, "import", str(path)], env=env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    check(kills > 0, "one of them was killed at work")
    done = server.cli("import", str(path), "--output", "json", env=env)
    equal(done.returncode, 0, done.stderr)
    report = json.loads(done.stdout)
    equal(report["imported"] + report["alreadyThere"], 6000, report)
    events = agent.events(type="content.publish")
    by = {event["data"]["metadata"]["imported"]["id"]: event for event in events}
    equal((len(events), len(by)), (6000, 6000), "each once")
    for each in rows:
        if each["parentEventId"] in by:
            equal(by[each["id"]]["causationid"], by[each["parentEventId"]]["id"], "linked")


class OldLog(http.server.BaseHTTPRequestHandler):
    """Passes requests on; the log's first event looks a month older on the way back."""

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = http.client.HTTPConnection(*self.server.address)
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.path == "/v1/events/0":
            whole = json.loads(content)
            whole["data"]["time"] = "2026-01-01T00:00:00.000000Z"
            content = json.dumps(whole).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = pass_on

    def log_message(self, *_):
        pass


def a_log_that_has_forgotten_the_ids_still_has_each_row_once(server):
    """A server forgets ids after a week; the events are still there."""
    importer = Importer(server, server.agent())
    importer.run(ndjson(*story()))
    server.stop()
    database = sqlite3.connect(server.data / "ledger.db")
    database.execute("DELETE FROM event_ids")
    database.commit()
    database.close()
    server.start()
    server.admin = server.client(server.made["adminKey"])
    importer.user = server.again(importer.user)
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldLog)
    proxy.address = server.address
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    importer.env["ASSENT_URL"] = f"http://127.0.0.1:{proxy.server_port}"
    try:
        equal(counts(importer.run(ndjson(*story(), row("new"), row("new")))),
              {"rows": 8, "imported": 1, "alreadyThere": 6, "repeated": 1})
        changed = [{**each, "outcome": "partial"} if each["id"] == "api" else each
                   for each in story()]
        equal(counts(importer.run(ndjson(*changed), exit=3)),
              {"rows": 6, "alreadyThere": 5, "refused": 1})
    finally:
        proxy.shutdown()
        proxy.server_close()
    equal(len(importer.events()), 7)


if __name__ == "__main__":
    run(h51_rows_of_both_formats_are_events_and_a_second_run_changes_nothing,
        csv_as_a_database_writes_it,
        what_is_malformed_is_named_and_nothing_is_sent,
        a_dry_run_sends_nothing_and_needs_no_server,
        a_log_is_of_one_client,
        parents_are_linked_across_files_or_told,
        a_row_that_the_log_has_otherwise_is_refused_alone,
        large_data_is_a_blob,
        who_may_not_emit_is_told_and_nothing_is_sent,
        standard_input_is_a_file_too,
        two_at_once_import_each_row_once,
        a_killed_import_goes_on_where_it_was,
        a_log_that_has_forgotten_the_ids_still_has_each_row_once)
