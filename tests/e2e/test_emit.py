"""`assent emit`, as a shell script uses it."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, PATIENCE, check, equal, run  # noqa: E402


class Script:
    def __init__(self, server, key=None):
        self.server, self.agent = server, server.agent()
        self.env = {"ASSENT_URL": server.url, "ASSENT_KEY": key or self.agent.key}

    def emit(self, *flags, text="", exit=0, **env):
        done = subprocess.run([BINARY, "emit", *map(str, flags)], capture_output=True, text=True,
                              input=text, timeout=PATIENCE, env={**os.environ, **self.env, **env})
        equal(done.returncode, exit, done.stdout, done.stderr)
        self.said = done.stderr
        return done.stdout

    def event(self, *flags, **more):
        """The event that the flags make, as the log has it."""
        id = self.emit(*flags, "-q", **more).strip()
        return self.agent.get(f"/v1/events/{id}").expect(200).data


PUBLISHED = ("--type", "content.publish", "--target", "post/post-456", "--outcome", "success")


def h51_flags_say_a_whole_event(server):
    script = Script(server)
    pending = script.event("--type", "content.publish", "--target", "post/a/b", "--outcome",
                           "pending", "--correlation-id", "ep-7", "--actor", "user:ann",
                           "--occurred-at", "2026-01-31T09:00:00Z")
    equal((pending["type"], pending["subject"], pending["correlationid"]),
          ("content.publish", "post/a/b", "ep-7"))
    equal(pending["data"]["actor"], {"type": "human", "id": "ann"})
    equal(pending["data"]["occurredAt"], "2026-01-31T09:00:00.000000Z")
    done = script.event("--type", "content.publish", "--target", "post/a/b",
                        "--error-code", "RATE", "--error-message", "too \"many\"\n",
                        "--metadata", "lane=api", "--metadata-json", "durationMs=12",
                        "--causation-id", pending["id"])
    equal(done["causationid"], pending["id"])
    equal(done["data"]["outcome"], "failure")
    equal(done["data"]["metadata"], {"errorCode": "RATE", "errorMessage": "too \"many\"\n",
                                     "lane": "api", "durationMs": 12})
    equal(done["data"]["actor"]["id"], script.agent.id, "whose key it is")


def h54_a_proof_is_data_a_file_or_an_address(server):
    script = Script(server)

    def proof(*flags, **more):
        told = script.event(*PUBLISHED, *flags, **more)["data"]["proof"]
        told.pop("unverified", None)
        return told

    equal(proof("--proof-data", '{"postId": "ig_7"}'),
          {"type": "api_response", "data": {"postId": "ig_7"}})
    equal(proof("--proof-data", "-", text='{"postId": 8}')["data"], {"postId": 8})
    equal(proof("--proof-url", "https://x.test/1"), {"type": "url", "url": "https://x.test/1"})
    picture = server.scratch / "a.png"
    picture.write_bytes(bytes(range(256)))
    hash = f"sha256:{hashlib.sha256(picture.read_bytes()).hexdigest()}"
    equal(proof("--proof-file", picture, "--proof-type", "screenshot"),
          {"type": "screenshot", "sha256": hash, "blob": hash})
    equal(script.agent.get(f"/v1/blobs/{hash}").expect(200).body, picture.read_bytes())
    equal(proof("--proof-hash", hash), {"type": "hash", "sha256": hash})
    script.emit(*PUBLISHED, "--proof-file", picture, "--proof-hash", "0" * 64, exit=2)
    check("is not that of the file" in script.said, script.said)
    large = proof("--proof-data", json.dumps({"html": "x" * 40_000}))
    equal(sorted(large), ["blob", "type"])
    equal(json.loads(script.agent.get(f"/v1/blobs/{large['blob']}").expect(200).body),
          {"html": "x" * 40_000})


def a_script_may_be_part_of_a_trace(server):
    script = Script(server)
    trace = "424f23760b8c405f87e1dcdb254ccaea"
    event = script.event(*PUBLISHED, TRACEPARENT=f"00-{trace}-00f067aa0ba902b7-01")
    equal((event["traceid"], event["correlationid"]), (trace, trace))
    for nonsense in ("", "nonsense", "x\r\nX-Evil: 1"):
        check(script.event(*PUBLISHED, TRACEPARENT=nonsense)["correlationid"] != trace)


def a_retry_with_an_id_of_its_own_is_one_event(server):
    script = Script(server)
    own = "019bd8dc-2257-7000-8000-000000000007"
    first = script.emit(*PUBLISHED, "--id", own, "-q")
    equal(script.emit(*PUBLISHED, "--id", own, "-q"), first)
    script.emit(*PUBLISHED, "--id", own, "--metadata", "other=1", exit=6)
    equal(len(script.agent.events(type="content.publish")), 1)


def mistakes_are_named_and_nothing_is_sent(server):
    script = Script(server)
    for flags, told in (
            (PUBLISHED[2:], "type is required"), (PUBLISHED[:2] + PUBLISHED[4:], "target is req"),
            (PUBLISHED[:4], "outcome is required"), ((*PUBLISHED, "--actor", "ann"), "TYPE:ID"),
            ((*PUBLISHED, "--metadata", "novalue"), "KEY=VALUE"),
            ((*PUBLISHED, "--type", ""), "must not be empty"),
            ((*PUBLISHED, "--proof-type", "video"), "--proof-type"),
            ((*PUBLISHED, "--data", "{}"), "excludes a file and --data"),
            ((*PUBLISHED, "--colour", "red"), "--colour"),
            (("--file-that-is-not-there",), "not"), ((server.scratch / "nowhere",), "cannot read")):
        script.emit(*flags, exit=2)
        check(told in script.said, told, script.said)
    # What only the server can know.
    for flags, told in (((*PUBLISHED[2:], "--type", "approval.succeeded"), "RESERVED_EVENT_TYPE"),
                        ((*PUBLISHED[:4], "--outcome", "done"), "outcome"),
                        ((*PUBLISHED, "--causation-id", "evt_" + "0" * 26), "causationId")):
        done = subprocess.run([BINARY, "emit", *flags], capture_output=True, text=True,
                              env={**os.environ, **script.env})
        check(done.returncode in (1, 7), done.returncode, done.stderr)
        check(told in done.stderr, told, done.stderr)
    script.emit(*PUBLISHED, exit=7, ASSENT_KEY=server.approver().key)
    script.emit(*PUBLISHED, exit=7, ASSENT_KEY="ask_nobody")
    script.emit(*PUBLISHED, exit=9, ASSENT_URL="http://127.0.0.1:1")
    equal(script.agent.events(type="content.publish"), [])


def lines(count, start=0, **more):
    return "".join(json.dumps({"type": "content.publish", "outcome": "success",
                               "target": {"type": "post", "id": str(n)}, **more}) + "\n"
                   for n in range(start, start + count))


def any_number_of_lines_comes_in_order(server):
    script = Script(server)
    equal(len(script.emit("-q", text=lines(1000)).split()), 1000, "one request")
    ids = script.emit("-q", text="\n" + lines(1234, 1000)).split()
    equal(len(set(ids)), 1234)
    equal([event["data"]["targetId"] for event in script.agent.events(type="content.publish")],
          [str(n) for n in range(2234)])
    path = server.scratch / "events.ndjson"
    path.write_text(lines(2))
    for flags in ((path,), ("--data", f"@{path}"), ("-",)):
        told = json.loads(script.emit(*flags, "--output", "json", text=lines(2)))
        equal(len(told["events"]), 2, flags)
    # One event, and an array of them.
    equal(len(script.emit("-q", text=lines(1)).split()), 1)
    equal(len(script.emit("-q", text=f"[{lines(1)},{lines(1)}]").split()), 2)
    receipt = server.scratch / "receipt.json"
    script.emit(*PUBLISHED, "--receipt", receipt)
    check(json.loads(receipt.read_text()), "a receipt")
    script.emit("--receipt", receipt, text=lines(1001), exit=2)
    check("is of one request" in script.said, script.said)


def a_bad_line_is_named_with_its_number(server):
    script = Script(server)
    script.emit(text=lines(2) + "\n{\"type\":\n" + lines(1), exit=2)
    check("line 4" in script.said, script.said)
    script.emit(text="", exit=2)
    reserved = json.dumps({"type": "grant.issued", "outcome": "success",
                           "target": {"type": "post", "id": "1"}}) + "\n"
    script.emit(text=lines(2) + "\n" + reserved, exit=7)
    check("line 4: type" in script.said, script.said)
    equal(script.agent.events(type="content.publish"), [], "a request is taken whole")
    # Of several requests, those before stand, and it is said where to go on.
    script.emit(text=lines(700) + reserved + lines(700), exit=7)
    check("500 of 1401 events are in the log; line 501 is the next one" in script.said, script.said)
    check("line 701: type" in script.said, script.said)
    equal(len(script.agent.events(type="content.publish")), 500)


if __name__ == "__main__":
    run(h51_flags_say_a_whole_event,
        h54_a_proof_is_data_a_file_or_an_address,
        a_script_may_be_part_of_a_trace,
        a_retry_with_an_id_of_its_own_is_one_event,
        mistakes_are_named_and_nothing_is_sent,
        any_number_of_lines_comes_in_order,
        a_bad_line_is_named_with_its_number)
