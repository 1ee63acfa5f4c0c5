"""The verifier in Python against a server: pages, receipts and proofs, with nothing but the key."""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import ROOT, check, equal, run  # noqa: E402

VERIFIER = ROOT / "tests/verifier/assent_verify.py"
EVENTS = 700  # Two full tiles, and a third that is not.


def verify(*words):
    said = subprocess.run([sys.executable, "-B", str(VERIFIER), *map(str, words)],
                          capture_output=True, text=True, check=False)
    report = json.loads(said.stdout)
    equal(said.returncode, 0 if report["ok"] else 8, said)
    return report


def event(number):
    return {"type": "content.publish", "target": {"type": "page", "id": f"Seite-ü-{number}"},
            "outcome": "success", "metadata": {"ratio": number / 7, "text": "\u2028\U0001f600\"\\"}}


def a_stranger_verifies_what_the_server_says(server):
    agent, key = server.agent(), server.made["verifierKey"]
    lines = "".join(json.dumps(event(n)) + "\n" for n in range(EVENTS))
    agent.call("POST", "/v1/events", raw=lines.encode(),
               content_type="application/x-ndjson").expect(201)
    written = agent.post("/v1/events?proof=true", event(EVENTS)).expect(201).json
    receipt = server.scratch / "receipt.json"
    receipt.write_text(json.dumps(written["meta"]["receipt"]))
    check(verify("--receipt", receipt, "--key", key)["ok"])

    auditor = server.principal("human", "aud", ["auditor"])
    url = f"{server.url}/log/default"
    report = verify("--url", url, "--key", key, "--api-key", auditor.key)
    check(report["ok"] and report["events"] > EVENTS, report)
    wrong = key[:-4] + "AAA="
    check(not verify("--url", url, "--key", wrong, "--api-key", auditor.key)["ok"])

    sequence = written["meta"]["receipt"]["sequence"]
    entry, other = (server.scratch / name for name in ("entry", "other"))
    last = written_event(auditor, sequence)
    entry.write_bytes(last)
    other.write_bytes(last.replace(b"success", b"failure"))
    identity = json.loads(last)["id"]
    proof = server.scratch / "proof"
    proof.write_bytes(auditor.call("GET", f"/v1/events/{identity}/proof").body)
    check(verify("--proof", proof, "--key", key, "--entry", entry)["ok"])
    equal(verify("--proof", proof, "--key", key, "--entry", other)["sequence"], sequence)
    check(verify("--receipt", receipt, "--key", key, "--entry", entry)["ok"])
    check(not verify("--receipt", receipt, "--key", key, "--entry", other)["ok"])


def written_event(client, sequence):
    """The entry's bytes, from the bundle of entries that ends the log."""
    size = int(client.call("GET", "/log/default/checkpoint").body.split(b"\n")[1])
    first = sequence // 256 * 256
    width = min(256, size - first)
    page = f"{first // 256:03d}" + (f".p/{width}" if width < 256 else "")
    raw = client.call("GET", f"/log/default/tile/entries/{page}").body
    for _ in range(sequence - first):
        raw = raw[2 + int.from_bytes(raw[:2], "big"):]
    return raw[2 : 2 + int.from_bytes(raw[:2], "big")]


if __name__ == "__main__":
    run(a_stranger_verifies_what_the_server_says)
