"""A bundle's members and documents, as docs/ledger-format.md has them."""

import hashlib
import json
import os
import re
import stat

from log_format import (
    DEPTH_MAX,
    Json,
    Key,
    PIECE_BYTES,
    Rejected,
    count_at,
    document,
    is_lower_hex,
    members_of,
    need,
    open_checkpoint,
    text_at,
)

# --- A bundle's members --------------------------------------------------------------------------

FIXED = (
    "manifest.json",
    "checkpoint",
    "keys.json",
    "events.ndjson",
    "proofs.ndjson",
    "witnesses.json",
)


def rank_of(name):
    if name in FIXED:
        return FIXED.index(name)
    if re.fullmatch("blobs/[0-9a-f]{64}", name):
        return len(FIXED)
    if re.fullmatch("views/[a-z0-9_-][a-z0-9._-]{0,63}", name):
        return len(FIXED) + 1
    raise Rejected("the bundle has a member that no bundle has")


class Member:
    def __init__(self, name, path, offset, size):
        self.name, self.path, self.offset, self.size = name, path, offset, size

    def pieces(self):
        left = self.size
        with open(self.path, "rb") as source:
            source.seek(self.offset)
            while left > 0:
                piece = source.read(min(left, PIECE_BYTES))
                need(piece, "the bundle is cut off")
                left -= len(piece)
                yield piece


def octal(field):
    need(re.fullmatch(rb"[0-7 \0]*", field) is not None, "the archive has a damaged header")
    return int(re.match(rb" *([0-7]*)", field).group(1) or b"0", 8)


def checksum_fits(block):
    said = octal(block[148:156])
    rest = block[:148] + b" " * 8 + block[156:]
    return said in (sum(rest), sum(c - 256 if c > 127 else c for c in rest))


def pax_size(raw):
    """The size in a pax header, which may hold nothing else."""
    found = re.fullmatch(rb"([0-9]+) size=([1-9][0-9]{0,18})\n", raw)
    need(found and int(found.group(1)) == len(raw), "the archive has a pax header of another kind")
    return int(found.group(2))


def tar_members(path):
    """The members of a tar file, in its order. Strict: plain files with a bundle's names."""
    end, at, large = os.path.getsize(path), 0, None
    need(end > 0, "the file is no tar archive")
    with open(path, "rb") as source:
        while at < end:
            source.seek(at)
            block = source.read(512)
            need(len(block) == 512, "the archive is cut off")
            if block == bytes(512):
                break
            need(checksum_fits(block), "the archive has a damaged header")
            need(block[257:262] == b"ustar", "the archive is not of the ustar format")
            kind, size = block[156:157], octal(block[124:136])
            if kind == b"x" and large is None and size <= 512:
                large = pax_size(source.read(512)[:size])
                at += 1024
                continue
            name, prefix = (block[a:b].split(b"\0")[0] for a, b in ((0, 100), (345, 500)))
            need(kind in (b"0", b"\0"), "the archive has what is no plain file")
            need(block[157:257] == bytes(100), "the archive has a link")
            need(prefix == b"" and name.isascii(), "the archive has a member that no bundle has")
            size, large = (size if large is None else large), None
            rank_of(name.decode())
            need(at + 512 + -(-size // 512) * 512 <= end, "the archive is cut off")
            yield Member(name.decode(), path, at + 512, size)
            at += 512 + -(-size // 512) * 512


def directory_members(path):
    names = []
    for here, rooms, files in os.walk(path):
        for room in rooms:
            inner = os.path.join(here, room)
            need(not os.path.islink(inner), "the directory has a link")
            need(
                os.path.relpath(inner, path) in ("blobs", "views"),
                "the directory has a file that no bundle has",
            )
        for file in files:
            whole = os.path.join(here, file)
            need(stat.S_ISREG(os.lstat(whole).st_mode), "the directory has what is no plain file")
            names.append(os.path.relpath(whole, path).replace(os.sep, "/"))
    for name in sorted(names, key=lambda n: (rank_of(n), n)):
        whole = os.path.join(path, name)
        yield Member(name, whole, 0, os.path.getsize(whole))


def read_whole(member, entry, most):
    need(member.size <= most, "the file is larger than it can be")
    raw = b"".join(member.pieces())
    if entry is not None:
        need(
            len(raw) == entry["bytes"] and hashlib.sha256(raw).hexdigest() == entry["sha256"],
            "the file is not the one that the manifest says",
        )
    return raw


class Lines:
    """The lines of a member, and at the end whether it is the file that the manifest says."""

    def __init__(self, member, most):
        self._pieces, self._most = member.pieces(), most
        self._hasher, self._rest = hashlib.sha256(), b""

    def __iter__(self):
        for piece in self._pieces:
            self._hasher.update(piece)
            lines = (self._rest + piece).split(b"\n")
            self._rest = lines.pop()
            for line in lines:
                need(len(line) <= self._most, "a line is longer than one can be")
                yield line
            need(len(self._rest) <= self._most, "a line is longer than one can be")
        need(self._rest == b"", "the last line is cut off")

    def finish(self, entry):
        for piece in self._pieces:
            self._hasher.update(piece)
        need(
            self._hasher.hexdigest() == entry["sha256"],
            "the file is not the one that the manifest says",
        )


# --- The bundle's documents ----------------------------------------------------------------------

MANIFEST = ("format", "tenant", "origin", "selection", "size", "verifierKey", "createdAt", "files")


def parse_selection(selection, size):
    need(isinstance(selection, dict), "the selection is no JSON object")
    if selection.get("kind") == "range":
        members_of(selection, "the selection", ("kind", "begin", "end"))
        begin, end = count_at(selection, "begin"), count_at(selection, "end")
        need(begin <= end <= size, "the range is not within the checkpoint's size")
        return
    need(selection.get("kind") == "members", "the selection is neither a range nor members")
    members_of(selection, "the selection", ("kind", "count", "query"))
    need(isinstance(selection["query"], dict), "the query is no JSON object")
    need(count_at(selection, "count") <= size, "there are more members than events")


def is_time(text):
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z", text, re.ASCII)
    if not found:
        return False
    year, month, day, hour, minute, second = map(int, found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (
        1 <= month <= 12
        and 1 <= day <= days[month - 1]
        and hour < 24
        and minute < 60
        and second < 60
    )


def parse_files(manifest):
    files = manifest["files"]
    need(isinstance(files, dict), "the manifest's files are no JSON object")
    for name, entry in files.items():
        rank_of(name)
        need(name != FIXED[0], "the manifest lists itself")
        members_of(entry, "the manifest's entry of a file", ("bytes", "sha256"))
        count_at(entry, "bytes")
        need(is_lower_hex(entry["sha256"], 64), "the manifest has a sha256 that is none")
    for name in FIXED[1:]:
        need(name in files, "the manifest lists no " + name)
    for view in manifest.get("views", []):
        need(
            isinstance(view, str) and view.startswith("views/") and view in files,
            "the manifest names a view that is no file of it",
        )
    for digits in manifest.get("missingBlobs", []):
        need(is_lower_hex(digits, 64), "the missing blobs have what is no hash")
        need("blobs/" + digits not in files, "the manifest calls a blob missing that it lists")


def parse_manifest(raw):
    manifest = document(raw, "the manifest")
    if isinstance(manifest, dict):
        need(manifest.get("format") == "assent-bundle/1", "the bundle is of another format")
    members_of(manifest, "the manifest", MANIFEST, ("missingBlobs", "views"))
    for name in ("tenant", "origin", "verifierKey", "createdAt"):
        text_at(manifest, name)
    count_at(manifest, "size")
    need(is_time(manifest["createdAt"]), "createdAt is no time of the log's notation")
    for name in ("views", "missingBlobs"):
        need(isinstance(manifest.get(name, []), list), f"the manifest's {name} are no list")
    parse_selection(manifest["selection"], manifest["size"])
    parse_files(manifest)
    return manifest


def parse_keys(raw):
    """[(Key, fromSize, handover or None)], oldest first."""
    items, keys = document(raw, "the list of keys"), []
    need(isinstance(items, list) and items, "the list of keys has no key")
    for item in items:
        members_of(item, "the key", ("verifierKey", "fromSize", "handover"))
        key, size = Key(text_at(item, "verifierKey")), count_at(item, "fromSize")
        note = item["handover"]
        need(note is None or isinstance(note, str), "handover is no text")
        need(keys or note is None, "the first key has a handover")
        need(
            size > keys[-1][1] if keys else size == 0,
            "the keys do not follow one another from size 0 on",
        )
        keys.append((key, size, None if note is None else note.encode()))
    return keys


def follow_keys(keys, size, pinned, origin):
    """The key that speaks for `size`, whether it was pinned, and the heads of the handovers."""
    pinned_at, current, heads = None, 0, {}
    for at, (key, from_size, handover) in enumerate(keys):
        need(key.name == origin, "a key is another log's")
        if at > 0 and handover is not None:
            old, new = open_checkpoint(handover, keys[at - 1][0]), open_checkpoint(handover, key)
            need(old == new and new[0] == from_size, "the handover is of another size")
            heads[from_size] = new[1]
        elif at > 0 and pinned_at is not None:
            need(from_size > size, "there is no handover to the key that follows the pinned one")
        if key.text == pinned:
            pinned_at = at
        if from_size <= size:
            current = at
    need(pinned is None or pinned_at is not None, "the key that you gave is none of this log's")
    need(pinned_at is None or pinned_at <= current, "the key that you gave is too new")
    return keys[current][0], pinned_at is not None, heads


def parse_witnesses(raw):
    value = document(raw, "the list of witnesses")
    members_of(value, "the list of witnesses", ("policy", "keys"))
    need(value["policy"] is None or isinstance(value["policy"], str), "policy is no text")
    need(
        isinstance(value["keys"], list) and all(isinstance(k, str) for k in value["keys"]),
        "the witnesses' keys are no list of texts",
    )
    return value["keys"]


def plain(event, name):
    """A member's text, which has nothing to escape."""
    value = event.get(name)
    need(
        isinstance(value, str) and json.dumps(value, ensure_ascii=False) == f'"{value}"',
        f"the entry is no event: {name} is missing",
    )
    return value


def parse_event(raw):
    document = Json(raw, DEPTH_MAX)
    need(document.canonical() == document.text, "the entry is not in canonical form")
    event = document.value
    need(isinstance(event, dict), "the entry is no event")
    digits = plain(event, "sequence")
    need(
        re.fullmatch("[0-9]{20}", digits) is not None and int(digits) < 2**64,
        "the entry is no event: its sequence is not 20 digits",
    )
    for name in ("tenantid", "source", "type"):
        plain(event, name)
    need(isinstance(event.get("data"), dict), "the entry is no event: it has no data")
    return event, int(digits)
