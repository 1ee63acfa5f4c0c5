"""Reads a bundle and checks it, with Python's own tarfile and hashlib alone.

Shares nothing with Assent: RFC 6962 is written here as the RFC has it, recursively.
"""

import base64
import hashlib
import json
import tarfile

from assent_client import check, equal

ORDER = ["manifest.json", "checkpoint", "keys.json", "events.ndjson", "proofs.ndjson",
         "witnesses.json"]


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\0" + entry)


def root_of(leaves):
    """MTH of RFC 6962, 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + root_of(leaves[:split]) + root_of(leaves[split:]))


def root_by_path(leaf, index, size, path):
    """RFC 9162, 2.1.3.2."""
    last = size - 1
    check(0 <= index < size, "the index is beyond the tree")
    for sibling in path:
        check(last > 0, "the path is too long")
        if index % 2 or index == last:
            leaf = sha256(b"\1" + sibling + leaf)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            leaf = sha256(b"\1" + leaf + sibling)
        index, last = index // 2, last // 2
    check(last == 0, "the path is too short")
    return leaf


def merged(peaks):
    """The root above peaks of sizes that only shrink."""
    root = peaks[-1][1]
    for _, peak in reversed(peaks[:-1]):
        root = sha256(b"\1" + peak + root)
    return root


def grown(begin, peaks, leaves):
    """The root of the tree with those peaks after these leaves."""
    sizes = [1 << bit for bit in range(63, -1, -1) if begin >> bit & 1]
    equal(len(peaks), len(sizes), "as many peaks as a tree of that size has")
    stack = list(zip(sizes, peaks))
    for leaf in leaves:
        stack.append((1, leaf))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (size, left), (_, right) = stack[-2:]
            stack[-2:] = [(2 * size, sha256(b"\1" + left + right))]
    return merged(stack) if stack else sha256(b"")


def consistent(older_size, older_root, newer_size, newer_root, proof):
    """RFC 9162, 2.1.4.2."""
    if older_size == newer_size:
        return not proof and older_root == newer_root
    if older_size == 0:
        return not proof
    path = list(proof)
    if older_size & (older_size - 1) == 0:
        path.insert(0, older_root)
    node, last = older_size - 1, newer_size - 1
    while node % 2:
        node, last = node // 2, last // 2
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            older, newer = sha256(b"\1" + sibling + older), sha256(b"\1" + sibling + newer)
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            newer = sha256(b"\1" + newer + sibling)
        node, last = node // 2, last // 2
    return last == 0 and older == older_root and newer == newer_root


class Bundle:
    """Everything in the file, checked as it is read."""

    def __init__(self, path):
        with tarfile.open(path) as tar:
            members = tar.getmembers()
            self.files = {member.name: tar.extractfile(member).read() for member in members}
        self.names = [member.name for member in members]
        equal(len(self.names), len(self.files), "no name twice")
        for member in members:
            equal((member.mtime, member.uid, member.gid, member.mode, member.isreg()),
                  (0, 0, 0, 0o644, True), "what tar says of", member.name)
        self.manifest = json.loads(self.files["manifest.json"])
        self.events = [json.loads(line) for line in self.lines("events.ndjson")]
        self.check_files()
        self.check_checkpoint()
        if self.manifest["selection"]["kind"] == "range":
            self.check_range()
        else:
            self.check_members()
        self.check_blobs()

    def lines(self, name):
        text = self.files[name]
        check(not text or text.endswith(b"\n"), name, "ends in a newline")
        return text.split(b"\n")[:-1]

    @property
    def sequences(self):
        return [int(event["sequence"]) for event in self.events]

    def check_files(self):
        manifest = self.manifest
        equal(self.files["manifest.json"],
              json.dumps(manifest, sort_keys=True, separators=(",", ":"),
                         ensure_ascii=False).encode() + b"\n", "the manifest is canonical")
        equal(manifest["format"], "assent-bundle/1", "the format")
        blobs = sorted(name for name in self.names if name.startswith("blobs/"))
        equal(self.names, ORDER + blobs + manifest["views"], "the order of the files")
        equal(set(manifest["files"]), set(self.names) - {"manifest.json"}, "the files listed")
        for name, said in manifest["files"].items():
            content = self.files[name]
            equal(said, {"bytes": len(content), "sha256": sha256(content).hex()}, name)

    def check_checkpoint(self):
        text = self.files["checkpoint"].decode()
        origin, size, root = text.split("\n")[:3]
        self.size, self.root = int(size), base64.b64decode(root)
        equal((origin, self.size), (self.manifest["origin"], self.manifest["size"]), "whose head")
        name = self.manifest["verifierKey"].split("+")[0]
        equal(name, origin, "the key is the log's")
        check(f"\n— {origin} " in text, "the log's key signed it")

    def check_range(self):
        selection = self.manifest["selection"]
        begin, end = selection["begin"], selection["end"]
        (line,) = self.lines("proofs.ndjson")
        proof = {name: [base64.b64decode(hash) for hash in hashes]
                 for name, hashes in json.loads(line).items()}
        equal(self.sequences, list(range(begin, end)), "every sequence of the range")
        root = grown(begin, proof["peaks"], map(leaf_hash, self.lines("events.ndjson")))
        check(consistent(end, root, self.size, self.root, proof["consistency"]),
              "the range is the checkpoint's")
        if begin == 0 and end == self.size:
            equal(root_of([leaf_hash(line) for line in self.lines("events.ndjson")]), self.root,
                  "the whole log's root")

    def check_members(self):
        equal(self.manifest["selection"]["count"], len(self.events), "how many members")
        proofs = [json.loads(line) for line in self.lines("proofs.ndjson")]
        equal([proof["sequence"] for proof in proofs], self.sequences, "a proof for each event")
        equal(self.sequences, sorted(set(self.sequences)), "ascending")
        for line, proof in zip(self.lines("events.ndjson"), proofs):
            path = [base64.b64decode(hash) for hash in proof["path"]]
            equal(root_by_path(leaf_hash(line), proof["sequence"], self.size, path), self.root,
                  "the root above event", proof["sequence"])

    def check_blobs(self):
        named = set()
        for event in self.events:
            kind, data = event["type"], event["data"]
            if kind == "policy.changed" or (kind == "evidence.attached" and data["type"] == "file"):
                named.add(data["sha256"])
            if kind.startswith("approval."):
                named |= {data[member]["sha256"] for member in ("subjectBlob", "requestBlob")
                          if member in data}
            proof = data.get("proof")
            if isinstance(proof, dict) and "blob" in proof and not kind.startswith("execution."):
                named.add(proof["blob"])
        kept = {"sha256:" + name[len("blobs/"):]
                for name in self.names if name.startswith("blobs/")}
        missing = {"sha256:" + hash for hash in self.manifest["missingBlobs"]}
        equal((kept | missing, kept & missing), (named, set()), "the blobs that events name")
        for name, content in self.files.items():
            if name.startswith("blobs/"):
                equal(sha256(content).hex(), name[len("blobs/"):], "a blob is what its name says")
