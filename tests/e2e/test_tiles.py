"""The log as strangers read it: Go's own packages for transparency logs fetch every tile and entry
over HTTP, and check hundreds of proofs and receipts with nothing of ours but the verifier key."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import PATIENCE, ROOT, check, equal, run  # noqa: E402

# Two full levels of tiles and the edge of a third: 273 tiles, 1, and one of width 1.
EVENTS = 70_000
BATCH = 1_000


def event(number):
    return {"type": "content.publish", "target": {"type": "page", "id": str(number)},
            "outcome": "success"}


def fill(client, count):
    """That many events, in batches; some answers are receipts."""
    for begin in range(0, count, BATCH):
        lines = "".join(json.dumps(event(n)) + "\n" for n in range(begin, begin + BATCH))
        client.call("POST", "/v1/events", raw=lines.encode(),
                    content_type="application/x-ndjson").expect(201)


def receipts_under_load(server, count):
    """Receipts that many writers got at once, while others wrote."""
    def write(number):
        client = server.client(key)
        answer = client.post("/v1/events?proof=true", event(number)).expect(201)
        return answer.json["meta"]["receipt"]

    key = server.agent().key
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return list(pool.map(write, range(count)))


def go_checker(scratch):
    """tests/conformance/check_log.go, built with the distribution's golang.org/x/mod."""
    program = scratch / "check_log"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "",
                   "GOCACHE": str(scratch / "go-cache")}
    built = subprocess.run(["go", "build", "-o", str(program),
                            str(ROOT / "tests/conformance/check_log.go")],
                           capture_output=True, text=True, env=environment, cwd=scratch)
    check(built.returncode == 0, built.stderr)
    return program


def gos_packages_accept_our_checkpoints_tiles_and_proofs(server):
    early = receipts_under_load(server, 40)
    fill(server.agent(), EVENTS)
    receipts = early + receipts_under_load(server, 200)
    equal(len({r["sequence"] for r in receipts}), len(receipts))
    file = server.scratch / "receipts"
    file.write_text("".join(json.dumps(receipt) + "\n" for receipt in receipts))
    auditor = server.principal("human", "aud", ["auditor"])
    checked = subprocess.run(
        [str(go_checker(server.scratch)), server.url, "default", server.made["verifierKey"],
         str(file)], capture_output=True, text=True,
        env={**os.environ, "ASSENT_KEY": auditor.key}, timeout=PATIENCE)
    check(checked.returncode == 0, checked.stderr)
    counts = json.loads(checked.stdout)
    check(counts["entries"] > EVENTS, counts)
    check(counts["tiles"] >= 273 + 1 + 3, counts)
    equal((counts["inclusions"], counts["growths"], counts["receipts"]), (300, 300, 240))
    print(f"  Go checked {counts}", file=sys.stderr)

    wrong = server.made["verifierKey"][:-4] + "AAA="
    refused = subprocess.run([str(server.scratch / "check_log"), server.url, "default", wrong,
                              str(file)], capture_output=True, text=True,
                             env={**os.environ, "ASSENT_KEY": auditor.key})
    check(refused.returncode != 0, "another key opened the checkpoint")


def a_receipt_survives_a_restart(server):
    agent = server.agent()
    receipt = agent.post("/v1/events?proof=true", event(1)).expect(201).json["meta"]["receipt"]
    size = int(receipt["checkpoint"].split("\n")[1])
    server.kill()
    server.start()
    again = server.client(server.made["adminKey"])
    now = again.get("/log/default/checkpoint").expect(200).body.decode()
    check(int(now.split("\n")[1]) >= size, "the served head is behind a receipt", size, now)


def what_a_writer_takes_home_is_verified_offline(server):
    key, files = server.made["verifierKey"], server.scratch
    agent = server.agent()
    environment = {"ASSENT_URL": server.url, "ASSENT_KEY": agent.key}

    def cli(code, *arguments):
        done = server.cli(*arguments, env=environment)
        equal(done.returncode, code, *arguments, done.stdout, done.stderr)
        return done.stdout

    (files / "emitted.json").write_text(json.dumps(event(1)))
    cli(0, "emit", files / "emitted.json", "--receipt", files / "receipt")
    sequence = json.loads((files / "receipt").read_text())["sequence"]
    (files / "event").write_text(cli(0, "event", sequence, "--output", "json"))
    cli(0, "prove", sequence, "--out", files / "proof")
    cli(0, "prove", 0, "--out", files / "first")
    server.kill()  # From here on nobody is asked.

    for name in ("receipt", "proof"):
        said = cli(0, "verify", "--proof", files / name, "--entry", files / "event", "--key", key,
                   "--output", "json")
        equal(json.loads(said)["sequence"], sequence)
    check("is in the log" in cli(0, "verify", "--proof", files / "receipt", "--key", key,
                                 "--output", "table"), "a sentence")
    receipt = json.loads((files / "receipt").read_text())
    for change in ({"sequence": sequence - 1}, {"sequence": -1}, {"leafHash": "AAAA"},
                   {"inclusionProof": receipt["inclusionProof"][:-1]}, {"inclusionProof": [1]},
                   {"inclusionProof": None}, {"checkpoint": "nothing"}, {"sequence": "1"}):
        (files / "bad").write_text(json.dumps({**receipt, **change}))
        cli(8, "verify", "--proof", files / "bad", "--key", key)
    (files / "bad").write_text("[]")
    cli(8, "verify", "--proof", files / "bad", "--key", key)
    cli(8, "verify", "--proof", files / "first", "--entry", files / "event", "--key", key)
    cli(8, "verify", "--proof", files / "receipt", "--entry", files / "emitted.json", "--key", key)
    cli(9, "verify", "--proof", files / "nowhere", "--key", key)
    cli(2, "verify", "--proof", files / "receipt")
    cli(2, "verify", "--proof", files / "receipt", "--key", "nonsense")
    cli(2, "verify", "--proof", files / "receipt", "--key", key, "--data", server.data)
    cli(2, "verify", "--entry", files / "event", "--data", server.data)
    cli(8, "verify", "--proof", files / "proof", "--key", key)
    server.start()


if __name__ == "__main__":
    run(gos_packages_accept_our_checkpoints_tiles_and_proofs, a_receipt_survives_a_restart,
        what_a_writer_takes_home_is_verified_offline)
