"""A disk that is full: a real one of 1 MiB, if this user may have one."""

import dataclasses
import errno
import itertools
import os
import subprocess
import unittest

from sinks import PLAIN, Case, events_in, taken
from assent_emitter import Emitter, SpoolUnusable
from assent_emitter.transport import Answer


def numbered(n):
    return dataclasses.replace(PLAIN, target_id=str(n))


class FullDisk(Case):
    def setUp(self):
        super().setUp()
        disk = self.directory / "disk"
        disk.mkdir()
        options = ["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(disk)]
        if subprocess.run(["mount", *options], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("only root can mount a small file system")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        self.spool = disk / "spool"
        self.another = disk / "another's"

    def small(self, **more):
        return Emitter(self.spooled(spool=str(self.spool), **more))

    def buffer_until_full(self, emitter):
        for n in itertools.count():
            try:
                emitter.buffer(numbered(n))
            except SpoolUnusable as error:
                self.assertIn(os.strerror(errno.ENOSPC), str(error))
                return n

    def fill(self):
        """What another program takes of the disk: everything."""
        with open(self.another, "wb", buffering=0) as file:
            with self.assertRaises(OSError) as caught:
                while True:
                    file.write(bytes(4096))
        self.assertEqual(caught.exception.errno, errno.ENOSPC)

    def full(self, **more):
        """An emitter that filled its disk while nobody took its events, and how many it has."""
        self.server.answer = lambda request: None
        emitter = self.small(**more)
        count = self.buffer_until_full(emitter)
        self.fill()
        self.assertGreater(count, 100)
        return emitter, count

    def targets(self):
        return [int(event["target"]["id"]) for event in self.server.log]

    def sequences(self):
        return [event["producer"]["sequence"] for event in self.server.log]

    def test_a_spool_that_filled_its_disk_drains_and_goes_on(self):
        for more in ({}, {"segment_bytes": 20_000}):
            with self.subTest(more):
                self.another.unlink(missing_ok=True)
                self.server.log.clear()
                emitter, count = self.full(**more)
                self.server.answer = taken
                self.assertEqual(emitter.flush(60), 0)
                self.assertEqual(self.targets(), list(range(count)))
                # All of its room came back, and what it kept free for such a day is kept again.
                self.assertEqual(sorted(path.name for path in self.spool.iterdir()),
                                 ["lock", "reserve", "state.json"])
                self.assertEqual((self.spool / "reserve").stat().st_size, 65_536)
                emitter.buffer(numbered(count))
                self.assertEqual(emitter.close(), 0)
                first = self.sequences()[0]
                self.assertEqual(self.sequences(), list(range(first, first + count + 1)))

    def test_the_next_program_drains_a_disk_that_is_full(self):
        emitter, count = self.full()
        emitter.close(0)
        self.fill()
        self.server.answer = taken
        with self.small() as following:
            self.assertEqual(following.producer, emitter.producer)
            self.assertEqual(following.flush(60), 0)
            self.assertEqual(self.sequences(), list(range(1, count + 1)))
            self.assertEqual(following.buffer(numbered(count)).sequence, count + 1)

    def test_a_lost_state_on_a_full_disk_begins_another_id_all_the_same(self):
        emitter, count = self.full()
        emitter.close(0)
        (self.spool / "state.json").unlink()
        self.fill()
        self.server.answer = taken
        with self.small() as following:
            self.assertEqual(following.flush(60), 0)
            self.assertEqual(self.targets(), list(range(count)))
            self.assertEqual(following.buffer(numbered(count)).sequence, 1)

    def test_what_is_refused_on_a_full_disk_is_set_aside_and_the_rest_goes_on(self):
        emitter, count = self.full()
        self.server.answer = lambda request: (
            Answer(422, {"error": {"code": "UNPROCESSABLE", "message": "no"}})
            if any(event["target"]["id"] == "3" for event in events_in(request.body))
            else taken(request))
        self.assertEqual(emitter.flush(60), 0)
        self.assertEqual(self.targets(), [n for n in range(count) if n != 3])
        (aside,) = events_in((self.spool / "refused.ndjson").read_bytes())
        self.assertEqual(aside["event"]["target"]["id"], "3")
        emitter.close()

    def test_nothing_is_spooled_where_there_is_no_reserve(self):
        self.small().close()
        (self.spool / "reserve").unlink()
        self.fill()
        with self.small() as emitter:
            with self.assertRaises(SpoolUnusable):
                emitter.buffer(PLAIN)
            self.another.unlink()
            emitter.buffer(PLAIN)
        self.assertEqual(self.sequences(), [1])  # What was not taken took no number.

    def test_a_spool_on_a_full_disk_that_was_never_used_is_told(self):
        self.spool.mkdir()
        self.fill()
        with self.assertRaises(SpoolUnusable):
            self.small()


if __name__ == "__main__":
    unittest.main()
