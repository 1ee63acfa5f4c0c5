#!/usr/bin/env python3
"""A second verifier of Assent's evidence: bundles, receipts, log proofs and logs over HTTP.

Follows docs/ledger-format.md with nothing but Python's standard library, so that whoever does not
trust Assent can read it in one sitting. It shares no line with the verifier of `assent verify`.

  assent_verify.py --bundle FILE_OR_DIRECTORY [--key VKEY]
  assent_verify.py --receipt FILE --key VKEY [--entry FILE]
  assent_verify.py --proof FILE --key VKEY --entry FILE
  assent_verify.py --url https://host/log/acme --key VKEY [--api-key KEY]

Prints one line of JSON. Exits with 0 (verified), 8 (not verified) or 1 (could not be read).
"""

import argparse
import hashlib
import json
import os
import sys
import urllib.request

from bundle_format import (
    FIXED,
    Lines,
    directory_members,
    follow_keys,
    parse_event,
    parse_keys,
    parse_manifest,
    parse_witnesses,
    rank_of,
    read_whole,
    tar_members,
)
from log_format import (
    COSIGNATURE_V1,
    ED25519,
    ENTRY_BYTES_MAX,
    Frontier,
    KEYS_BYTES_MAX,
    Key,
    MANIFEST_BYTES_MAX,
    NOTE_BYTES_MAX,
    PROOF_LINE_BYTES_MAX,
    Rejected,
    SIZE_MAX,
    WITNESSES_BYTES_MAX,
    count_at,
    decimal_from,
    document,
    from_base64,
    hash_from_base64,
    hashes_at,
    is_consistent,
    leaf_hash,
    members_of,
    need,
    node_hash,
    open_checkpoint,
    parse_note,
    root_from_path,
    text_at,
)

# --- Verifying a bundle --------------------------------------------------------------------------


class Bundle:
    def __init__(self, path, pinned):
        self._path, self._pinned = path, pinned
        self._file, self._sequence = "", None
        self.report = {"keyPinned": False, "scope": None, "events": 0, "cosignatures": []}

    def _blame(self, file, sequence=None):
        self._file, self._sequence = file, sequence

    def verify(self):
        try:
            self._verify()
        except Rejected as fault:
            raise Rejected(fault.what, self._file, self._sequence) from None
        return self.report

    def _next(self, name):
        self._blame(name)
        member = next(self._members, None)
        need(member is not None, "the bundle ends before it")
        need(member.name == name, "in its place the bundle has another member")
        if name != FIXED[0]:
            need(
                member.size == self._manifest["files"][name]["bytes"],
                "the file is not as long as the manifest says",
            )
        return member

    def _small(self, name, most):
        member = self._next(name)
        return read_whole(member, self._manifest["files"][name], most)

    def _verify(self):
        is_directory = os.path.isdir(self._path)
        self._members = (directory_members if is_directory else tar_members)(self._path)
        self._manifest = parse_manifest(read_whole(self._next(FIXED[0]), None, MANIFEST_BYTES_MAX))
        note = self._small("checkpoint", NOTE_BYTES_MAX)
        keys = parse_keys(self._small("keys.json", KEYS_BYTES_MAX))
        self._open_note(note, keys)
        events = self._next("events.ndjson")
        proofs = self._next("proofs.ndjson")
        self.report["scope"] = self._manifest["selection"]["kind"]
        if self.report["scope"] == "range":
            self._check_range(events, proofs)
        else:
            self._check_members(events, proofs)
        witnesses = parse_witnesses(self._small("witnesses.json", WITNESSES_BYTES_MAX))
        self._check_cosignatures(note, witnesses)
        self._check_rest()

    def _open_note(self, note, keys):
        manifest = self._manifest
        key, is_pinned, self._heads = follow_keys(
            keys, manifest["size"], self._pinned, manifest["origin"]
        )
        need(key.text == manifest["verifierKey"], "the key is not the manifest's")
        self.report["keyPinned"] = is_pinned
        self._blame("checkpoint")
        self._key = key
        self._size, self._root = open_checkpoint(note, key)
        need(self._size == manifest["size"], "the checkpoint is of another size")
        need(
            self._heads.get(self._size, self._root) == self._root, "the handover was of another log"
        )

    def _event(self, line):
        event, sequence = parse_event(line)
        need(event["tenantid"] == self._manifest["tenant"], "the event is of another tenant")
        return sequence

    def _range_proof(self, member):
        self._blame("proofs.ndjson")
        lines = Lines(member, PROOF_LINE_BYTES_MAX)
        all_lines = list(lines)
        need(len(all_lines) == 1, "a range has one proof")
        lines.finish(self._manifest["files"]["proofs.ndjson"])
        proof = document(all_lines[0], "the proof")
        members_of(proof, "the proof", ("peaks", "consistency"))
        return hashes_at(proof, "peaks"), hashes_at(proof, "consistency")

    def _check_range(self, events, proofs):
        begin, end = (self._manifest["selection"][name] for name in ("begin", "end"))
        peaks, consistency = self._range_proof(proofs)
        frontier = Frontier(begin, peaks)
        lines = Lines(events, ENTRY_BYTES_MAX)
        self._blame("events.ndjson", begin)
        self._check_head(frontier)
        for line in lines:
            need(frontier.size < end, "the event is beyond the range")
            need(self._event(line) == frontier.size, "the event is not the next one")
            frontier.append(leaf_hash(line))
            self.report["events"] += 1
            self._blame("events.ndjson", frontier.size)
            self._check_head(frontier)
        need(frontier.size == end, "the event is missing")
        self._blame("events.ndjson")
        need(
            is_consistent(end, frontier.root(), self._size, self._root, consistency),
            "the events do not hash to the checkpoint's root",
        )
        lines.finish(self._manifest["files"]["events.ndjson"])

    def _check_head(self, frontier):
        if frontier.size in self._heads:
            need(frontier.root() == self._heads[frontier.size], "the handover was of another log")

    def _check_members(self, events, proofs):
        event_lines = Lines(events, ENTRY_BYTES_MAX)
        proof_lines = Lines(proofs, PROOF_LINE_BYTES_MAX)
        paths, before = iter(proof_lines), -1
        self._blame("events.ndjson")
        for line in event_lines:
            sequence = self._event(line)
            self._blame("events.ndjson", sequence)
            need(sequence > before, "the events are not in the order of their sequence")
            need(sequence < self._size, "the event is beyond the checkpoint")
            before = sequence
            self._check_path(line, sequence, next(paths, None))
            self.report["events"] += 1
            self._blame("events.ndjson")
        self._check_no_path_left(paths)
        event_lines.finish(self._manifest["files"]["events.ndjson"])
        proof_lines.finish(self._manifest["files"]["proofs.ndjson"])

    def _check_path(self, line, sequence, proof_line):
        self._blame("proofs.ndjson", sequence)
        need(proof_line is not None, "the event has no proof")
        proof = self._member_proof(proof_line)
        need(proof["sequence"] == sequence, "the proof is another event's")
        path = hashes_at(proof, "path")
        self._blame("events.ndjson", sequence)
        need(
            root_from_path(leaf_hash(line), sequence, self._size, path) == self._root,
            "the event is not in the log",
        )

    @staticmethod
    def _member_proof(line):
        proof = document(line, "the proof")
        members_of(proof, "the proof", ("sequence", "path"))
        count_at(proof, "sequence")
        hashes_at(proof, "path")
        return proof

    def _check_no_path_left(self, paths):
        self._blame("proofs.ndjson")
        line = next(paths, None)
        if line is not None:
            self._blame("events.ndjson", self._member_proof(line)["sequence"])
            raise Rejected("the event is missing, but its proof is there")
        self._blame("manifest.json")
        need(
            self.report["events"] == self._manifest["selection"]["count"],
            "the manifest counts another number of members",
        )

    def _check_cosignatures(self, note, witnesses):
        """Told, not judged: the keys are the bundle's own, so they cannot fail it."""
        known = {}
        for text in witnesses:
            try:
                key = Key(text, (ED25519, COSIGNATURE_V1))
                known[(key.name, key.id)] = key
            except Rejected:
                continue
        text, signatures = parse_note(note)
        for name, key_id, signature in signatures:
            if (name, key_id) == (self._key.name, self._key.id):
                continue
            key = known.get((name, key_id))
            self.report["cosignatures"].append(
                {
                    "name": name,
                    "keyId": key_id.hex(),
                    "verified": key is not None and key.verifies(text, signature),
                }
            )

    def _check_rest(self):
        files = self._manifest["files"]
        left = {name for name in files if rank_of(name) >= len(FIXED)}
        rank = 0
        self._blame("")
        for member in self._members:
            self._blame(member.name)
            need(member.name in left, "the member is there twice, or not in the manifest")
            need(rank_of(member.name) >= rank, "the member is out of its place")
            rank = rank_of(member.name)
            left.remove(member.name)
            need(member.size == files[member.name]["bytes"], "the file is of another length")
            if member.name.startswith("blobs/"):
                need(
                    files[member.name]["sha256"] == member.name[6:], "a blob's name is not its hash"
                )
            hasher = hashlib.sha256()
            for piece in member.pieces():
                hasher.update(piece)
            need(
                hasher.hexdigest() == files[member.name]["sha256"],
                "the file is not the one that the manifest says",
            )
            self._blame("")
        self._blame(min(left, default=""))
        need(not left, "the member is missing")


# --- Receipts, proofs, logs ----------------------------------------------------------------------


def verify_receipt(raw, key, entry):
    receipt = document(raw, "the receipt")
    members_of(receipt, "the receipt", ("sequence", "leafHash", "checkpoint", "inclusionProof"))
    sequence, leaf = count_at(receipt, "sequence"), hash_from_base64(receipt["leafHash"])
    size, root = open_checkpoint(text_at(receipt, "checkpoint").encode(), key)
    try:
        need(entry is None or leaf_hash(entry) == leaf, "the entry is not the receipt's")
        if entry is not None:
            need(parse_event(entry)[1] == sequence, "the entry says another sequence")
        path = hashes_at(receipt, "inclusionProof")
        need(root_from_path(leaf, sequence, size, path) == root, "the leaf is not in the log")
    except Rejected as fault:
        raise Rejected(fault.what, "receipt", sequence) from None
    return {"keyPinned": True, "events": 1}


def verify_proof(raw, key, entry):
    head, split, note = raw.partition(b"\n\n")
    need(split, "it is no log proof")
    lines = head.decode("utf-8", "replace").split("\n")
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "it is no log proof")
    if lines and lines[0].startswith("extra "):
        from_base64(lines.pop(0)[6:])
    need(lines and lines[0].startswith("index "), "the proof has no index")
    index = decimal_from(lines.pop(0)[6:], SIZE_MAX - 1)
    need(len(lines) <= 63, "the path is longer than any tree is high")
    path = [hash_from_base64(line) for line in lines]
    size, root = open_checkpoint(note, key)
    if root_from_path(leaf_hash(entry), index, size, path) != root:
        raise Rejected("the entry is not in the log", "proof", index)
    return {"keyPinned": True, "events": 1}


def tile_path(index, width):
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts) + (f".p/{width}" if width < 256 else "")


class Log:
    """A log behind its pages (C2SP tlog-tiles)."""

    def __init__(self, url, key, api_key):
        self._url, self._key, self._api_key = url.rstrip("/"), key, api_key

    def _get(self, path, most):
        request = urllib.request.Request(
            f"{self._url}/{path}", headers={"Accept-Encoding": "identity"}
        )
        if self._api_key:
            request.add_header("Authorization", "Bearer " + self._api_key)
        with urllib.request.urlopen(request, timeout=30) as answer:
            raw = answer.read(most + 1)
        need(len(raw) <= most, "the page is longer than it can be")
        return raw

    def verify(self):
        size, root = open_checkpoint(self._get("checkpoint", NOTE_BYTES_MAX), self._key)
        frontier, tenant, level = Frontier(), None, []
        while frontier.size < size:
            tile = tile_path(frontier.size // 256, min(256, size - frontier.size))
            leaves = []
            for entry in self._entries(tile, frontier.size, min(256, size - frontier.size)):
                tenant = self._check(entry, frontier, tenant)
                leaves.append(leaf_hash(entry))
                frontier.append(leaves[-1])
            page = f"tile/0/{tile}"
            if self._get(page, 8192) != b"".join(leaves):
                first = frontier.size - len(leaves)
                raise Rejected("the tile is not that of the entries", page, first)
            if len(leaves) == 256:
                level.append(self._perfect_root(leaves))
        need(frontier.root() == root, "the entries do not hash to the checkpoint's root")
        self._check_upper(level)
        return {"keyPinned": True, "events": size}

    def _entries(self, tile, first, width):
        page = f"tile/entries/{tile}"
        raw, at = self._get(page, width * (ENTRY_BYTES_MAX + 2)), 0
        for number in range(first, first + width):
            length = int.from_bytes(raw[at : at + 2], "big")
            entry = raw[at + 2 : at + 2 + length]
            if at + 2 > len(raw) or len(entry) != length:
                raise Rejected("the entry is cut off", page, number)
            at += 2 + length
            yield entry
        if at != len(raw):
            raise Rejected("the page goes on after its last entry", page, first + width - 1)

    @staticmethod
    def _check(entry, frontier, tenant):
        try:
            event, sequence = parse_event(entry)
            need(sequence == frontier.size, "the event is not the next one")
            need(tenant in (None, event["tenantid"]), "the event is of another tenant")
        except Rejected as fault:
            raise Rejected(fault.what, "tile/entries", frontier.size) from None
        return event["tenantid"]

    @staticmethod
    def _perfect_root(hashes):
        while len(hashes) > 1:
            hashes = [node_hash(a, b) for a, b in zip(hashes[::2], hashes[1::2])]
        return hashes[0]

    def _check_upper(self, hashes):
        """The tiles above the leaves: each hash is the root of a full tile below."""
        level = 1
        while hashes:
            upper = []
            for first in range(0, len(hashes), 256):
                part = hashes[first : first + 256]
                page = f"tile/{level}/{tile_path(first // 256, len(part))}"
                need(self._get(page, 8192) == b"".join(part), page + " is not that of the entries")
                if len(part) == 256:
                    upper.append(self._perfect_root(part))
            hashes, level = upper, level + 1


# --- The command ---------------------------------------------------------------------------------


def read_file(path, most=2 * NOTE_BYTES_MAX):
    with open(path, "rb") as source:
        raw = source.read(most + 1)
    need(len(raw) <= most, "the file is larger than it can be")
    return raw


def run(options):
    if options.key is not None:
        Key(options.key)
    if options.bundle:
        return Bundle(options.bundle, options.key).verify()
    key = Key(options.key)
    entry = read_file(options.entry) if options.entry else None
    if options.receipt:
        return verify_receipt(read_file(options.receipt), key, entry)
    if options.proof:
        return verify_proof(read_file(options.proof), key, entry)
    return Log(options.url, key, options.api_key).verify()


def arguments(words):
    parser = argparse.ArgumentParser(description="Verifies Assent's evidence.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--bundle", help="a tar file, or the directory that it was unpacked into")
    what.add_argument("--receipt", help="a receipt as JSON (`meta.receipt` of a response)")
    what.add_argument("--proof", help="a c2sp.org/tlog-proof@v1 file")
    what.add_argument("--url", help="a log's address, which /checkpoint and /tile/… follow")
    parser.add_argument("--key", help="the log's verifier key, as you have kept it")
    parser.add_argument("--entry", help="the entry's bytes, exactly")
    parser.add_argument("--api-key", help="for a log that is not public")
    options = parser.parse_args(words)
    if options.key is None and not options.bundle:
        parser.error("--key is needed: nothing else says whose log it is")
    if options.proof and not options.entry:
        parser.error("--proof needs --entry")
    return options


def main(words):
    options = arguments(words)
    try:
        report = {"ok": True, "sequence": None, "file": None, "what": None, **run(options)}
    except Rejected as fault:
        report = {
            "ok": False,
            "sequence": fault.sequence,
            "keyPinned": False,
            "file": fault.file,
            "what": fault.what,
        }
    except OSError as fault:
        print(f"It cannot be read: {fault}", file=sys.stderr)
        return 1
    print(json.dumps(report, ensure_ascii=True))
    return 0 if report["ok"] else 8


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
