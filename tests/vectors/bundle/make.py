#!/usr/bin/env python3
"""Writes the bundles of cases.json: `make.py DIRECTORY`. `make.py --update` renews cases.json.

Trees are computed by the definitions of RFC 6962 (recursively, over all leaves), not by the
algorithms that the verifiers use.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "verifier"))
import ed25519  # noqa: E402

ORIGIN, TENANT = "vectors.example/t/acme", "acme"


def b64(raw):
    return base64.b64encode(raw).decode()


def sha(raw):
    return hashlib.sha256(raw).digest()


# --- Trees, by definition ------------------------------------------------------------------------


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries):
    if not entries:
        return sha(b"")
    if len(entries) == 1:
        return sha(b"\0" + entries[0])
    k = split(len(entries))
    return sha(b"\1" + mth(entries[:k]) + mth(entries[k:]))


def path(m, entries):
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return path(m, entries[:k]) + [mth(entries[k:])]
    return path(m - k, entries[k:]) + [mth(entries[:k])]


def subproof(m, entries, whole):
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return subproof(m, entries[:k], whole) + [mth(entries[k:])]
    return subproof(m - k, entries[k:], False) + [mth(entries[:k])]


def consistency(m, entries):
    return [] if m == 0 else subproof(m, entries, True)


def peaks(entries):
    out = []
    while entries:
        k = 1 << (len(entries).bit_length() - 1)
        out.append(mth(entries[:k]))
        entries = entries[k:]
    return out


# --- Keys and notes ------------------------------------------------------------------------------


class Signer:
    def __init__(self, number, name=ORIGIN, algorithm=1):
        self.seed, self.name, self.algorithm = sha(b"assent bundle vector %d" % number), name, algorithm
        self.typed = bytes([algorithm]) + ed25519.public_key(self.seed)
        self.id = sha(name.encode() + b"\n" + self.typed)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(self.typed)}"

    def line(self, text, time=1_700_000_000):
        if self.algorithm == 1:
            signature = ed25519.sign(self.seed, text)
        else:
            message = b"cosignature/v1\ntime %d\n" % time + text
            signature = time.to_bytes(8, "big") + ed25519.sign(self.seed, message)
        return f"\u2014 {self.name} {b64(self.id + signature)}\n".encode()


def head_text(entries, size, origin=ORIGIN, extra=b""):
    return f"{origin}\n{size}\n{b64(mth(entries[:size]))}\n".encode() + extra


def note(text, *signers):
    return text + b"\n" + b"".join(s.line(text) for s in signers)


KEY, KEY2, KEY3, STRANGER = Signer(1), Signer(2), Signer(3), Signer(9)
W1, W2 = (Signer(n, f"witness.example/w{n}", 4) for n in (21, 22))


# --- Events --------------------------------------------------------------------------------------


def canonical(value):
    """RFC 8785 for what these cases hold: names and numbers that json.dumps writes the same."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def event(number, data=None, **changed):
    value = {
        "correlationid": "%032x" % (number + 1),
        "data": {"actor": {"id": "assent", "type": "system"}, **(data or {"n": number})},
        "dataschema": "assent:content.published:1",
        "id": "evt_01j00000000000000000%06d" % number,
        "sequence": "%020d" % number,
        "source": ORIGIN,
        "specversion": "1.0",
        "subject": "content/%d" % number,
        "tenantid": TENANT,
        "time": "2026-01-02T03:04:%02d.%06dZ" % (number % 60, number),
        "traceid": "%032x" % (number + 1),
        "type": "content.published",
    }
    value.update(changed)
    return canonical({k: v for k, v in value.items() if v is not None})


def with_data(sequence, raw):
    """The event whose `data.n` is these bytes, which no serialiser would write."""
    return event(sequence, {"n": "@"}).replace(b'"@"', raw)


LOG = [event(n) for n in range(12)]


# --- Bundles -------------------------------------------------------------------------------------


def lines(items):
    return b"".join(item + b"\n" for item in items)


def header(name, size, kind=b"0", link=b"", magic=b"ustar\x0000", prefix=b""):
    block = bytearray(512)
    for at, text in ((0, name), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"),
                     (124, b"%011o\0" % size), (136, b"00000000000\0"), (148, b" " * 8), (156, kind),
                     (157, link), (257, magic), (329, b"0000000\0"), (337, b"0000000\0"),
                     (345, prefix)):
        block[at : at + len(text)] = text
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def stored(name, raw, **about):
    return header(name.encode(), len(raw), **about) + raw + bytes(-len(raw) % 512)


class Bundle:
    def __init__(self, log=None, size=None, begin=None, end=None, members=None, signers=(KEY,),
                 keys=((KEY, 0, None),), query=None):
        self.log = LOG if log is None else log
        self.size = len(self.log) if size is None else size
        tree = self.log[: self.size]
        if members is None:
            begin = 0 if begin is None else begin
            end = self.size if end is None else end
            chosen = tree[begin:end]
            self.selection = {"kind": "range", "begin": begin, "end": end}
            proofs = [canonical({"peaks": [b64(h) for h in peaks(tree[:begin])],
                                 "consistency": [b64(h) for h in consistency(end, tree)]
                                 if end < self.size else []})]
        else:
            chosen = [tree[n] for n in members]
            self.selection = {"kind": "members", "count": len(members),
                              "query": query or {"type": "content.published"}}
            proofs = [self.proof(n, tree) for n in members]
        text = head_text(self.log, self.size)
        self.files = {
            "checkpoint": note(text, *signers),
            "keys.json": self.keys(keys),
            "events.ndjson": lines(chosen),
            "proofs.ndjson": lines(proofs),
            "witnesses.json": self.witnesses([], None),
        }
        self.about = {"verifierKey": signers[0].vkey, "missingBlobs": [], "views": []}
        self.tail = bytes(1024)

    @staticmethod
    def proof(n, tree, **changed):
        return canonical({"sequence": n, "path": [b64(h) for h in path(n, tree)], **changed})

    @staticmethod
    def keys(keys):
        return canonical([{"verifierKey": k.vkey, "fromSize": size,
                           "handover": None if h is None else h.decode()}
                          for k, size, h in keys]) + b"\n"

    @staticmethod
    def witnesses(signers, policy):
        return canonical({"keys": [s.vkey for s in signers], "policy": policy}) + b"\n"

    def events(self):
        return self.files["events.ndjson"].split(b"\n")[:-1]

    def proofs(self):
        return self.files["proofs.ndjson"].split(b"\n")[:-1]

    def set_events(self, items):
        self.files["events.ndjson"] = lines(items)
        return self

    def set_proofs(self, items):
        self.files["proofs.ndjson"] = lines(items)
        return self

    def edit_proof(self, name, change, line=0):
        items = self.proofs()
        value = json.loads(items[line])
        value[name] = change(value[name])
        items[line] = canonical(value)
        return self.set_proofs(items)

    def file(self, name, raw):
        self.files[name] = raw
        return self

    def set(self, **about):
        self.about.update(about)
        return self

    def blob(self, raw, name=None):
        return self.file("blobs/" + (name or hashlib.sha256(raw).hexdigest()), raw)

    def order(self):
        fixed = ["checkpoint", "keys.json", "events.ndjson", "proofs.ndjson", "witnesses.json"]
        return [n for n in fixed if n in self.files] + sorted(n for n in self.files if n not in fixed)

    def manifest(self):
        value = {
            "format": "assent-bundle/1", "tenant": TENANT, "origin": ORIGIN,
            "selection": self.selection, "size": self.size, "createdAt": "2026-01-02T03:04:05.000000Z",
            "files": {n: {"bytes": len(r), "sha256": hashlib.sha256(r).hexdigest()}
                      for n, r in self.files.items()},
        }
        value.update(self.about)
        return canonical({k: v for k, v in value.items() if v is not None}) + b"\n"

    def parts(self):
        """(name, its header and bytes) in the archive's order."""
        whole = {"manifest.json": self.manifest(), **self.files}
        return [(n, stored(n, whole[n])) for n in ["manifest.json", *self.order()]]

    def tar(self):
        return b"".join(raw for _, raw in self.parts()) + self.tail


class Raw(Bundle):
    """A bundle whose archive is put together by hand."""

    def __init__(self, change, bundle=None):
        self._bytes = change(bundle or Bundle(begin=2, end=7))

    def tar(self):
        return self._bytes


CASES = {}


def good(name, why, bundle, key=KEY.vkey, pinned=True):
    add(name, why, bundle, key, {"ok": True, "sequence": None, "keyPinned": pinned, "file": None})


def bad(name, why, bundle, file, sequence=None, key=KEY.vkey):
    add(name, why, bundle, key,
        {"ok": False, "sequence": sequence, "keyPinned": None, "file": file})


def add(name, why, bundle, key, expected):
    assert name not in CASES, name
    CASES[name] = (bundle.tar(), {**expected, "verifierKey": key, "why": why})


EVENTS, PROOFS, KEYS = "events.ndjson", "proofs.ndjson", "keys.json"


def middle():
    return Bundle(begin=2, end=7)


def chosen():
    return Bundle(members=[1, 4, 11])


def make_good():
    good("good-whole", "the whole log", Bundle())
    good("good-from-start", "a range from 0 that ends before the log does", Bundle(end=5))
    good("good-middle", "a range within the log", middle())
    good("good-to-end", "a range that ends with the log", Bundle(begin=7))
    good("good-power-of-two", "begin, end and size are powers of two",
         Bundle(size=8, begin=2, end=4))
    good("good-one-event", "a range of one", Bundle(begin=6, end=7))
    good("good-empty-range", "a range of nothing, in the middle", Bundle(begin=5, end=5))
    good("good-empty-at-end", "a range of nothing, at the end", Bundle(begin=12, end=12))
    good("good-empty-log", "a range of nothing in a log of nothing", Bundle(log=[]))
    good("good-log-of-one", "a log of one event", Bundle(log=LOG[:1]))
    good("good-members", "three chosen events", chosen())
    good("good-no-members", "a query that found nothing", Bundle(members=[]))
    good("good-member-alone", "the one event of a log of one", Bundle(log=LOG[:1], members=[0]))
    good("good-unpinned", "nobody gave a key", middle(), key=None, pinned=False)
    good("good-unpinned-members", "nobody gave a key", chosen(), key=None, pinned=False)
    good("good-no-end-blocks", "an archive without its two empty blocks",
         Raw(lambda b: b.tar()[:-1024]))
    good("good-300-events", "more than one tile",
         Bundle(log=[event(n, {"n": n}, correlationid="c", traceid="%032x" % 1) for n in range(300)],
                begin=200, end=290))
    text = {"text": "Grüße, 漢字, \U0001f600, \u2028, \u007f, \"\\\b\t\n\f\r\u0001", "\u00e9": [None, True, -1]}
    good("good-other-scripts", "content beyond ASCII, and all that JSON escapes",
         Bundle(log=[event(0, text), event(1)]))
    good("good-order-of-names", "RFC 8785 sorts by UTF-16: U+1F600 before U+FF61",
         Bundle(log=[with_data(0, '{"a":1,"\U0001f600":2,"\uff61":3}'.encode())]))
    good("good-numbers", "numbers as ECMAScript prints them",
         Bundle(log=[with_data(0, b"[0,-1,0.1,1e+21,1e-7,0.000001,1.5e+300,9007199254740991,5e-324]")]))
    deep = b"[" * 77 + b"1" + b"]" * 77
    good("good-depth", "as deep as an event can be", Bundle(log=[with_data(0, b'{"x":' + deep + b"}")]))
    good("good-html", "an event that would like to be a page",
         Bundle(log=[event(0, {"text": "<img src=x onerror=alert(1)></script><script>alert(1)</script>"})]))
    good("good-longest-entry", "an entry of 65535 bytes",
         Bundle(log=[event(0, {"n": "x" * (65_535 - len(event(0, {"n": ""})))})]))


def make_good_with_extras():
    blob = b"what the human saw\n"
    good("good-blob", "with a blob", middle().blob(blob))
    good("good-missing-blob", "a blob that is no longer kept",
         middle().set(missingBlobs=[hashlib.sha256(blob).hexdigest()]))
    good("good-empty-blob", "a blob of nothing", middle().blob(b""))
    good("good-views", "with views, which nothing authenticates",
         middle().file("views/events.csv", b"sequence\n2\n").set(views=["views/events.csv"]))
    for number, signers in ((1, [W1]), (2, [W1, W2])):
        bundle = Bundle(begin=2, end=7, signers=(KEY, *signers))
        bundle.files["witnesses.json"] = Bundle.witnesses(signers, None)
        good(f"good-cosigned-{number}", f"cosigned by {number}", bundle)
    unknown = Bundle(begin=2, end=7, signers=(KEY, W1))
    good("good-unknown-cosigner", "a signature that nobody can check is no fault", unknown)
    wrong = Bundle(begin=2, end=7)
    wrong.files["checkpoint"] += Signer(21, W1.name, 4).line(b"another text\n")
    wrong.files["witnesses.json"] = Bundle.witnesses([W1], None)
    good("good-wrong-cosignature", "a witness of the bundle's own list cannot fail it", wrong)
    extension = Bundle(begin=2, end=7)
    extension.files["checkpoint"] = note(head_text(LOG, 12, extra=b"an extension\n"), KEY)
    good("good-extension-line", "a checkpoint with a line more", extension)
    twice = Bundle(begin=2, end=7, signers=(KEY, KEY))
    good("good-signed-twice", "the log's signature twice, both right", twice)


def handover(size, *signers, log=None):
    return note(head_text(LOG if log is None else log, size), *signers)


def rotated(*keys, begin=2, end=10, **more):
    return Bundle(begin=begin, end=end, signers=(keys[-1][0],), keys=keys, **more)


def make_rotations():
    first, second = (KEY, 0, None), (KEY2, 5, handover(5, KEY, KEY2))
    third = (KEY3, 9, handover(9, KEY2, KEY3))
    for name, key in (("old", KEY), ("new", KEY2)):
        good(f"good-rotated-{name}-key", f"one rotation; the {name} key is pinned",
             rotated(first, second), key.vkey)
    good("good-rotated-twice", "two rotations, the oldest key is pinned", rotated(first, second, third))
    good("good-rotated-unpinned", "two rotations and no key", rotated(first, second, third), None, False)
    before = Bundle(size=5, begin=1, end=4, keys=(first, (KEY2, 6, handover(6, KEY, KEY2))))
    good("good-before-rotation", "the list knows a key that came later", before)
    at = Bundle(size=5, begin=1, end=4, signers=(KEY2,), keys=(first, second))
    good("good-at-rotation", "the checkpoint is of the size of the handover", at)
    bad("key-too-new", "the pinned key came after the checkpoint", before, KEYS, key=KEY2.vkey)
    bad("key-of-nobody", "the pinned key is none of the log's", middle(), KEYS, key=STRANGER.vkey)
    bad("handover-missing", "no handover, and the old key is pinned",
        rotated(first, (KEY2, 5, None)), KEYS)
    good("good-handover-not-needed", "no handover, but the new key is pinned",
         rotated(first, (KEY2, 5, None)), KEY2.vkey)
    for name, signers in (("new", [KEY2]), ("old", [KEY]), ("stranger", [STRANGER, KEY2])):
        bad(f"handover-by-{name}-only", "a handover that not both have signed",
            rotated(first, (KEY2, 5, handover(5, *signers))), KEYS)
    bad("handover-of-other-size", "a handover of another size than it is listed for",
        rotated(first, (KEY2, 5, handover(6, KEY, KEY2))), KEYS)
    bad("handover-of-first-key", "the first key was handed over by nobody",
        rotated((KEY, 0, handover(0, KEY)), second), KEYS)
    bad("keys-not-from-zero", "the first key speaks from size 1", rotated((KEY, 1, None), second), KEYS)
    bad("keys-out-of-order", "the third key before the second", rotated(first, third, second), KEYS)
    bad("keys-empty", "no key at all", middle().file(KEYS, b"[]\n"), KEYS)
    other = [*LOG[:3], event(3, {"n": "another"}), *LOG[4:]]
    bad("handover-of-other-log", "the handover was signed for another history",
        rotated(first, (KEY2, 5, handover(5, KEY, KEY2, log=other))), EVENTS, 5)
    old = Bundle(begin=2, end=10, signers=(KEY,), keys=(first, second))
    bad("signed-by-given-up-key", "the checkpoint is signed by the key before the last", old, KEYS)
    bad("signed-by-given-up-key-2", "the same, and the manifest says the right key",
        Bundle(begin=2, end=10, signers=(KEY,), keys=(first, second)).set(verifierKey=KEY2.vkey),
        "checkpoint")


def make_tampered_events():
    def tampered(change, base=middle):
        bundle = base()
        return bundle.set_events(change(bundle.events()))

    bad("event-changed", "one letter of one event", tampered(
        lambda e: [*e[:2], e[2].replace(b"content/4", b"content/5"), *e[3:]]), EVENTS)
    bad("event-changed-member", "one letter of a chosen event", tampered(
        lambda e: [e[0], e[1].replace(b"content/4", b"content/5"), e[2]], chosen), EVENTS, 4)
    bad("event-dropped", "a line left out", tampered(lambda e: e[:2] + e[3:]), EVENTS, 4)
    bad("event-dropped-first", "the first line left out", tampered(lambda e: e[1:]), EVENTS, 2)
    bad("event-dropped-last", "the last line left out", tampered(lambda e: e[:-1]), EVENTS, 6)
    bad("event-dropped-member", "a chosen event left out", tampered(
        lambda e: [e[0], e[2]], chosen), PROOFS, 11)
    bad("event-dropped-last-member", "the last chosen event left out", tampered(
        lambda e: e[:2], chosen), EVENTS, 11)
    bad("event-twice", "a line twice", tampered(lambda e: e[:3] + e[2:]), EVENTS, 5)
    bad("event-twice-member", "a chosen event twice, with its proof", chosen()
        .set_events([LOG[1], LOG[4], LOG[4], LOG[11]])
        .set_proofs([Bundle.proof(n, LOG) for n in (1, 4, 4, 11)]), EVENTS, 4)
    bad("event-swapped", "two lines swapped", tampered(lambda e: [e[0], e[2], e[1], *e[3:]]), EVENTS, 3)
    bad("event-swapped-members", "two chosen events swapped, with their proofs",
        Bundle(members=[4, 1, 11]), EVENTS, 1)
    bad("event-renumbered", "a sequence changed", tampered(
        lambda e: [*e[:1], e[1].replace(b"0000003\"", b"0000009\""), *e[2:]]), EVENTS, 3)
    bad("event-added", "an event more than the range has", tampered(lambda e: [*e, LOG[7]]), EVENTS, 7)
    bad("event-forged", "an event that was never logged, in the place of another", tampered(
        lambda e: [*e[:3], event(5, {"n": "forged"}), *e[4:]]), EVENTS)
    bad("event-backdated", "the time of an event", tampered(
        lambda e: [e[0].replace(b"2026-", b"2025-"), *e[1:]]), EVENTS)
    bad("event-cut-off", "the last line has no newline",
        middle().file(EVENTS, middle().files[EVENTS][:-1]), EVENTS, 6)
    bad("event-empty-line", "an empty line", tampered(lambda e: [*e[:1], b"", *e[1:]]), EVENTS, 3)
    bad("event-carriage-return", "lines that end as on Windows", tampered(
        lambda e: [line + b"\r" for line in e]), EVENTS, 2)
    bad("event-with-space", "white space within an event", tampered(
        lambda e: [e[0].replace(b'":', b'": ', 1), *e[1:]]), EVENTS, 2)


def make_odd_entries():
    """Entries that are in the tree but are no events: a log that somebody else's program wrote."""

    def odd(name, why, raw, sequence=1):
        log = [LOG[0], raw, *LOG[2:4]]
        bad("entry-" + name, why, Bundle(log=log), EVENTS, sequence)

    odd("not-canonical-names", "names out of order", with_data(1, b'{"b":1,"a":2}'))
    odd("not-canonical-utf16", "names in the order of code points, not of UTF-16",
        with_data(1, '{"\uff61":1,"\U0001f600":2}'.encode()))
    odd("name-twice", "a name twice", with_data(1, b'{"a":1,"a":2}'))
    odd("not-canonical-number", "1.0 for 1", with_data(1, b"1.0"))
    odd("minus-zero", "-0", with_data(1, b"-0"))
    odd("large-integer", "2^53", with_data(1, b"9007199254740992"))
    odd("huge-integer", "an integer that would print as a fraction", with_data(1, b"1" + b"0" * 21))
    odd("infinity", "1e400", with_data(1, b"1e400"))
    odd("escaped-letter", "an escape where none is needed", with_data(1, b'"\\u0041"'))
    odd("escaped-slash", "an escaped slash", with_data(1, b'"\\/"'))
    odd("half-surrogate", "half of a surrogate pair", with_data(1, b'"\\ud800"'))
    odd("upper-case-escape", "an escape in capitals", with_data(1, b'"\\u001F"'))
    odd("not-utf8", "a byte that is no UTF-8", with_data(1, b'"\xff"'))
    odd("overlong-utf8", "UTF-8 that is longer than it may be", with_data(1, b'"\xc0\xaf"'))
    odd("byte-order-mark", "a byte order mark", b"\xef\xbb\xbf" + LOG[1])
    odd("too-deep", "deeper than an event can be",
        with_data(1, b'{"x":' + b"[" * 78 + b"1" + b"]" * 78 + b"}"))
    odd("array", "no object", b"[1]")
    odd("two-hashes", "64 bytes that are two nodes of the tree",
        b"".join(sha(b"\0" + LOG[n]) for n in (2, 3)))
    odd("other-tenant", "an event of another tenant", event(1, tenantid="globex"))
    odd("no-tenant", "an event of no tenant", event(1, tenantid=None))
    odd("no-data", "an event without data", canonical({**json.loads(LOG[1]), "data": 1}))
    odd("sequence-number", "a sequence that is a number", canonical({**json.loads(LOG[1]), "sequence": 1}))
    odd("sequence-short", "a sequence of 19 digits", event(1, sequence="%019d" % 1))
    odd("sequence-repeats", "the log says one sequence twice", event(0))
    long = event(1, {"n": "x" * (65_536 - len(event(1, {"n": ""})))})
    odd("too-long", "an entry of 65536 bytes", long)


def make_second_preimages():
    """An interior node offered as a leaf, which the 0x00 and 0x01 prefixes forbid."""
    left, right = (sha(b"\0" + LOG[n]) for n in (0, 1))
    fake = left + right
    short = Bundle(members=[0])
    short.set_events([fake])
    short.edit_proof("path", lambda p: p[1:])
    bad("preimage-member", "64 bytes of two hashes in the place of an event", short, EVENTS)
    higher = Bundle(members=[0])
    higher.edit_proof("path", lambda p: p[1:])
    bad("path-from-higher-up", "a path that begins a level too high", higher, EVENTS, 0)
    squeezed = Bundle(log=LOG[:4])
    half = [mth(LOG[:2]), mth(LOG[2:4])]
    squeezed.log, squeezed.size = half, 2
    squeezed.set_events(half)
    squeezed.selection["end"] = 2
    squeezed.files["checkpoint"] = note(head_text(LOG, 4), KEY)
    bad("preimage-small-tree", "the checkpoint's four leaves told as two", squeezed, "checkpoint")


def make_tampered_proofs():
    zero = b64(bytes(32))
    bad("peaks-too-few", "a peak left out", middle().edit_proof("peaks", lambda p: p[1:]), PROOFS)
    bad("peaks-too-many", "a peak more", middle().edit_proof("peaks", lambda p: [*p, zero]), PROOFS)
    bad("peaks-wrong", "another peak", middle().edit_proof("peaks", lambda p: [zero]), EVENTS)
    swapped = Bundle(begin=7, end=9)
    bad("peaks-swapped", "peaks in another order",
        swapped.edit_proof("peaks", lambda p: [p[1], p[0], p[2]]), EVENTS)
    bad("consistency-short", "a hash left out", middle().edit_proof("consistency", lambda p: p[:-1]), EVENTS)
    bad("consistency-long", "a hash more", middle().edit_proof("consistency", lambda p: [*p, zero]), EVENTS)
    bad("consistency-empty", "no proof", middle().edit_proof("consistency", lambda p: []), EVENTS)
    bad("consistency-bit", "one bit of a hash", middle().edit_proof(
        "consistency", lambda p: [b64(bytes([base64.b64decode(p[0])[0] ^ 1]) + base64.b64decode(p[0])[1:]), *p[1:]]), EVENTS)
    bad("consistency-not-needed", "a proof where the range ends with the log",
        Bundle(begin=2).edit_proof("consistency", lambda p: [zero]), EVENTS)
    bad("proof-twice", "two proofs for one range", middle().set_proofs(middle().proofs() * 2), PROOFS)
    bad("proof-missing", "no proof for the range", middle().set_proofs([]), PROOFS)
    bad("path-short", "a hash left out", chosen().edit_proof("path", lambda p: p[:-1], 1), EVENTS, 4)
    bad("path-long", "a hash more", chosen().edit_proof("path", lambda p: [*p, zero], 1), EVENTS, 4)
    bad("path-wrong", "another hash", chosen().edit_proof("path", lambda p: [zero, *p[1:]], 1), EVENTS, 4)
    bad("path-of-other-event", "the path of another event", chosen().set_proofs(
        [Bundle.proof(n, LOG, **({"sequence": 4} if n == 5 else {})) for n in (1, 5, 11)]), EVENTS, 4)
    bad("path-of-other-sequence", "the proof says another sequence", chosen().edit_proof(
        "sequence", lambda n: n + 1, 1), PROOFS, 4)
    bad("path-missing", "the last event has no proof", chosen().set_proofs(chosen().proofs()[:-1]), PROOFS, 11)
    bad("proof-with-more", "a member that no proof has", middle().set_proofs(
        [canonical({**json.loads(middle().proofs()[0]), "more": 1})]), PROOFS)
    bad("proof-not-base64", "base64 without its padding", middle().edit_proof(
        "peaks", lambda p: [p[0].rstrip("=")]), PROOFS)
    bad("proof-short-hash", "a hash of 31 bytes", middle().edit_proof(
        "peaks", lambda p: [b64(bytes(31))]), PROOFS)
    bad("count-wrong", "the manifest counts one more", counted(chosen(), 4), "manifest.json")


def counted(bundle, count):
    bundle.selection["count"] = count
    return bundle


def make_tampered_checkpoints():
    def with_note(raw, **about):
        return middle().file("checkpoint", raw).set(**about)

    text, where = head_text(LOG, 12), "checkpoint"
    bad("checkpoint-by-stranger", "signed by another key of the same name",
        with_note(note(text, STRANGER)), where)
    bad("checkpoint-by-stranger-unpinned", "signed by another key, which the bundle brings, but the key is pinned",
        Bundle(begin=2, end=7, signers=(STRANGER,), keys=((STRANGER, 0, None),)), KEYS)
    good("good-forged-unpinned", "the same, and nobody pinned a key: this is what pinning is for",
         Bundle(begin=2, end=7, signers=(STRANGER,), keys=((STRANGER, 0, None),)), None, False)
    bad("checkpoint-unsigned", "no signature", with_note(text + b"\n"), where)
    bad("checkpoint-only-witnesses", "signed by a witness only", with_note(note(text, W1)), where)
    good_line, bad_line = KEY.line(text), KEY.line(b"another\n")
    bad("checkpoint-one-bad-signature", "a right and a wrong signature of the log's key",
        with_note(text + b"\n" + good_line + bad_line), where)
    bad("checkpoint-one-bad-signature-first", "a wrong and a right signature",
        with_note(text + b"\n" + bad_line + good_line), where)
    bad("checkpoint-other-id", "the signature has another key's id",
        with_note(text + b"\n" + f"\u2014 {ORIGIN} {b64(bytes(4) + ed25519.sign(KEY.seed, text))}\n".encode()), where)
    bad("checkpoint-other-root", "another root, and the old signature",
        with_note(head_text(LOG[1:], 11).replace(b"\n11\n", b"\n12\n") + b"\n" + good_line), where)
    bad("checkpoint-other-size", "another size, and the old signature",
        with_note(text.replace(b"\n12\n", b"\n13\n") + b"\n" + good_line), where)
    bad("checkpoint-of-other-size", "a true checkpoint, but of another size",
        with_note(note(head_text(LOG, 11), KEY)), where)
    bad("checkpoint-of-other-log", "a true checkpoint of another history",
        with_note(note(head_text([*LOG[:4], event(4, {"n": "x"}), *LOG[5:]], 12), KEY)), EVENTS)
    bad("checkpoint-of-other-origin", "signed by the key, but of another origin",
        with_note(note(head_text(LOG, 12, "vectors.example/t/globex"), KEY)), where)
    bad("checkpoint-leading-zero", "a size with a leading zero",
        with_note(note(text.replace(b"\n12\n", b"\n012\n"), KEY)), where)
    bad("checkpoint-no-root", "a checkpoint of two lines",
        with_note(note(b"\n".join(text.split(b"\n")[:2]) + b"\n", KEY)), where)
    bad("checkpoint-empty-line", "an empty line in the text",
        with_note(note(text + b"\nmore\n", KEY)), where)
    bad("checkpoint-windows", "lines that end as on Windows",
        with_note(note(text, KEY).replace(b"\n", b"\r\n")), where)
    bad("checkpoint-cut-off", "no newline at the end", with_note(note(text, KEY)[:-1]), where)
    bad("checkpoint-trailing", "something after the signatures", with_note(note(text, KEY) + b"x\n"), where)
    malleable = ed25519.sign(KEY.seed, text)
    beyond = int.from_bytes(malleable[32:], "little") + ed25519.L
    bad("checkpoint-malleable", "a signature whose S is the group's order too large", with_note(
        text + b"\n" + f"\u2014 {ORIGIN} {b64(KEY.id + malleable[:32] + beyond.to_bytes(32, 'little'))}\n".encode()), where)
    bad("checkpoint-short-signature", "a signature of 63 bytes", with_note(
        text + b"\n" + f"\u2014 {ORIGIN} {b64(KEY.id + malleable[:63])}\n".encode()), where)
    bad("checkpoint-root-of-empty", "an empty log with a root",
        Bundle(log=[]).file("checkpoint", note(head_text(LOG, 12).replace(b"\n12\n", b"\n0\n"), KEY)), where)
    bad("checkpoint-size-2-63", "a size beyond all bounds", with_note(
        note(text.replace(b"\n12\n", b"\n9223372036854775808\n"), KEY)), where)


def make_tampered_manifests():
    def manifest(name, why, **about):
        bad("manifest-" + name, why, middle().set(**about), "manifest.json")

    manifest("other-format", "a format of the future", format="assent-bundle/2")
    manifest("more", "a member that no manifest has", surprise=1)
    manifest("no-tenant", "no tenant", tenant=None)
    manifest("negative-size", "a size below zero", size=-1)
    manifest("small-size", "the range is beyond the size", size=6)
    manifest("no-time", "createdAt is no time", createdAt="yesterday")
    manifest("range-backwards", "the range ends before it begins",
             selection={"kind": "range", "begin": 7, "end": 2})
    manifest("other-selection", "another kind of selection", selection={"kind": "all"})
    manifest("selection-with-more", "a member that no selection has",
             selection={"kind": "range", "begin": 2, "end": 7, "more": 1})
    manifest("view-of-nothing", "a view that is no file", views=["views/events.csv"])
    manifest("view-of-events", "a view that is no view", views=["events.ndjson"])
    manifest("missing-no-hash", "a missing blob that is no hash", missingBlobs=["x"])
    bad("manifest-missing-but-there", "a blob both missing and there",
        middle().blob(b"x").set(missingBlobs=[hashlib.sha256(b"x").hexdigest()]), "manifest.json")
    bad("manifest-other-size", "another size than the checkpoint's", middle().set(size=13), "checkpoint")
    bad("manifest-other-origin", "another origin", middle().set(origin="vectors.example/t/globex"), KEYS)
    bad("manifest-other-tenant", "another tenant", middle().set(tenant="globex"), EVENTS, 2)
    bad("manifest-other-tenant-members", "another tenant", chosen().set(tenant="globex"), EVENTS)
    bad("manifest-other-key", "another key than the list's", middle().set(verifierKey=STRANGER.vkey), KEYS)
    bad("manifest-other-begin", "the range begins elsewhere",
        middle().set(selection={"kind": "range", "begin": 1, "end": 7}), EVENTS, 1)
    bad("manifest-other-begin-2", "the range begins where there are other peaks",
        middle().set(selection={"kind": "range", "begin": 3, "end": 7}), PROOFS)
    bad("manifest-other-end", "the range ends earlier",
        middle().set(selection={"kind": "range", "begin": 2, "end": 6}), EVENTS, 6)
    bad("manifest-longer-end", "the range ends later",
        middle().set(selection={"kind": "range", "begin": 2, "end": 8}), EVENTS, 7)
    files = {n: {"bytes": len(r), "sha256": hashlib.sha256(r).hexdigest()} for n, r in middle().files.items()}
    for name in sorted(files):
        wrong = {**files, name: {**files[name], "sha256": "0" * 64}}
        bad(f"manifest-hash-of-{name.split('.')[0]}", f"another hash of {name}",
            middle().set(files=wrong), name)
    wrong = {**files, EVENTS: {**files[EVENTS], "bytes": files[EVENTS]["bytes"] + 1}}
    bad("manifest-length-of-events", "another length of the events", middle().set(files=wrong), EVENTS)
    del wrong[PROOFS]
    manifest("lists-no-proofs", "the proofs are not listed", files=wrong)
    bad("manifest-name-twice", "a name twice", Raw(lambda b: b"".join(
        [stored("manifest.json", b'{"size":12,' + b.manifest()[1:]), *(r for _, r in b.parts()[1:])])),
        "manifest.json")


def make_tampered_members():
    blob = b"what the human saw\n"
    listed = middle().blob(blob)
    digits = hashlib.sha256(blob).hexdigest()
    bad("blob-misnamed", "a blob whose name is not its hash", middle().blob(blob, "0" * 64), "blobs/" + "0" * 64)
    bad("blob-not-there", "a blob is listed but not there",
        Raw(lambda b: b"".join(r for n, r in b.parts() if "blobs" not in n) + b.tail, listed), "blobs/" + digits)
    bad("blob-not-listed", "a blob that the manifest does not list",
        Raw(lambda b: b.tar()[:-1024] + stored("blobs/" + digits, blob) + b.tail), "blobs/" + digits)
    bad("blob-changed", "a blob that was changed",
        Raw(lambda b: b.tar().replace(blob, blob.upper()), listed), "blobs/" + digits)
    bad("blob-after-views", "a blob behind a view", Raw(
        lambda b: b"".join(r for n, r in sorted(b.parts(), key=lambda p: "blobs" in p[0])) + b.tail,
        middle().blob(blob).file("views/events.csv", b"x\n").set(views=["views/events.csv"])), "blobs/" + digits)
    bad("witnesses-no-json", "witnesses that are no JSON", middle().file("witnesses.json", b"x\n"), "witnesses.json")
    bad("witnesses-with-more", "witnesses with a member more",
        middle().file("witnesses.json", b'{"keys":[],"more":1,"policy":null}\n'), "witnesses.json")
    for name in ("manifest.json", "checkpoint", "keys.json", EVENTS, PROOFS, "witnesses.json"):
        short = name.split(".")[0]
        bad(f"member-missing-{short}", f"no {name}",
            Raw(lambda b, name=name: b"".join(r for n, r in b.parts() if n != name) + b.tail), name)
        bad(f"member-twice-{short}", f"{name} again at the end",
            Raw(lambda b, name=name: b.tar()[:-1024] + dict(b.parts())[name] + b.tail), name)


def make_tampered_archives():
    def extra(name, why, raw):
        bad("archive-" + name, why, Raw(lambda b: b.tar()[:-1024] + raw + b.tail), "")

    extra("path-upwards", "a path that leads out", stored("../etc/passwd", b"x"))
    extra("path-within", "a path that leads out of a folder", stored("blobs/../../x", b"x"))
    extra("path-absolute", "an absolute path", stored("/etc/passwd", b"x"))
    extra("path-dotted", "another spelling of a name", stored("./checkpoint", b"x"))
    extra("unknown-name", "a name that no bundle has", stored("notes.txt", b"x"))
    extra("hidden-view", "a view with a hidden name", stored("views/.hidden", b"x"))
    extra("symlink", "a symbolic link", stored("views/x.csv", b"", kind=b"2", link=b"/etc/passwd"))
    extra("hard-link", "a hard link", stored("views/x.csv", b"", kind=b"1", link=b"checkpoint"))
    extra("folder", "a folder", stored("views/x", b"", kind=b"5"))
    extra("device", "a device", stored("views/x", b"", kind=b"3"))
    extra("damaged-header", "a header with a wrong checksum", stored("views/x", b"x").replace(b"views/x", b"views/y"))
    extra("damaged-checksum", "a checksum with another byte behind it",
          stored("views/x", b"x").replace(b"\0 0\0", b"\2 0\0", 1))
    bad("archive-empty", "a file of no bytes", Raw(lambda b: b""), "manifest.json")
    bad("archive-zeroes", "nothing but zeroes", Raw(lambda b: bytes(2048)), "manifest.json")
    bad("archive-no-tar", "no archive", Raw(lambda b: b"hello"), "manifest.json")
    bad("archive-cut-in-events", "cut off within the events",
        Raw(lambda b: b.tar()[: b.tar().index(b'"content/4"')]), EVENTS)
    bad("archive-cut-in-header", "cut off within a header",
        Raw(lambda b: b.tar()[: b.tar().index(b"witnesses.json\0") + 100]), "witnesses.json")
    swapped = [0, 2, 1, 3, 4, 5]
    bad("archive-order", "keys before the checkpoint",
        Raw(lambda b: b"".join(b.parts()[n][1] for n in swapped) + b.tail), "checkpoint")
    bad("archive-manifest-second", "the manifest is not the first",
        Raw(lambda b: b"".join(b.parts()[n][1] for n in [1, 0, 2, 3, 4, 5]) + b.tail), "manifest.json")


def make():
    for step in (make_good, make_good_with_extras, make_rotations, make_tampered_events,
                 make_odd_entries, make_second_preimages, make_tampered_proofs,
                 make_tampered_checkpoints, make_tampered_manifests, make_tampered_members,
                 make_tampered_archives):
        step()


def listed():
    """What cases.json says: of each case what is expected, and of which bytes."""
    value = {name: {**expected, "sha256": hashlib.sha256(tar).hexdigest()}
             for name, (tar, expected) in CASES.items()}
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def write(directory):
    for name, (tar, expected) in CASES.items():
        case = directory / name
        case.mkdir(parents=True, exist_ok=True)
        (case / "bundle.tar").write_bytes(tar)
        (case / "expected.json").write_text(json.dumps(expected), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Writes the bundle vectors.")
    parser.add_argument("directory", nargs="?", type=pathlib.Path, help="where to write them")
    parser.add_argument("--update", action="store_true", help="write cases.json anew")
    options = parser.parse_args()
    make()
    if options.update:
        (HERE / "cases.json").write_bytes(listed())
    if (HERE / "cases.json").read_bytes() != listed():
        print("cases.json says something else: run make.py --update, and read the diff", file=sys.stderr)
        return 1
    if options.directory:
        write(options.directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
