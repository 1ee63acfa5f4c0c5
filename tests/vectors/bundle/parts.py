"""What the bundles of the vectors are put together from: trees, keys, events, archives.

Trees are computed by the definitions of RFC 6962 (recursively, over all leaves), not by the
algorithms that the verifiers use.
"""

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
        self.seed, self.name, self.algorithm = (
            sha(b"assent bundle vector %d" % number),
            name,
            algorithm,
        )
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
    for at, text in (
        (0, name),
        (100, b"0000644\0"),
        (108, b"0000000\0"),
        (116, b"0000000\0"),
        (124, b"%011o\0" % size),
        (136, b"00000000000\0"),
        (148, b" " * 8),
        (156, kind),
        (157, link),
        (257, magic),
        (329, b"0000000\0"),
        (337, b"0000000\0"),
        (345, prefix),
    ):
        block[at : at + len(text)] = text
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def stored(name, raw, **about):
    return header(name.encode(), len(raw), **about) + raw + bytes(-len(raw) % 512)


class Bundle:
    def __init__(
        self,
        log=None,
        size=None,
        begin=None,
        end=None,
        members=None,
        signers=(KEY,),
        keys=((KEY, 0, None),),
        query=None,
    ):
        self.log = LOG if log is None else log
        self.size = len(self.log) if size is None else size
        tree = self.log[: self.size]
        if members is None:
            begin = 0 if begin is None else begin
            end = self.size if end is None else end
            chosen = tree[begin:end]
            self.selection = {"kind": "range", "begin": begin, "end": end}
            proofs = [
                canonical(
                    {
                        "peaks": [b64(h) for h in peaks(tree[:begin])],
                        "consistency": [b64(h) for h in consistency(end, tree)]
                        if end < self.size
                        else [],
                    }
                )
            ]
        else:
            chosen = [tree[n] for n in members]
            self.selection = {
                "kind": "members",
                "count": len(members),
                "query": query or {"type": "content.published"},
            }
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
        return (
            canonical(
                [
                    {
                        "verifierKey": k.vkey,
                        "fromSize": size,
                        "handover": None if h is None else h.decode(),
                    }
                    for k, size, h in keys
                ]
            )
            + b"\n"
        )

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
        return [n for n in fixed if n in self.files] + sorted(
            n for n in self.files if n not in fixed
        )

    def manifest(self):
        value = {
            "format": "assent-bundle/1",
            "tenant": TENANT,
            "origin": ORIGIN,
            "selection": self.selection,
            "size": self.size,
            "createdAt": "2026-01-02T03:04:05.000000Z",
            "files": {
                n: {"bytes": len(r), "sha256": hashlib.sha256(r).hexdigest()}
                for n, r in self.files.items()
            },
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
