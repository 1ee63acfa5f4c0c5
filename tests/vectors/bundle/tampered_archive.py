"""Bundles whose checkpoint, manifest, members or archive somebody has tampered with."""

import hashlib

from cases import EVENTS, KEYS, PROOFS, bad, chosen, good, middle
from parts import (
    Bundle,
    KEY,
    LOG,
    ORIGIN,
    Raw,
    STRANGER,
    W1,
    b64,
    ed25519,
    event,
    head_text,
    note,
    stored,
)


def make_tampered_checkpoints():
    def with_note(raw, **about):
        return middle().file("checkpoint", raw).set(**about)

    text, where = head_text(LOG, 12), "checkpoint"
    bad(
        "checkpoint-by-stranger",
        "signed by another key of the same name",
        with_note(note(text, STRANGER)),
        where,
    )
    bad(
        "checkpoint-by-stranger-unpinned",
        "signed by another key, which the bundle brings, but the key is pinned",
        Bundle(begin=2, end=7, signers=(STRANGER,), keys=((STRANGER, 0, None),)),
        KEYS,
    )
    good(
        "good-forged-unpinned",
        "the same, and nobody pinned a key: this is what pinning is for",
        Bundle(begin=2, end=7, signers=(STRANGER,), keys=((STRANGER, 0, None),)),
        None,
        False,
    )
    bad("checkpoint-unsigned", "no signature", with_note(text + b"\n"), where)
    bad("checkpoint-only-witnesses", "signed by a witness only", with_note(note(text, W1)), where)
    good_line, bad_line = KEY.line(text), KEY.line(b"another\n")
    bad(
        "checkpoint-one-bad-signature",
        "a right and a wrong signature of the log's key",
        with_note(text + b"\n" + good_line + bad_line),
        where,
    )
    bad(
        "checkpoint-one-bad-signature-first",
        "a wrong and a right signature",
        with_note(text + b"\n" + bad_line + good_line),
        where,
    )
    bad(
        "checkpoint-other-id",
        "the signature has another key's id",
        with_note(
            text
            + b"\n"
            + f"\u2014 {ORIGIN} {b64(bytes(4) + ed25519.sign(KEY.seed, text))}\n".encode()
        ),
        where,
    )
    bad(
        "checkpoint-other-root",
        "another root, and the old signature",
        with_note(head_text(LOG[1:], 11).replace(b"\n11\n", b"\n12\n") + b"\n" + good_line),
        where,
    )
    bad(
        "checkpoint-other-size",
        "another size, and the old signature",
        with_note(text.replace(b"\n12\n", b"\n13\n") + b"\n" + good_line),
        where,
    )
    bad(
        "checkpoint-of-other-size",
        "a true checkpoint, but of another size",
        with_note(note(head_text(LOG, 11), KEY)),
        where,
    )
    bad(
        "checkpoint-of-other-log",
        "a true checkpoint of another history",
        with_note(note(head_text([*LOG[:4], event(4, {"n": "x"}), *LOG[5:]], 12), KEY)),
        EVENTS,
    )
    bad(
        "checkpoint-of-other-origin",
        "signed by the key, but of another origin",
        with_note(note(head_text(LOG, 12, "vectors.example/t/globex"), KEY)),
        where,
    )
    bad(
        "checkpoint-leading-zero",
        "a size with a leading zero",
        with_note(note(text.replace(b"\n12\n", b"\n012\n"), KEY)),
        where,
    )
    bad(
        "checkpoint-no-root",
        "a checkpoint of two lines",
        with_note(note(b"\n".join(text.split(b"\n")[:2]) + b"\n", KEY)),
        where,
    )
    bad(
        "checkpoint-empty-line",
        "an empty line in the text",
        with_note(note(text + b"\nmore\n", KEY)),
        where,
    )
    bad(
        "checkpoint-windows",
        "lines that end as on Windows",
        with_note(note(text, KEY).replace(b"\n", b"\r\n")),
        where,
    )
    bad("checkpoint-cut-off", "no newline at the end", with_note(note(text, KEY)[:-1]), where)
    bad(
        "checkpoint-trailing",
        "something after the signatures",
        with_note(note(text, KEY) + b"x\n"),
        where,
    )
    malleable = ed25519.sign(KEY.seed, text)
    beyond = int.from_bytes(malleable[32:], "little") + ed25519.L
    bad(
        "checkpoint-malleable",
        "a signature whose S is the group's order too large",
        with_note(
            text
            + b"\n"
            + f"\u2014 {ORIGIN} ".encode()
            + b64(KEY.id + malleable[:32] + beyond.to_bytes(32, "little")).encode()
            + b"\n"
        ),
        where,
    )
    bad(
        "checkpoint-short-signature",
        "a signature of 63 bytes",
        with_note(text + b"\n" + f"\u2014 {ORIGIN} {b64(KEY.id + malleable[:63])}\n".encode()),
        where,
    )
    bad(
        "checkpoint-root-of-empty",
        "an empty log with a root",
        Bundle(log=[]).file(
            "checkpoint", note(head_text(LOG, 12).replace(b"\n12\n", b"\n0\n"), KEY)
        ),
        where,
    )
    bad(
        "checkpoint-size-2-63",
        "a size beyond all bounds",
        with_note(note(text.replace(b"\n12\n", b"\n9223372036854775808\n"), KEY)),
        where,
    )


def make_tampered_manifests():
    def manifest(name, why, **about):
        bad("manifest-" + name, why, middle().set(**about), "manifest.json")

    manifest("other-format", "a format of the future", format="assent-bundle/2")
    manifest("more", "a member that no manifest has", surprise=1)
    manifest("no-tenant", "no tenant", tenant=None)
    manifest("negative-size", "a size below zero", size=-1)
    manifest("small-size", "the range is beyond the size", size=6)
    manifest("no-time", "createdAt is no time", createdAt="yesterday")
    manifest(
        "range-backwards",
        "the range ends before it begins",
        selection={"kind": "range", "begin": 7, "end": 2},
    )
    manifest("other-selection", "another kind of selection", selection={"kind": "all"})
    manifest(
        "selection-with-more",
        "a member that no selection has",
        selection={"kind": "range", "begin": 2, "end": 7, "more": 1},
    )
    manifest("view-of-nothing", "a view that is no file", views=["views/events.csv"])
    manifest("view-of-events", "a view that is no view", views=["events.ndjson"])
    manifest("missing-no-hash", "a missing blob that is no hash", missingBlobs=["x"])
    bad(
        "manifest-missing-but-there",
        "a blob both missing and there",
        middle().blob(b"x").set(missingBlobs=[hashlib.sha256(b"x").hexdigest()]),
        "manifest.json",
    )
    bad(
        "manifest-other-size",
        "another size than the checkpoint's",
        middle().set(size=13),
        "checkpoint",
    )
    bad(
        "manifest-other-origin",
        "another origin",
        middle().set(origin="vectors.example/t/globex"),
        KEYS,
    )
    bad("manifest-other-tenant", "another tenant", middle().set(tenant="globex"), EVENTS, 2)
    bad("manifest-other-tenant-members", "another tenant", chosen().set(tenant="globex"), EVENTS)
    bad(
        "manifest-other-key",
        "another key than the list's",
        middle().set(verifierKey=STRANGER.vkey),
        KEYS,
    )
    bad(
        "manifest-other-begin",
        "the range begins elsewhere",
        middle().set(selection={"kind": "range", "begin": 1, "end": 7}),
        EVENTS,
        1,
    )
    bad(
        "manifest-other-begin-2",
        "the range begins where there are other peaks",
        middle().set(selection={"kind": "range", "begin": 3, "end": 7}),
        PROOFS,
    )
    bad(
        "manifest-other-end",
        "the range ends earlier",
        middle().set(selection={"kind": "range", "begin": 2, "end": 6}),
        EVENTS,
        6,
    )
    bad(
        "manifest-longer-end",
        "the range ends later",
        middle().set(selection={"kind": "range", "begin": 2, "end": 8}),
        EVENTS,
        7,
    )
    files = {
        n: {"bytes": len(r), "sha256": hashlib.sha256(r).hexdigest()}
        for n, r in middle().files.items()
    }
    for name in sorted(files):
        wrong = {**files, name: {**files[name], "sha256": "0" * 64}}
        bad(
            f"manifest-hash-of-{name.split('.')[0]}",
            f"another hash of {name}",
            middle().set(files=wrong),
            name,
        )
    wrong = {**files, EVENTS: {**files[EVENTS], "bytes": files[EVENTS]["bytes"] + 1}}
    bad(
        "manifest-length-of-events",
        "another length of the events",
        middle().set(files=wrong),
        EVENTS,
    )
    del wrong[PROOFS]
    manifest("lists-no-proofs", "the proofs are not listed", files=wrong)
    bad(
        "manifest-name-twice",
        "a name twice",
        Raw(
            lambda b: b"".join(
                [
                    stored("manifest.json", b'{"size":12,' + b.manifest()[1:]),
                    *(r for _, r in b.parts()[1:]),
                ]
            )
        ),
        "manifest.json",
    )


def make_tampered_members():
    blob = b"what the human saw\n"
    listed = middle().blob(blob)
    digits = hashlib.sha256(blob).hexdigest()
    bad(
        "blob-misnamed",
        "a blob whose name is not its hash",
        middle().blob(blob, "0" * 64),
        "blobs/" + "0" * 64,
    )
    bad(
        "blob-not-there",
        "a blob is listed but not there",
        Raw(lambda b: b"".join(r for n, r in b.parts() if "blobs" not in n) + b.tail, listed),
        "blobs/" + digits,
    )
    bad(
        "blob-not-listed",
        "a blob that the manifest does not list",
        Raw(lambda b: b.tar()[:-1024] + stored("blobs/" + digits, blob) + b.tail),
        "blobs/" + digits,
    )
    bad(
        "blob-changed",
        "a blob that was changed",
        Raw(lambda b: b.tar().replace(blob, blob.upper()), listed),
        "blobs/" + digits,
    )
    bad(
        "blob-after-views",
        "a blob behind a view",
        Raw(
            lambda b: b"".join(r for n, r in sorted(b.parts(), key=lambda p: "blobs" in p[0]))
            + b.tail,
            middle().blob(blob).file("views/events.csv", b"x\n").set(views=["views/events.csv"]),
        ),
        "blobs/" + digits,
    )
    bad(
        "witnesses-no-json",
        "witnesses that are no JSON",
        middle().file("witnesses.json", b"x\n"),
        "witnesses.json",
    )
    bad(
        "witnesses-with-more",
        "witnesses with a member more",
        middle().file("witnesses.json", b'{"keys":[],"more":1,"policy":null}\n'),
        "witnesses.json",
    )
    for name in ("manifest.json", "checkpoint", "keys.json", EVENTS, PROOFS, "witnesses.json"):
        short = name.split(".")[0]
        bad(
            f"member-missing-{short}",
            f"no {name}",
            Raw(lambda b, name=name: b"".join(r for n, r in b.parts() if n != name) + b.tail),
            name,
        )
        bad(
            f"member-twice-{short}",
            f"{name} again at the end",
            Raw(lambda b, name=name: b.tar()[:-1024] + dict(b.parts())[name] + b.tail),
            name,
        )


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
    extra(
        "damaged-header",
        "a header with a wrong checksum",
        stored("views/x", b"x").replace(b"views/x", b"views/y"),
    )
    extra(
        "damaged-checksum",
        "a checksum with another byte behind it",
        stored("views/x", b"x").replace(b"\0 0\0", b"\2 0\0", 1),
    )
    bad("archive-empty", "a file of no bytes", Raw(lambda b: b""), "manifest.json")
    bad("archive-zeroes", "nothing but zeroes", Raw(lambda b: bytes(2048)), "manifest.json")
    bad("archive-no-tar", "no archive", Raw(lambda b: b"hello"), "manifest.json")
    bad(
        "archive-cut-in-events",
        "cut off within the events",
        Raw(lambda b: b.tar()[: b.tar().index(b'"content/4"')]),
        EVENTS,
    )
    bad(
        "archive-cut-in-header",
        "cut off within a header",
        Raw(lambda b: b.tar()[: b.tar().index(b"witnesses.json\0") + 100]),
        "witnesses.json",
    )
    swapped = [0, 2, 1, 3, 4, 5]
    bad(
        "archive-order",
        "keys before the checkpoint",
        Raw(lambda b: b"".join(b.parts()[n][1] for n in swapped) + b.tail),
        "checkpoint",
    )
    bad(
        "archive-manifest-second",
        "the manifest is not the first",
        Raw(lambda b: b"".join(b.parts()[n][1] for n in [1, 0, 2, 3, 4, 5]) + b.tail),
        "manifest.json",
    )
