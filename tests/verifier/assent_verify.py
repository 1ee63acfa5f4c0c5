#!/usr/bin/env python3
"""A second verifier of Assent's evidence: bundles, receipts, log proofs and logs over HTTP.

Written from docs/ledger-format.md alone and with nothing but Python's standard library, so that
whoever trusts neither Assent nor its authors can read it in one sitting. It shares no line with the
verifier that `assent verify` is.

  assent_verify.py --bundle FILE_OR_DIRECTORY [--key VKEY]
  assent_verify.py --receipt FILE --key VKEY [--entry FILE]
  assent_verify.py --proof FILE --key VKEY --entry FILE
  assent_verify.py --url https://host/log/acme --key VKEY [--api-key KEY]

Prints one line of JSON. Exits with 0 (verified), 8 (not verified) or 1 (could not be read).
"""

import argparse
import base64
import hashlib
import json
import os
import re
import stat
import sys
import urllib.request

from ed25519 import verify as ed25519_verifies

ENTRY_BYTES_MAX = 65_535
DEPTH_MAX = 80
DOCUMENT_DEPTH_MAX = 64
SIZE_MAX = 2**63 - 1
SAFE_INTEGER_MAX = 2**53 - 1
NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 100
MANIFEST_BYTES_MAX = 64 * 1024 * 1024
KEYS_BYTES_MAX = 4 * 1024 * 1024
WITNESSES_BYTES_MAX = 1024 * 1024
PROOF_LINE_BYTES_MAX = 8192
HASHES_MAX = 64
PIECE_BYTES = 256 * 1024
ED25519 = 1
COSIGNATURE_V1 = 4


class Rejected(Exception):
    """The first thing that is wrong, and where."""

    def __init__(self, what, file=None, sequence=None):
        super().__init__(what)
        self.what, self.file, self.sequence = what, file, sequence


def need(condition, what):
    if not condition:
        raise Rejected(what)


# --- Notations -----------------------------------------------------------------------------------


def from_base64(text):
    """Padded base64 (RFC 4648 section 4), and only the one spelling of each value."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, UnicodeError):
        raise Rejected("it is not base64") from None
    need(base64.b64encode(raw).decode() == text, "it is not base64")
    return raw


def hash_from_base64(text):
    need(isinstance(text, str), "it is no hash in base64")
    raw = from_base64(text)
    need(len(raw) == 32, "it is no hash in base64")
    return raw


def decimal_from(text, most=SIZE_MAX):
    need(re.fullmatch("0|[1-9][0-9]{0,19}", text) is not None, "it is no decimal number")
    need(int(text) <= most, "the number is too large")
    return int(text)


def is_lower_hex(text, digits):
    return isinstance(text, str) and re.fullmatch("[0-9a-f]{%d}" % digits, text) is not None


def ecmascript(number):
    """A finite double as ECMAScript (and so RFC 8785) prints it."""
    if number == 0:
        return "0"
    mantissa, exponent = repr(abs(number)), 0
    if "e" in mantissa:
        mantissa, power = mantissa.split("e")
        exponent = int(power)
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + exponent - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    sign, count = ("-" if number < 0 else ""), len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    tail = "e" + ("+" if power >= 0 else "-") + str(abs(power))
    return sign + digits[0] + ("." + digits[1:] if count > 1 else "") + tail


class Json:
    """One strict JSON document: no name twice, no number that readers disagree about."""

    def __init__(self, raw, depth):
        self._depth = depth
        try:
            self.text = raw.decode("utf-8")
            self.value = json.loads(
                self.text,
                object_pairs_hook=self._object,
                parse_int=self._integer,
                parse_float=self._fraction,
                parse_constant=self._constant,
            )
        except (ValueError, RecursionError):
            raise Rejected("it is not strict JSON") from None
        if raw.count(b"[") + raw.count(b"{") > depth:
            self._check_depth(self.value, 1)
        self._check_text(self.value, raw)

    @staticmethod
    def _object(pairs):
        out = dict(pairs)
        if len(out) != len(pairs):
            raise ValueError("a name is there twice")
        return out

    @staticmethod
    def _integer(literal):
        if len(literal) > 17 or abs(int(literal)) > SAFE_INTEGER_MAX:
            raise ValueError("a whole number is too large")
        # Minus zero is a number of its own, which no canonical text has.
        return -0.0 if literal == "-0" else int(literal)

    @staticmethod
    def _fraction(literal):
        value = float(literal)
        if value in (float("inf"), float("-inf")):
            raise ValueError("a number is too large")
        if value == 0 and re.search("[1-9]", re.split("[eE]", literal)[0]):
            raise ValueError("a number is too small")
        if value.is_integer() and SAFE_INTEGER_MAX < abs(value) < 1e21:
            raise ValueError("a number would become too large an integer")
        return value

    @staticmethod
    def _constant(name):
        raise ValueError(name)

    def _check_depth(self, value, depth):
        if not isinstance(value, (dict, list)):
            return
        need(depth <= self._depth, "it is too deep")
        for item in value.values() if isinstance(value, dict) else value:
            self._check_depth(item, depth + 1)

    @staticmethod
    def _check_text(value, raw):
        # Only an escape can bring half of a surrogate pair.
        if b"\\u" not in raw:
            return
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeError:
            raise Rejected("it has half a surrogate pair") from None

    def canonical(self):
        return _canonical(self.value)


def _canonical(value):
    """RFC 8785."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        inner = (json.dumps(n, ensure_ascii=False) + ":" + _canonical(value[n]) for n in names)
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_canonical(item) for item in value) + "]"
    if isinstance(value, float):
        return ecmascript(value)
    return json.dumps(value, ensure_ascii=False)


def document(raw, what):
    try:
        return Json(raw[:-1] if raw.endswith(b"\n") else raw, DOCUMENT_DEPTH_MAX).value
    except Rejected as fault:
        raise Rejected(f"{what}: {fault.what}") from None


def members_of(value, what, required, optional=()):
    need(isinstance(value, dict), what + " is no JSON object")
    for name in required:
        need(name in value, f"{what} has no {name}")
    need(set(value) <= set(required) | set(optional), what + " has a member of no such format")


def count_at(value, name):
    number = value.get(name)
    need(type(number) is int and 0 <= number, name + " is no count")
    return number


def text_at(value, name):
    need(isinstance(value.get(name), str), name + " is no text")
    return value[name]


def hashes_at(value, name):
    items = value.get(name)
    need(isinstance(items, list) and len(items) <= HASHES_MAX, name + " is no list of hashes")
    return [hash_from_base64(item) for item in items]


# --- The tree (RFC 6962) -------------------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


class Frontier:
    """The peaks of a growing tree, the largest first."""

    def __init__(self, size=0, peaks=()):
        need(len(peaks) == bin(size).count("1"), "the peaks are not those of a tree of that size")
        self.size, self.peaks = size, list(peaks)

    def append(self, leaf):
        size = self.size
        while size & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            size >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self):
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_from_path(leaf, index, size, path):
    """The root to which an audit path leads; nothing if the path has not the right length."""
    if index >= size:
        return None
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while node & 1 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(first, first_root, second, second_root, proof):
    """RFC 9162 section 2.1.4.2, with the trivial cases: equal sizes, and an empty first tree."""
    if first == second:
        return not proof and first_root == second_root
    if first > second:
        return False
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node & 1 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


# --- Keys, notes, checkpoints --------------------------------------------------------------------

# Unicode's white space beyond ASCII; what is ASCII is caught by the bound of U+0020.
WIDE_SPACES = "\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    chr(c) for c in range(0x2000, 0x200B)
)


def is_key_name(name):
    return name != "" and not any(c <= " " or c == "+" or c in WIDE_SPACES for c in name)


class Key:
    """A verifier key from its text form, `name+hex(id)+base64(algorithm, public key)`."""

    def __init__(self, text, algorithms=(ED25519,)):
        parts = text.split("+", 2)
        need(len(parts) == 3 and is_key_name(parts[0]), "a verifier key is none")
        raw = from_base64(parts[2])
        need(len(raw) == 33 and raw[0] in algorithms, "a verifier key is none")
        self.text, self.name, self.algorithm, self.public = text, parts[0], raw[0], raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        need(self.id.hex() == parts[1], "a verifier key's id is not its own")

    def verifies(self, text, signature):
        if self.algorithm == ED25519:
            return ed25519_verifies(self.public, text, signature)
        if len(signature) != 72:
            return False
        time = int.from_bytes(signature[:8], "big")
        message = b"cosignature/v1\ntime %d\n" % time + text
        return time <= SIZE_MAX and ed25519_verifies(self.public, message, signature[8:])


def parse_note(raw):
    """The text, and (name, key id, signature) of each signature line. Believes nothing."""
    need(len(raw) <= NOTE_BYTES_MAX, "the note is too long")
    need(not any(c < 0x20 and c != 0x0A for c in raw), "the note has a control character")
    try:
        raw.decode("utf-8")
    except UnicodeError:
        raise Rejected("the note is not UTF-8") from None
    split = raw.rfind(b"\n\n")
    need(split >= 0, "no empty line ends the note's text")
    text, rest = raw[: split + 1], raw[split + 2 :].decode()
    need(rest.endswith("\n"), "the note has no signature")
    signatures = []
    for line in rest[:-1].split("\n"):
        need(line.startswith("\u2014 "), "a line after the note's text is no signature")
        name, space, encoded = line[2:].partition(" ")
        need(space == " " and is_key_name(name), "a line after the note's text is no signature")
        signature = from_base64(encoded)
        need(len(signature) > 4, "a line after the note's text is no signature")
        signatures.append((name, signature[:4], signature[4:]))
    need(len(signatures) <= SIGNATURES_MAX, "the note has too many signatures")
    return text, signatures


def parse_checkpoint(text):
    lines = text.decode().split("\n")
    need(lines.pop() == "" and len(lines) >= 3 and "" not in lines, "the note is no checkpoint")
    size, root = decimal_from(lines[1]), hash_from_base64(lines[2])
    need(size > 0 or root == EMPTY_ROOT, "an empty log cannot have that root")
    return lines[0], size, root


def open_checkpoint(raw, key):
    """(size, root) if the key signed the note, at least once and never wrongly."""
    text, signatures = parse_note(raw)
    ours = [s for name, key_id, s in signatures if (name, key_id) == (key.name, key.id)]
    need(ours, "the log's key has not signed the checkpoint")
    need(all(key.verifies(text, s) for s in ours), "the log's signature is wrong")
    origin, size, root = parse_checkpoint(text)
    need(origin == key.name, "the checkpoint is another log's")
    return size, root


# --- A bundle's members --------------------------------------------------------------------------

FIXED = ("manifest.json", "checkpoint", "keys.json", "events.ndjson", "proofs.ndjson",
         "witnesses.json")


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
            need(os.path.relpath(inner, path) in ("blobs", "views"),
                 "the directory has a file that no bundle has")
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
        need(len(raw) == entry["bytes"] and hashlib.sha256(raw).hexdigest() == entry["sha256"],
             "the file is not the one that the manifest says")
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
        need(self._hasher.hexdigest() == entry["sha256"],
             "the file is not the one that the manifest says")


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
    found = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z", text, re.ASCII)
    if not found:
        return False
    year, month, day, hour, minute, second = map(int, found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (1 <= month <= 12 and 1 <= day <= days[month - 1] and hour < 24 and minute < 60
            and second < 60)


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
        need(isinstance(view, str) and view.startswith("views/") and view in files,
             "the manifest names a view that is no file of it")
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
        need(size > keys[-1][1] if keys else size == 0,
             "the keys do not follow one another from size 0 on")
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
    need(isinstance(value["keys"], list) and all(isinstance(k, str) for k in value["keys"]),
         "the witnesses' keys are no list of texts")
    return value["keys"]


def plain(event, name):
    """A member's text, which has nothing to escape."""
    value = event.get(name)
    need(isinstance(value, str) and json.dumps(value, ensure_ascii=False) == f'"{value}"',
         f"the entry is no event: {name} is missing")
    return value


def parse_event(raw):
    document = Json(raw, DEPTH_MAX)
    need(document.canonical() == document.text, "the entry is not in canonical form")
    event = document.value
    need(isinstance(event, dict), "the entry is no event")
    digits = plain(event, "sequence")
    need(re.fullmatch("[0-9]{20}", digits) is not None and int(digits) < 2**64,
         "the entry is no event: its sequence is not 20 digits")
    for name in ("tenantid", "source", "type"):
        plain(event, name)
    need(isinstance(event.get("data"), dict), "the entry is no event: it has no data")
    return event, int(digits)


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
            need(member.size == self._manifest["files"][name]["bytes"],
                 "the file is not as long as the manifest says")
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
            keys, manifest["size"], self._pinned, manifest["origin"])
        need(key.text == manifest["verifierKey"], "the key is not the manifest's")
        self.report["keyPinned"] = is_pinned
        self._blame("checkpoint")
        self._key = key
        self._size, self._root = open_checkpoint(note, key)
        need(self._size == manifest["size"], "the checkpoint is of another size")
        need(self._heads.get(self._size, self._root) == self._root,
             "the handover was of another log")

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
        need(is_consistent(end, frontier.root(), self._size, self._root, consistency),
             "the events do not hash to the checkpoint's root")
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
        need(root_from_path(leaf_hash(line), sequence, self._size, path) == self._root,
             "the event is not in the log")

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
        need(self.report["events"] == self._manifest["selection"]["count"],
             "the manifest counts another number of members")

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
                {"name": name, "keyId": key_id.hex(),
                 "verified": key is not None and key.verifies(text, signature)})

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
                need(files[member.name]["sha256"] == member.name[6:],
                     "a blob's name is not its hash")
            hasher = hashlib.sha256()
            for piece in member.pieces():
                hasher.update(piece)
            need(hasher.hexdigest() == files[member.name]["sha256"],
                 "the file is not the one that the manifest says")
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
        request = urllib.request.Request(f"{self._url}/{path}",
                                         headers={"Accept-Encoding": "identity"})
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
        report = {"ok": False, "sequence": fault.sequence, "keyPinned": False,
                  "file": fault.file, "what": fault.what}
    except OSError as fault:
        print(f"It cannot be read: {fault}", file=sys.stderr)
        return 1
    print(json.dumps(report, ensure_ascii=True))
    return 0 if report["ok"] else 8


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
