"""Surroundings that mean harm: nothing is lost, no number is given twice, and all goes on."""

import dataclasses
import json
import os
import resource
import shutil
import signal
import unittest
from unittest import mock

from sinks import PLAIN, Case, events_in, taken
from assent_emitter import Emitter, SpoolUnusable
from assent_emitter.transport import Answer


def numbered(n, **more):
    return dataclasses.replace(PLAIN, target_id=str(n), **more)


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.spool = self.directory / "spool"

    def targets(self):
        return [int(event["target"]["id"]) for event in self.server.log]

    def starts(self, count):
        """So many processes, of which each spooled one event that could not be sent."""
        self.server.answer = lambda request: None
        for n in range(count):
            emitter = Emitter(self.spooled())
            emitter.buffer(numbered(n))
            emitter.close(0)
        self.server.answer = taken

    def test_more_files_than_may_be_open_are_sent(self):
        self.starts(80)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        emitter = Emitter(self.spooled())
        self.assertEqual(emitter.flush(5), 0)
        emitter.close()
        self.assertEqual(self.targets(), list(range(80)))

    def test_a_refusal_that_is_no_unicode_is_none_of_the_servers(self):
        said = json.loads(r'{"error": {"code": "VALIDATION", "message": "\ud800"}}')
        self.server.answer = lambda request: Answer(422, said)
        emitter = Emitter(self.spooled())
        emitter.buffer(numbered(1))
        self.assertEqual(emitter.flush(1), 1)
        self.server.answer = taken
        emitter.buffer(numbered(2))
        self.assertEqual(emitter.flush(5), 0)
        emitter.close()
        self.assertEqual(self.targets(), [1, 2])

    def test_whatever_fails_is_tried_again(self):
        self.server.answer = lambda request: 1 / 0
        emitter = Emitter(self.spooled())
        emitter.buffer(PLAIN)
        self.assertEqual(emitter.flush(0.5), 1)
        self.server.answer = taken
        self.assertEqual(emitter.flush(5), 0)
        emitter.close()

    def test_a_sync_that_failed_is_done_again_before_anything_is_sent(self):
        emitter = Emitter(self.spooled())
        emitter.buffer(PLAIN)
        with mock.patch("os.fsync", side_effect=OSError(5, "Input/output error")):
            self.assertEqual(emitter.flush(1), 1)
        self.assertEqual(self.server.log, [])
        self.assertEqual(emitter.flush(5), 0)
        emitter.close()

    def test_a_child_that_lives_on_does_not_hold_the_lock(self):
        emitter = Emitter(self.spooled())
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(0)
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.kill, child, signal.SIGKILL)
        emitter.close()
        Emitter(self.spooled()).close()

    def test_files_that_were_swapped_lose_nothing(self):
        self.server.answer = lambda request: None
        for at in (0, 3):
            emitter = Emitter(self.spooled())
            for n in range(at, at + 3):
                emitter.buffer(numbered(n))
            emitter.close(0)
        one, two = sorted(self.spool.glob("*.spool"))
        one.rename(self.spool / "x")
        two.rename(one)
        (self.spool / "x").rename(two)
        tries = []

        def halves(request):  # What is on the way takes half of it, and then the network is gone.
            tries.append(len(events_in(request.body)))
            return {6: Answer(413, None), 3: taken(request)}[tries[-1]] if len(tries) < 3 else None

        self.server.answer = halves
        Emitter(self.spooled()).close(0.5)
        self.server.answer = taken
        Emitter(self.spooled()).close()
        self.assertEqual(sorted(self.targets()), list(range(6)))

    def test_a_line_that_was_torn_does_not_spoil_the_next_refusal(self):
        self.server.answer = lambda request: Answer(
            422, {"error": {"code": "VALIDATION", "message": "no"}})
        emitter = Emitter(self.spooled())
        (self.spool / "refused.ndjson").write_text('{"answer":{"at"')
        emitter.buffer(PLAIN)
        emitter.close()
        line = (self.spool / "refused.ndjson").read_text().splitlines()[-1]
        self.assertEqual(json.loads(line)["event"]["target"]["id"], PLAIN.target_id)

    def test_numbers_that_are_no_numbers_are_damage(self):
        for text in ('{"next":[],"producer":"worker-1","sent":{}}',
                     '{"next":"","producer":"worker-1","sent":{}}',
                     '{"next":{"acme":0},"producer":"worker-1","sent":{}}'):
            shutil.rmtree(self.spool, ignore_errors=True)
            self.spool.mkdir()
            (self.spool / "state.json").write_text(text)
            emitter = Emitter(self.spooled())
            self.assertNotEqual(emitter.producer, "worker-1")
            emitter.close()

    def test_a_digit_of_the_state_that_flipped_loses_nothing_and_gives_no_number_twice(self):
        emitter = Emitter(self.spooled())
        for n in range(3):
            emitter.buffer(numbered(n))
        emitter.close()
        self.server.answer = lambda request: None
        emitter = Emitter(self.spooled())
        emitter.buffer(numbered(3))
        emitter.close(0)
        self.server.answer = taken
        text = (self.spool / "state.json").read_text()
        for place, char in enumerate(text):
            with self.subTest(place=place):
                copy = self.directory / "copy"
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(self.spool, copy)
                (copy / "state.json").write_text(
                    text[:place] + chr(ord(char) ^ 1) + text[place + 1:])
                self.server.log.clear()
                with Emitter(self.spooled(spool=str(copy))) as other:
                    other.buffer(numbered(4))
                self.assertEqual(self.targets(), [3, 4])
                self.assertNotEqual(other.producer, emitter.producer)

    def test_a_state_of_before_the_crc_goes_on(self):
        self.spool.mkdir()
        (self.spool / "state.json").write_text(
            '{"next":{"acme":7},"producer":"worker-1","sent":{"acme":6}}\n')
        with Emitter(self.spooled()) as emitter:
            self.assertEqual(emitter.buffer(PLAIN).sequence, 7)
            self.assertEqual(emitter.producer, "worker-1")

    def test_a_name_beyond_which_there_is_none_is_an_error(self):
        self.spool.mkdir()
        (self.spool / "9999999999999999.spool.damaged").write_text("")
        emitter = Emitter(self.spooled())
        with self.assertRaises(SpoolUnusable):
            emitter.buffer(PLAIN)
        emitter.close()

    def test_what_is_refused_with_many_words_is_kept_with_few(self):
        said = {"error": {"code": "VALIDATION", "message": "Bearer key-a " + "x" * 100_000}}
        self.server.answer = lambda request: Answer(422, said)
        emitter = Emitter(self.spooled())
        emitter.buffer(PLAIN)
        emitter.close()
        text = (self.spool / "refused.ndjson").read_text()
        self.assertLess(len(text), 4_000)
        self.assertNotIn("key-a", text + "".join(self.reports))


if __name__ == "__main__":
    unittest.main()
