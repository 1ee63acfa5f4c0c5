"""The second verifier's parts: Ed25519 against RFC 8032, notes against Go's, proofs and pages."""

import http.server
import json
import pathlib
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests/vectors/bundle")]
import assent_verify as verifier  # noqa: E402
import ed25519  # noqa: E402
import log_format  # noqa: E402
import parts  # noqa: E402

# RFC 8032 section 7.1: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


class Ed25519(unittest.TestCase):
    def test_rfc_8032(self):
        for seed, public, message, signature in RFC_8032:
            seed, public, message, signature = map(
                bytes.fromhex, (seed, public, message, signature)
            )
            self.assertEqual(ed25519.public_key(seed), public)
            self.assertEqual(ed25519.sign(seed, message), signature)
            self.assertTrue(ed25519.verify(public, message, signature))
            self.assertFalse(ed25519.verify(public, message + b"x", signature))

    def test_no_flipped_bit_of_a_signature_passes(self):
        _, public, message, signature = map(bytes.fromhex, RFC_8032[1])
        for bit in range(0, 512, 7):
            changed = bytearray(signature)
            changed[bit // 8] ^= 1 << bit % 8
            self.assertFalse(ed25519.verify(public, message, bytes(changed)))

    def test_a_scalar_beyond_the_order_is_refused(self):
        _, public, message, signature = map(bytes.fromhex, RFC_8032[1])
        beyond = int.from_bytes(signature[32:], "little") + ed25519.L
        malleable = signature[:32] + beyond.to_bytes(32, "little")
        self.assertFalse(ed25519.verify(public, message, malleable))

    def test_what_is_no_point_is_refused(self):
        _, _, message, signature = map(bytes.fromhex, RFC_8032[1])
        for public in (b"\xff" * 32, bytes([2]) + bytes(31), b"", bytes(31)):
            self.assertFalse(ed25519.verify(public, message, signature))


class NotesOfGo(unittest.TestCase):
    """tests/vectors/ledger/notes.txt: made by golang.org/x/mod/sumdb/note."""

    def test_every_signature_is_right(self):
        lines = (ROOT / "tests/vectors/ledger/notes.txt").read_text().splitlines(keepends=True)
        keys = [log_format.Key(line[5:-1]) for line in lines if line.startswith("vkey ")]
        checked, note = 0, None
        for line in lines:
            if line.startswith("note "):
                note = []
            elif line == "end\n":
                text, signatures = log_format.parse_note("".join(note).encode())
                for name, key_id, signature in signatures:
                    for key in keys:
                        if (key.name, key.id) == (name, key_id):
                            self.assertTrue(key.verifies(text, signature))
                            checked += 1
            elif note is not None:
                note.append(line)
        self.assertGreater(checked, 5)


class Trees(unittest.TestCase):
    def test_every_proof_by_definition_is_accepted_and_no_other_index(self):
        entries = [b"%d" % n for n in range(33)]
        for size in range(34):
            tree = entries[:size]
            for n in range(size):
                path, leaf = parts.path(n, tree), log_format.leaf_hash(tree[n])
                root = parts.mth(tree)
                self.assertEqual(log_format.root_from_path(leaf, n, size, path), root)
                self.assertNotEqual(log_format.root_from_path(leaf, n + 1, size, path), root)
                self.assertNotEqual(
                    log_format.root_from_path(leaf, n, size, [*path, bytes(32)]), root
                )
            for first in range(size + 1):
                roots = parts.mth(tree[:first]), size, parts.mth(tree)
                proof = parts.consistency(first, tree) if first < size else []
                self.assertTrue(log_format.is_consistent(first, *roots, proof))
                self.assertFalse(log_format.is_consistent(first, *roots, [*proof, bytes(32)]))
                frontier = log_format.Frontier(first, parts.peaks(tree[:first]))
                self.assertEqual(frontier.root(), roots[0])


class Numbers(unittest.TestCase):
    def test_as_ecmascript_prints_them(self):
        for number, text in (
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (1e-6, "0.000001"),
            (0.1, "0.1"),
            (123456.75, "123456.75"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (-2.5, "-2.5"),
            (1e20, "100000000000000000000"),
            (-0.0, "0"),
            (1.2345e-5, "0.000012345"),
            (333333333.33333329, "333333333.3333333"),
        ):
            self.assertEqual(log_format.ecmascript(number), text)


class ProofsThatTravelAlone(unittest.TestCase):
    def setUp(self):
        self.key = log_format.Key(parts.KEY.vkey)
        self.note = parts.note(parts.head_text(parts.LOG, 12), parts.KEY)
        self.path = [parts.b64(h) for h in parts.path(4, parts.LOG)]

    def receipt(self, **changed):
        return json.dumps(
            {
                "sequence": 4,
                "leafHash": parts.b64(log_format.leaf_hash(parts.LOG[4])),
                "checkpoint": self.note.decode(),
                "inclusionProof": self.path,
                **changed,
            }
        ).encode()

    def test_a_receipt(self):
        verifier.verify_receipt(self.receipt(), self.key, None)
        verifier.verify_receipt(self.receipt(), self.key, parts.LOG[4])
        for receipt, entry in (
            (self.receipt(sequence=5), None),
            (self.receipt(), parts.LOG[5]),
            (self.receipt(inclusionProof=self.path[1:]), None),
            (self.receipt(more=1), None),
            (b"[]", None),
            (self.receipt(checkpoint=self.note.decode().upper()), None),
        ):
            with self.assertRaises(log_format.Rejected):
                verifier.verify_receipt(receipt, self.key, entry)

    def test_a_log_proof(self):
        lines = ["c2sp.org/tlog-proof@v1", "index 4", *self.path, ""]
        good = "\n".join(lines).encode() + b"\n" + self.note
        verifier.verify_proof(good, self.key, parts.LOG[4])
        extra = good.replace(b"index", b"extra AAAA\nindex")
        verifier.verify_proof(extra, self.key, parts.LOG[4])
        for bad in (
            good.replace(b"@v1", b"@v2"),
            good.replace(b"index 4", b"index 04"),
            good.replace(b"index 4", b"index 5"),
            good.replace(b"\n\n", b"\n", 1),
            good.replace(self.path[0].encode() + b"\n", b""),
            good[:-1],
            b"",
        ):
            with self.assertRaises(log_format.Rejected):
                verifier.verify_proof(bad, self.key, parts.LOG[4])


class Pages(unittest.TestCase):
    """A log of 300 behind a file server that knows nothing of logs."""

    def setUp(self):
        self.log = [parts.event(n) for n in range(300)]
        leaves = [log_format.leaf_hash(entry) for entry in self.log]
        self.pages = {"checkpoint": parts.note(parts.head_text(self.log, 300), parts.KEY)}
        for first, name in ((0, "000"), (256, "001.p/44")):
            self.pages["tile/0/" + name] = b"".join(leaves[first : first + 256])
            self.pages["tile/entries/" + name] = b"".join(
                len(entry).to_bytes(2, "big") + entry for entry in self.log[first : first + 256]
            )
        self.pages["tile/1/000.p/1"] = parts.mth(self.log[:256])
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                page = test.pages.get(self.path.removeprefix("/log/acme/"))
                self.send_response(404 if page is None else 200)
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def verify(self):
        url = f"http://127.0.0.1:{self.server.server_port}/log/acme"
        return verifier.Log(url, log_format.Key(parts.KEY.vkey), None).verify()

    def test_the_whole_log(self):
        self.assertEqual(self.verify()["events"], 300)

    def test_no_page_may_be_another(self):
        good = dict(self.pages)
        for name in good:
            for at in (0, len(good[name]) // 2, len(good[name]) - 1):
                changed = bytearray(good[name])
                changed[at] ^= 1
                self.pages = {**good, name: bytes(changed)}
                with self.assertRaises(log_format.Rejected, msg=(name, at)):
                    self.verify()
            self.pages = {**good, name: good[name] + b"x"}
            with self.assertRaises(log_format.Rejected, msg=name):
                self.verify()

    def test_the_place_of_the_fault_is_named(self):
        page = "tile/entries/001.p/44"
        self.pages[page] = self.pages[page].replace(
            b'"00000000000000000270"', b'"00000000000000000271"'
        )
        with self.assertRaises(log_format.Rejected) as fault:
            self.verify()
        self.assertEqual(fault.exception.sequence, 270)


class Paths(unittest.TestCase):
    def test_as_the_specification_has_them(self):
        self.assertEqual(verifier.tile_path(1234067, 256), "x001/x234/067")
        self.assertEqual(verifier.tile_path(5, 256), "005")
        self.assertEqual(verifier.tile_path(273, 112), "273.p/112")
        self.assertEqual(verifier.tile_path(1000, 256), "x001/000")


if __name__ == "__main__":
    unittest.main()
