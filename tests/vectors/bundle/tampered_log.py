"""Bundles whose events or proofs somebody has tampered with."""

import base64
import json

from cases import EVENTS, PROOFS, bad, chosen, middle
from parts import Bundle, KEY, LOG, b64, canonical, event, head_text, mth, note, sha, with_data


def counted(bundle, count):
    bundle.selection["count"] = count
    return bundle


def make_tampered_events():
    def tampered(change, base=middle):
        bundle = base()
        return bundle.set_events(change(bundle.events()))

    bad(
        "event-changed",
        "one letter of one event",
        tampered(lambda e: [*e[:2], e[2].replace(b"content/4", b"content/5"), *e[3:]]),
        EVENTS,
    )
    bad(
        "event-changed-member",
        "one letter of a chosen event",
        tampered(lambda e: [e[0], e[1].replace(b"content/4", b"content/5"), e[2]], chosen),
        EVENTS,
        4,
    )
    bad("event-dropped", "a line left out", tampered(lambda e: e[:2] + e[3:]), EVENTS, 4)
    bad("event-dropped-first", "the first line left out", tampered(lambda e: e[1:]), EVENTS, 2)
    bad("event-dropped-last", "the last line left out", tampered(lambda e: e[:-1]), EVENTS, 6)
    bad(
        "event-dropped-member",
        "a chosen event left out",
        tampered(lambda e: [e[0], e[2]], chosen),
        PROOFS,
        11,
    )
    bad(
        "event-dropped-last-member",
        "the last chosen event left out",
        tampered(lambda e: e[:2], chosen),
        EVENTS,
        11,
    )
    bad("event-twice", "a line twice", tampered(lambda e: e[:3] + e[2:]), EVENTS, 5)
    bad(
        "event-twice-member",
        "a chosen event twice, with its proof",
        chosen()
        .set_events([LOG[1], LOG[4], LOG[4], LOG[11]])
        .set_proofs([Bundle.proof(n, LOG) for n in (1, 4, 4, 11)]),
        EVENTS,
        4,
    )
    bad(
        "event-swapped",
        "two lines swapped",
        tampered(lambda e: [e[0], e[2], e[1], *e[3:]]),
        EVENTS,
        3,
    )
    bad(
        "event-swapped-members",
        "two chosen events swapped, with their proofs",
        Bundle(members=[4, 1, 11]),
        EVENTS,
        1,
    )
    bad(
        "event-renumbered",
        "a sequence changed",
        tampered(lambda e: [*e[:1], e[1].replace(b'0000003"', b'0000009"'), *e[2:]]),
        EVENTS,
        3,
    )
    bad(
        "event-added",
        "an event more than the range has",
        tampered(lambda e: [*e, LOG[7]]),
        EVENTS,
        7,
    )
    bad(
        "event-forged",
        "an event that was never logged, in the place of another",
        tampered(lambda e: [*e[:3], event(5, {"n": "forged"}), *e[4:]]),
        EVENTS,
    )
    bad(
        "event-backdated",
        "the time of an event",
        tampered(lambda e: [e[0].replace(b"2026-", b"2025-"), *e[1:]]),
        EVENTS,
    )
    bad(
        "event-cut-off",
        "the last line has no newline",
        middle().file(EVENTS, middle().files[EVENTS][:-1]),
        EVENTS,
        6,
    )
    bad("event-empty-line", "an empty line", tampered(lambda e: [*e[:1], b"", *e[1:]]), EVENTS, 3)
    bad(
        "event-carriage-return",
        "lines that end as on Windows",
        tampered(lambda e: [line + b"\r" for line in e]),
        EVENTS,
        2,
    )
    bad(
        "event-with-space",
        "white space within an event",
        tampered(lambda e: [e[0].replace(b'":', b'": ', 1), *e[1:]]),
        EVENTS,
        2,
    )


def make_odd_entries():
    """Entries that are in the tree but are no events: a log that somebody else's program wrote."""

    def odd(name, why, raw, sequence=1):
        log = [LOG[0], raw, *LOG[2:4]]
        bad("entry-" + name, why, Bundle(log=log), EVENTS, sequence)

    odd("not-canonical-names", "names out of order", with_data(1, b'{"b":1,"a":2}'))
    odd(
        "not-canonical-utf16",
        "names in the order of code points, not of UTF-16",
        with_data(1, '{"\uff61":1,"\U0001f600":2}'.encode()),
    )
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
    odd(
        "too-deep",
        "deeper than an event can be",
        with_data(1, b'{"x":' + b"[" * 78 + b"1" + b"]" * 78 + b"}"),
    )
    odd("array", "no object", b"[1]")
    odd(
        "two-hashes",
        "64 bytes that are two nodes of the tree",
        b"".join(sha(b"\0" + LOG[n]) for n in (2, 3)),
    )
    odd("other-tenant", "an event of another tenant", event(1, tenantid="globex"))
    odd("no-tenant", "an event of no tenant", event(1, tenantid=None))
    odd("no-data", "an event without data", canonical({**json.loads(LOG[1]), "data": 1}))
    odd(
        "sequence-number",
        "a sequence that is a number",
        canonical({**json.loads(LOG[1]), "sequence": 1}),
    )
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
    bad(
        "peaks-swapped",
        "peaks in another order",
        swapped.edit_proof("peaks", lambda p: [p[1], p[0], p[2]]),
        EVENTS,
    )
    bad(
        "consistency-short",
        "a hash left out",
        middle().edit_proof("consistency", lambda p: p[:-1]),
        EVENTS,
    )
    bad(
        "consistency-long",
        "a hash more",
        middle().edit_proof("consistency", lambda p: [*p, zero]),
        EVENTS,
    )
    bad("consistency-empty", "no proof", middle().edit_proof("consistency", lambda p: []), EVENTS)
    bad(
        "consistency-bit",
        "one bit of a hash",
        middle().edit_proof(
            "consistency",
            lambda p: [
                b64(bytes([base64.b64decode(p[0])[0] ^ 1]) + base64.b64decode(p[0])[1:]),
                *p[1:],
            ],
        ),
        EVENTS,
    )
    bad(
        "consistency-not-needed",
        "a proof where the range ends with the log",
        Bundle(begin=2).edit_proof("consistency", lambda p: [zero]),
        EVENTS,
    )
    bad(
        "proof-twice",
        "two proofs for one range",
        middle().set_proofs(middle().proofs() * 2),
        PROOFS,
    )
    bad("proof-missing", "no proof for the range", middle().set_proofs([]), PROOFS)
    bad(
        "path-short", "a hash left out", chosen().edit_proof("path", lambda p: p[:-1], 1), EVENTS, 4
    )
    bad("path-long", "a hash more", chosen().edit_proof("path", lambda p: [*p, zero], 1), EVENTS, 4)
    bad(
        "path-wrong",
        "another hash",
        chosen().edit_proof("path", lambda p: [zero, *p[1:]], 1),
        EVENTS,
        4,
    )
    bad(
        "path-of-other-event",
        "the path of another event",
        chosen().set_proofs(
            [Bundle.proof(n, LOG, **({"sequence": 4} if n == 5 else {})) for n in (1, 5, 11)]
        ),
        EVENTS,
        4,
    )
    bad(
        "path-of-other-sequence",
        "the proof says another sequence",
        chosen().edit_proof("sequence", lambda n: n + 1, 1),
        PROOFS,
        4,
    )
    bad(
        "path-missing",
        "the last event has no proof",
        chosen().set_proofs(chosen().proofs()[:-1]),
        PROOFS,
        11,
    )
    bad(
        "proof-with-more",
        "a member that no proof has",
        middle().set_proofs([canonical({**json.loads(middle().proofs()[0]), "more": 1})]),
        PROOFS,
    )
    bad(
        "proof-not-base64",
        "base64 without its padding",
        middle().edit_proof("peaks", lambda p: [p[0].rstrip("=")]),
        PROOFS,
    )
    bad(
        "proof-short-hash",
        "a hash of 31 bytes",
        middle().edit_proof("peaks", lambda p: [b64(bytes(31))]),
        PROOFS,
    )
    bad("count-wrong", "the manifest counts one more", counted(chosen(), 4), "manifest.json")
