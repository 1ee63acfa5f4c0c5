"""Spools that were damaged in ways that nobody thought of: this emitter and the one of TypeScript
make the same of them, and no number is given twice.

ASSENT_LONG makes more of them; the seed is told, and ASSENT_SEED repeats one.
"""

import dataclasses
import json
import os
import pathlib
import random
import shutil
import subprocess
import unittest

from sinks import HERE, PLAIN, Case, FakeServer, events_in
from assent_emitter import Emitter, Misconfigured

TYPESCRIPT = HERE.parents[1] / "typescript"
COUNT = 1_000 if os.environ.get("ASSENT_LONG") else 60
SEED = int(os.environ.get("ASSENT_SEED") or random.SystemRandom().randrange(2**32))


class Damage(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)

    def made(self, directory):
        """A spool in which some events wait, and perhaps a state that is older than they are."""
        emitter = Emitter(self.spooled(spool=str(directory), send=FakeServer(), spool_bytes=10**6,
                                       segment_bytes=self.random.choice([600, 3000, 10**6])))
        states = [(directory / "state.json").read_bytes()]
        for n in range(self.random.randrange(1, 12)):
            tenant = self.random.choice(["acme", "acme", "beta"])
            proof = {"type": "api_response", "data": "x" * 17000}
            emitter.buffer(dataclasses.replace(
                PLAIN, client_id=tenant, target_id=str(n),
                proof=proof if self.random.random() < 0.1 else None,
                metadata={"tenantId": "acme", "type": "a"} if self.random.random() < 0.3 else None))
            if self.random.random() < 0.1:
                emitter.flush(20)
                states.append((directory / "state.json").read_bytes())
        copy = pathlib.Path(f"{directory}-left")
        shutil.copytree(directory, copy)
        emitter.close()
        shutil.rmtree(directory)
        copy.rename(directory)
        (directory / "lock").write_text("")
        return states

    def damaged(self, data):
        kind = self.random.randrange(7)
        at = self.random.randrange(len(data))
        if self.random.random() < 0.5:
            at = max(at, len(data) - self.random.randrange(1, 500))  # The end is where it counts.
        if kind == 0:
            return data[:at] + bytes([data[at] ^ (1 << self.random.randrange(8))]) + data[at + 1:]
        if kind == 1:
            end = at + self.random.randrange(600)
            return data[:at] + bytes(len(data[at:end])) + data[end:]
        if kind == 2:
            return data[:at]
        if kind == 3:
            return data + bytes(self.random.randrange(1, 600))
        if kind == 4:
            return data + self.random.randbytes(self.random.randrange(1, 600))
        if kind == 5:
            return data[:at] + data[at + self.random.randrange(1, 300):]
        return data

    def harm(self, directory, states):
        segments = sorted(directory.glob("*.spool"))
        for path in segments[-1:] if self.random.random() < 0.7 else segments:
            if path.stat().st_size > 0:
                path.write_bytes(self.damaged(path.read_bytes()))
        state = directory / "state.json"
        kind = self.random.randrange(6)
        if kind == 0:
            state.unlink()
        elif kind == 1:
            state.write_bytes(self.damaged(state.read_bytes()))
        elif kind == 2:
            state.write_bytes(states[-1])

    def reopened(self, directory):
        server = FakeServer()
        self.reports.clear()
        try:
            emitter = Emitter(self.spooled(spool=str(directory), send=server,
                                           random=lambda count: b"\1" * count))
        except Misconfigured:
            return {"refused": True}  # What is damaged may be the name alone.
        emitter.flush(60)
        following = [emitter.buffer(dataclasses.replace(PLAIN, target_id="99", client_id=tenant))
                     .sequence for tenant in ("acme", "beta")]
        left = emitter.close()
        sent = [[event["tenantId"], event["producer"]["id"], event["producer"]["sequence"],
                 event["target"]["id"]] for request in server.requests
                if request.path == "/v1/events" for event in events_in(request.body)]
        return {"producer": emitter.producer, "next": following, "left": left,
                "sent": sorted(sent, key=str),
                "reported": sorted(each.partition(":")[0] for each in self.reports),
                "files": sorted(os.listdir(directory)),
                "state": json.loads((directory / "state.json").read_text())}

    def test_damaged_spools_are_read_alike_and_no_number_is_given_twice(self):
        pairs = []
        for number in range(COUNT):
            one = self.directory / f"{number}"
            self.harm(one, self.made(one))
            other = self.directory / f"{number}-other"
            shutil.copytree(one, other)
            pairs.append((one, other))
        subprocess.run([TYPESCRIPT / "node_modules/.bin/tsc"], cwd=TYPESCRIPT, check=True)
        done = subprocess.run(["node", TYPESCRIPT / "test/reopen.mjs"], stdout=subprocess.PIPE,
                              input=json.dumps([str(other) for _, other in pairs]).encode(),
                              check=True)
        for (one, other), theirs in zip(pairs, json.loads(done.stdout)):
            mine = self.reopened(one)
            theirs.get("sent", []).sort(key=str)
            self.assertEqual(mine, theirs, f"ASSENT_SEED={SEED}")
            numbers = [tuple(each[:3]) for each in mine.get("sent", [])]
            self.assertEqual(len(numbers), len(set(numbers)), f"ASSENT_SEED={SEED} {numbers}")


if __name__ == "__main__":
    unittest.main()
