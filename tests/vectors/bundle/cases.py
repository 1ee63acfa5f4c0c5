"""The cases: which there are, and those that verify."""

import hashlib

from parts import (
    Bundle,
    KEY,
    KEY2,
    KEY3,
    LOG,
    Raw,
    STRANGER,
    Signer,
    W1,
    W2,
    event,
    head_text,
    note,
    with_data,
)

CASES = {}


def good(name, why, bundle, key=KEY.vkey, pinned=True):
    add(name, why, bundle, key, {"ok": True, "sequence": None, "keyPinned": pinned, "file": None})


def bad(name, why, bundle, file, sequence=None, key=KEY.vkey):
    add(
        name, why, bundle, key, {"ok": False, "sequence": sequence, "keyPinned": None, "file": file}
    )


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
    good(
        "good-power-of-two", "begin, end and size are powers of two", Bundle(size=8, begin=2, end=4)
    )
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
    good(
        "good-no-end-blocks",
        "an archive without its two empty blocks",
        Raw(lambda b: b.tar()[:-1024]),
    )
    good(
        "good-300-events",
        "more than one tile",
        Bundle(
            log=[event(n, {"n": n}, correlationid="c", traceid="%032x" % 1) for n in range(300)],
            begin=200,
            end=290,
        ),
    )
    text = {
        "text": 'Grüße, 漢字, \U0001f600, \u2028, \u007f, "\\\b\t\n\f\r\u0001',
        "\u00e9": [None, True, -1],
    }
    good(
        "good-other-scripts",
        "content beyond ASCII, and all that JSON escapes",
        Bundle(log=[event(0, text), event(1)]),
    )
    good(
        "good-order-of-names",
        "RFC 8785 sorts by UTF-16: U+1F600 before U+FF61",
        Bundle(log=[with_data(0, '{"a":1,"\U0001f600":2,"\uff61":3}'.encode())]),
    )
    good(
        "good-numbers",
        "numbers as ECMAScript prints them",
        Bundle(
            log=[with_data(0, b"[0,-1,0.1,1e+21,1e-7,0.000001,1.5e+300,9007199254740991,5e-324]")]
        ),
    )
    deep = b"[" * 77 + b"1" + b"]" * 77
    good(
        "good-depth",
        "as deep as an event can be",
        Bundle(log=[with_data(0, b'{"x":' + deep + b"}")]),
    )
    good(
        "good-html",
        "an event that would like to be a page",
        Bundle(
            log=[
                event(0, {"text": "<img src=x onerror=alert(1)></script><script>alert(1)</script>"})
            ]
        ),
    )
    good(
        "good-longest-entry",
        "an entry of 65535 bytes",
        Bundle(log=[event(0, {"n": "x" * (65_535 - len(event(0, {"n": ""})))})]),
    )


def make_good_with_extras():
    blob = b"what the human saw\n"
    good("good-blob", "with a blob", middle().blob(blob))
    good(
        "good-missing-blob",
        "a blob that is no longer kept",
        middle().set(missingBlobs=[hashlib.sha256(blob).hexdigest()]),
    )
    good("good-empty-blob", "a blob of nothing", middle().blob(b""))
    good(
        "good-views",
        "with views, which nothing authenticates",
        middle().file("views/events.csv", b"sequence\n2\n").set(views=["views/events.csv"]),
    )
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
        good(
            f"good-rotated-{name}-key",
            f"one rotation; the {name} key is pinned",
            rotated(first, second),
            key.vkey,
        )
    good(
        "good-rotated-twice",
        "two rotations, the oldest key is pinned",
        rotated(first, second, third),
    )
    good(
        "good-rotated-unpinned",
        "two rotations and no key",
        rotated(first, second, third),
        None,
        False,
    )
    before = Bundle(size=5, begin=1, end=4, keys=(first, (KEY2, 6, handover(6, KEY, KEY2))))
    good("good-before-rotation", "the list knows a key that came later", before)
    at = Bundle(size=5, begin=1, end=4, signers=(KEY2,), keys=(first, second))
    good("good-at-rotation", "the checkpoint is of the size of the handover", at)
    bad("key-too-new", "the pinned key came after the checkpoint", before, KEYS, key=KEY2.vkey)
    bad("key-of-nobody", "the pinned key is none of the log's", middle(), KEYS, key=STRANGER.vkey)
    bad(
        "handover-missing",
        "no handover, and the old key is pinned",
        rotated(first, (KEY2, 5, None)),
        KEYS,
    )
    good(
        "good-handover-not-needed",
        "no handover, but the new key is pinned",
        rotated(first, (KEY2, 5, None)),
        KEY2.vkey,
    )
    for name, signers in (("new", [KEY2]), ("old", [KEY]), ("stranger", [STRANGER, KEY2])):
        bad(
            f"handover-by-{name}-only",
            "a handover that not both have signed",
            rotated(first, (KEY2, 5, handover(5, *signers))),
            KEYS,
        )
    bad(
        "handover-of-other-size",
        "a handover of another size than it is listed for",
        rotated(first, (KEY2, 5, handover(6, KEY, KEY2))),
        KEYS,
    )
    bad(
        "handover-of-first-key",
        "the first key was handed over by nobody",
        rotated((KEY, 0, handover(0, KEY)), second),
        KEYS,
    )
    bad(
        "keys-not-from-zero",
        "the first key speaks from size 1",
        rotated((KEY, 1, None), second),
        KEYS,
    )
    bad("keys-out-of-order", "the third key before the second", rotated(first, third, second), KEYS)
    bad("keys-empty", "no key at all", middle().file(KEYS, b"[]\n"), KEYS)
    other = [*LOG[:3], event(3, {"n": "another"}), *LOG[4:]]
    bad(
        "handover-of-other-log",
        "the handover was signed for another history",
        rotated(first, (KEY2, 5, handover(5, KEY, KEY2, log=other))),
        EVENTS,
        5,
    )
    old = Bundle(begin=2, end=10, signers=(KEY,), keys=(first, second))
    bad("signed-by-given-up-key", "the checkpoint is signed by the key before the last", old, KEYS)
    bad(
        "signed-by-given-up-key-2",
        "the same, and the manifest says the right key",
        Bundle(begin=2, end=10, signers=(KEY,), keys=(first, second)).set(verifierKey=KEY2.vkey),
        "checkpoint",
    )
