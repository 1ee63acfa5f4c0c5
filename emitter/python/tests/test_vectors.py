"""tests/vectors/emitter and tests/vectors/redaction: the same bytes as the other emitters'."""

import json
import unittest

from sinks import ROOT
from assent_emitter.redact import Redactor
from vector_run import expected_of


def read(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


class Vectors(unittest.TestCase):
    def test_every_vector(self):
        for vector in read("tests/vectors/emitter/vectors.json"):
            with self.subTest(vector["name"]):
                self.assertEqual(expected_of(vector), vector)

    def test_every_redaction(self):
        for vector in read("tests/vectors/redaction/vectors.json"):
            with self.subTest(vector["name"]):
                redactor = Redactor(vector.get("keys", ()))
                out = redactor.value(vector["in"], "x")
                self.assertEqual(json.dumps(out), json.dumps(vector["out"]))
                self.assertEqual(redactor.value(out, "x"), out)


if __name__ == "__main__":
    unittest.main()
