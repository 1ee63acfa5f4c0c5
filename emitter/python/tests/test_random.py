"""Events that nobody thought of: this emitter and the one of TypeScript make the same of them.

ASSENT_LONG makes more of them; the seed is told, and ASSENT_SEED repeats one.
"""

import json
import os
import random
import subprocess
import unittest

from sinks import HERE
from vector_run import expected_of

TYPESCRIPT = HERE.parents[1] / "typescript"
COUNT = 20_000 if os.environ.get("ASSENT_LONG") else 300
SEED = int(os.environ.get("ASSENT_SEED") or random.SystemRandom().randrange(2**32))

# Of texts in which a secret may hide, or nearly.
PIECES = [
    "password", "token", "api key", "=", ":", "://", "@", " ", "\t", "\n", "-", "--", "a", "B",
    "Bearer ", "basic ", "ask_0123456789abcdefghij1", "sk-", "AKIAIOSFODNN7EXAMPLE",
    "4111111111111111", "4111 1111 1111 1111", "12345", ".", "/", "?", "#", "&", '"', "'", "\\",
    '\\"', "[", "]", "(", "{", ",", ";", "<", "eyJhbGciOiJIUzI1NiJ9", "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----", "key", "auth", "Authorization", "cookie", "null", "tokens", "pass",
    "ü", "🔑", "\x00", "\x7f", "\u2028", "SG.", "0123456789abcdefghij", "***REDACTED***", "user",
    "=>", ":=", "==", "secret", "K", "İ", "\ufeff", "name", "value", "constructor", "__proto__"]
WORDS = {
    "clientId": ["acme", "beta-2", "", "nobody"],
    "actionType": ["content.publish", "a.b_1", "content", "Ledger.x", "ledger.x", "a." + "b" * 99],
    "actorType": ["human", "agent", "service", "system", "webhook", "user", "robot"],
    "outcome": ["success", "failure", "partial", "pending", "done"]}
SHA = "sha256:" + "0123456789abcdef" * 4


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, most=10):
        return "".join(self.random.choice(PIECES) for _ in range(self.random.randint(0, most)))

    def number(self):
        kind = self.random.randrange(5)
        if kind == 0:
            return self.random.randint(-(2**53) + 1, 2**53 - 1)
        if kind == 1:
            return self.random.uniform(-1, 1) * 10.0 ** self.random.randint(-320, 300)
        if kind == 2:
            return self.random.choice([0.0, -0.0, 1e21, 1e-7, 5e-324, 1e16 / 3, 2.0**-1074])
        return self.random.randint(-100, 100) / self.random.choice([1, 2, 3, 10])

    def value(self, depth=3):
        kind = self.random.randrange(8 if depth else 6)
        if kind < 3:
            return self.text()
        if kind < 5:
            number = self.number()
            return int(number) if isinstance(number, float) and number.is_integer() and abs(
                number) < 2**53 and number else number
        if kind == 5:
            return self.random.choice([None, True, False])
        if kind == 6:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 4))]
        return {self.text(3): self.value(depth - 1) for _ in range(self.random.randint(0, 4))}

    def object(self):
        return {self.text(2): self.value() for _ in range(self.random.randint(0, 5))}

    def proof(self):
        kinds = ["screenshot", "api_response", "hash", "url", "none", "video"]
        proof = {"type": self.random.choice(kinds)}
        for name, value in (("data", self.value), ("url", self.text), ("sha256", lambda: SHA),
                            ("capturedAt", lambda: "2026-11-21T06:59:59.5Z"),
                            ("blob", lambda: SHA)):
            if self.random.random() < 0.4:
                proof[name] = value() if self.random.random() < 0.9 else None
        if self.random.random() < 0.1:
            proof["data"] = self.text(40) * 400
        return proof

    def input(self):
        given = {name: words[0] if self.random.random() < 0.9 else self.random.choice(words)
                 for name, words in WORDS.items()}
        for name in ("actorId", "targetType", "targetId"):
            given[name] = self.text(4) if self.random.random() < 0.7 else "x" + self.text(1)
        if self.random.random() < 0.7:
            given["metadata"] = self.object()
        if self.random.random() < 0.5:
            given["proof"] = self.proof()
        if self.random.random() < 0.3:
            given["correlationId"] = self.random.choice([
                self.text(), "episode", "4bf92f3577b34da6a3ce929d0e0e4736",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
        return given

    def case(self, number):
        events = [{"now": self.random.randrange(2**32) * 10**6 + self.random.randrange(10**6),
                   "random": self.random.getrandbits(272).to_bytes(34, "big").hex(),
                   "input": self.input()} for _ in range(self.random.randint(1, 4))]
        is_spooled = self.random.random() < 0.5
        trace = {"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7"}
        return {"name": str(number), "call": "buffer" if is_spooled else "emit", "events": [
            # A spool of which nothing came has no file.
            {"now": 0, "random": "01" * 34, "input": {
                "clientId": "acme", "actionType": "a.b", "actorType": "agent", "actorId": "a",
                "targetType": "t", "targetId": "1", "outcome": "success"}}, *events],
            "emitter": {"keys": {"acme": "key-a", "beta-2": "key-b"},
                        "producer": "worker-1" if is_spooled else None,
                        "random": self.random.randbytes(5).hex() if is_spooled else "",
                        "trace": self.random.choice([None, trace]),
                        "redact": self.random.choice([[], ["lane", "name"]])}}


class Random(unittest.TestCase):
    def test_random_events_are_the_same_bytes_in_both_languages(self):
        maker = Maker(SEED)
        cases = [maker.case(number) for number in range(COUNT)]
        subprocess.run([TYPESCRIPT / "node_modules/.bin/tsc"], cwd=TYPESCRIPT, check=True)
        done = subprocess.run(["node", TYPESCRIPT / "test/vector_run.mjs"],
                              input=json.dumps(cases).encode(), stdout=subprocess.PIPE, check=True)
        theirs = json.loads(done.stdout)
        taken = 0
        for case, other in zip(cases, theirs):
            mine = json.loads(json.dumps(expected_of(case)))
            taken += sum("log" in event for event in mine["events"])
            self.assertEqual(mine["requests"], other["requests"], f"ASSENT_SEED={SEED}")
            said = [[event.get("log"), event.get("error")] for event in mine["events"]]
            theirs_said = [[event.get("log"), event.get("error")] for event in other["events"]]
            self.assertEqual(said, theirs_said, f"ASSENT_SEED={SEED}")
            for member in ("spool", "producer"):
                self.assertEqual(mine.get(member), other.get(member), f"ASSENT_SEED={SEED}")
        self.assertGreater(taken, COUNT)  # Beside the first of each, which is always taken.


if __name__ == "__main__":
    unittest.main()
