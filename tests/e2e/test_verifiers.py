"""Verifiers that share no code give one verdict: C++, Python, and the web page's under Node."""

import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/verifier"))
import assent_verify  # noqa: E402
import bundle_format  # noqa: E402
import log_format  # noqa: E402

VECTORS = ROOT / "tests/vectors/bundle"
ASSENT = os.environ.get("ASSENT_BINARY", str(ROOT / "build/release/assent"))
FLIPS = 20_000 if os.environ.get("ASSENT_LONG") else 300
FLIPPED = ("good-middle", "good-members", "good-rotated-old-key", "good-cosigned-2", "good-blob")


def verdict(report):
    """What must agree; whether the key was pinned means nothing where the verdict is no."""
    return (report["ok"], report["sequence"], report["keyPinned"] if report["ok"] else None)


def by_python(bundle, key):
    try:
        return {"ok": True, "sequence": None, **assent_verify.Bundle(str(bundle), key).verify()}
    except log_format.Rejected as fault:
        return {"ok": False, "sequence": fault.sequence, "keyPinned": False}


class Web:
    """The page's verifier, in one Node for all questions."""

    def __init__(self):
        subprocess.run(["node", "build.mjs", "--check"], cwd=ROOT / "web", check=True)
        self._node = subprocess.Popen(["node", "test/verify.mjs"], cwd=ROOT / "web", text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, bundle, key):
        self._node.stdin.write(json.dumps({"bundle": str(bundle), "key": key}) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def close(self):
        self._node.stdin.close()
        self._node.stdout.close()
        assert self._node.wait() == 0


def by_cpp(bundle, key):
    words = [ASSENT, "verify", "--output", "json", "--bundle", str(bundle)]
    words += ["--key", key] if key else []
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    report = json.loads(said.stdout)
    assert said.returncode == (0 if report["ok"] else 8), (words, said)
    tenants, finding = report["tenants"], report.get("finding") or {}
    return {"ok": report["ok"], "sequence": finding.get("sequence"),
            "keyPinned": bool(tenants) and tenants[0]["keyPinned"]}


def has_cpp():
    said = subprocess.run([ASSENT, "verify", "--help"], capture_output=True, text=True, check=False)
    return "--bundle" in said.stdout


def written_vectors(directory):
    subprocess.run([sys.executable, str(VECTORS / "make.py"), str(directory)], check=True)
    return {name: (directory / name / "bundle.tar", expected)
            for name, expected in json.loads((VECTORS / "cases.json").read_text()).items()}


def every_verifier_gives_the_expected_verdict(vectors, verifiers):
    wrong = []
    for name, (bundle, expected) in vectors.items():
        for who, verify in verifiers.items():
            found = verdict(verify(bundle, expected["verifierKey"]))
            if found != verdict(expected):
                wrong.append(f"{name}: {who} says {found}, expected {verdict(expected)}")
    assert not wrong, "\n".join(wrong)


def a_directory_is_judged_like_its_archive(vectors, verifiers):
    for name in ("good-middle", "event-forged", "blob-changed", "member-missing-keys"):
        bundle, expected = vectors[name]
        unpacked = bundle.parent / "unpacked"
        unpacked.mkdir()
        for member in bundle_format.tar_members(str(bundle)):
            target = unpacked / member.name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(b"".join(member.pieces()))
        for who in verifiers.keys() - {"web"}:
            found = verdict(verifiers[who](unpacked, expected["verifierKey"]))
            assert found == verdict(expected), (name, who, found)


def a_flipped_bit_is_judged_alike(vectors, verifiers, scratch):
    """Not only alike: what still verifies has the same events and the same checkpoint."""
    chance, verified = random.Random(20260102), 0
    for number in range(FLIPS):
        bundle, expected = vectors[FLIPPED[number % len(FLIPPED)]]
        raw = bytearray(bundle.read_bytes())
        bit = chance.randrange(8 * (len(raw) - 1024))
        raw[bit // 8] ^= 1 << bit % 8
        scratch.write_bytes(raw)
        found = {who: verify(scratch, expected["verifierKey"])["ok"]
                 for who, verify in verifiers.items()}
        assert len(set(found.values())) == 1, (bundle, bit, found)
        if found["python"]:
            verified += 1
            assert evidence(scratch) == evidence(bundle), (bundle, bit)
    print(f"{FLIPS} flipped bits, {verified} of them where nothing is authenticated")


def evidence(bundle):
    """What a bundle proves: its entries. The checkpoint may have lost a witness's signature."""
    kept = hashlib.sha256()
    for member in bundle_format.tar_members(str(bundle)):
        if member.name == "events.ndjson":
            for piece in member.pieces():
                kept.update(piece)
    return kept.digest()


def real_bundles_are_verified_by_all(verifiers):
    """Those that somebody has at hand: ASSENT_BUNDLES is a directory of tar files."""
    for bundle in sorted(pathlib.Path(os.environ.get("ASSENT_BUNDLES", "/nowhere")).glob("*.tar")):
        for who, verify in verifiers.items():
            assert verify(bundle, None)["ok"], (bundle, who)


def main():
    web = Web()
    verifiers = {"python": by_python, "web": web}
    if has_cpp():
        verifiers["c++"] = by_cpp
    with tempfile.TemporaryDirectory() as directory:
        scratch = pathlib.Path(directory)
        vectors = written_vectors(scratch)
        every_verifier_gives_the_expected_verdict(vectors, verifiers)
        a_directory_is_judged_like_its_archive(vectors, verifiers)
        a_flipped_bit_is_judged_alike(vectors, verifiers, scratch / "flipped.tar")
        real_bundles_are_verified_by_all(verifiers)
    web.close()
    print(f"{len(vectors)} bundles, judged alike by {', '.join(verifiers)}")


if __name__ == "__main__":
    main()
