"""Each bit of what lies beside the database, and of what a writer takes home: checkpoints,
handovers, blobs, receipts.

A part of the bits in an everyday run, all of them with ASSENT_LONG=1.
"""

import concurrent.futures
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from tampering import LONG, check, copy_of, equal, main, verdict  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "verifier"))
import assent_verify  # noqa: E402
import log_format  # noqa: E402

# The newest checkpoint twice, with what a restart goes on from. One that is damaged counts as torn
# by a crash; the note beside it says the same and is authenticated.
REDUNDANT = ("default.mark", "acme.mark", "published.list")
STRIDE_OF_NOTES = 1 if LONG else 7
STRIDE_OF_BLOBS = 1 if LONG else 17
STRIDE_OF_RECEIPTS = 1 if LONG else 37


def flipped(raw, bit):
    return raw[:bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1:]


def bits_of(victim, folder, stride, left_out=()):
    for file in sorted((victim.data / folder).rglob("*")):
        if file.is_file() and file.name not in left_out:
            for bit in range(0, 8 * file.stat().st_size, stride):
                yield victim.data, file.relative_to(victim.data), bit


def flip_in_file(arguments):
    data, name, bit = arguments
    with copy_of(data) as copy:
        file = copy / name
        file.chmod(0o600)
        file.write_bytes(flipped(file.read_bytes(), bit))
        found = verdict(copy)
    check(found is not None, f"nobody notices bit {bit} of {name}")


def flip_all(bits):
    work = list(bits)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(flip_in_file, work))
    return {"bits": len(work), "files": len({name for _, name, _ in work})}


def every_bit_of_the_checkpoints(victim):
    return flip_all(bits_of(victim, "checkpoints", STRIDE_OF_NOTES, REDUNDANT))


def the_bits_of_the_blobs(victim):
    return flip_all(bits_of(victim, "blobs", STRIDE_OF_BLOBS))


def files_that_are_taken_away(victim):
    taken = 0
    for file in sorted(victim.data.rglob("*")):
        name = file.relative_to(victim.data)
        if not file.is_file() or name.parts[0] not in ("checkpoints", "blobs"):
            continue
        # A start signs the handovers again.
        if file.name in REDUNDANT or ".handover-" in file.name:
            continue
        with copy_of(victim.data) as copy:
            (copy / name).unlink()
            # The mark has the same checkpoint: to lose the note alone loses nothing.
            for mark in (copy / "checkpoints").glob("*.mark"):
                mark.unlink()
            check(verdict(copy) is not None, f"nobody misses {name}")
        taken += 1
    return {"files": taken}


def every_bit_of_a_receipt(victim):
    server = victim.server
    server.start()
    try:
        admin = server.client(server.made["adminKey"])
        server.admin = admin
        agent = server.agent("witness")
        answer = agent.post("/v1/events?proof=true",
                            {"type": "content.publish", "outcome": "success",
                             "target": {"type": "post", "id": "1"}}).expect(201).json
        receipt = answer["meta"]["receipt"]
        event = admin.get(f"/v1/events/{receipt['sequence']}").expect(200).data
        keys = admin.events(type="ledger.key_rotated")
    finally:
        server.kill()
    entry = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key = log_format.Key(keys[-1]["data"]["verifierKey"])
    raw = json.dumps(receipt).encode()
    good = assent_verify.verify_receipt(raw, key, entry)
    passed, tried = 0, 0
    for bit in range(0, 8 * len(raw), STRIDE_OF_RECEIPTS):
        tried += 1
        try:
            passed += assent_verify.verify_receipt(flipped(raw, bit), key, entry) is not None
            # Another spelling of the same, such as an escaped letter, is the same receipt.
            equal(json.loads(flipped(raw, bit)), receipt, f"bit {bit}")
        except log_format.Rejected:
            continue
    return {"bits": tried, "of the same meaning": passed, "sequence": good or receipt["sequence"]}


if __name__ == "__main__":
    main(every_bit_of_the_checkpoints, the_bits_of_the_blobs, files_that_are_taken_away,
         every_bit_of_a_receipt)
