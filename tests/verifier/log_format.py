"""Notations, trees, keys, notes and checkpoints, as docs/ledger-format.md has them."""

import base64
import hashlib
import json
import re


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
