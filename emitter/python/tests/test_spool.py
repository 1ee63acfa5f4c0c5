"""The spool's files: what is damaged, torn, old or somebody else's."""

import dataclasses
import errno
import json
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import unittest
import zlib

from sinks import HERE, PLAIN, Case, taken
from assent_emitter import Emitter, Misconfigured, SpoolUnusable


def numbered(n, **more):
    return dataclasses.replace(PLAIN, target_id=str(n), **more)


class Spools(Case):
    def setUp(self):
        super().setUp()
        self.spool = self.directory / "spool"
        self.first = self.spool / "0000000000000001.spool"

    def left(self, count=5, **more):
        """A spool in which so many events wait, as a killed process leaves it."""
        self.server.answer = lambda request: None
        emitter = Emitter(self.spooled(**more))
        self.producer, self.state = emitter.producer, (self.spool / "state.json").read_text()
        for n in range(count):
            emitter.buffer(numbered(n))
        emitter.close(0)
        self.server.answer = taken
        self.server.requests.clear()
        (self.spool / "state.json").write_text(self.state)

    def renewed(self, data):
        """The same spool again, with one file that has that in it."""
        for name in os.listdir(self.spool):
            os.remove(self.spool / name)
        (self.spool / "state.json").write_text(self.state)
        self.first.write_bytes(data)

    def sent(self, **more):
        """What the next process sends."""
        self.reports.clear()
        self.server.log.clear()
        with Emitter(self.spooled(**more)) as emitter:
            emitter.flush(20)
        return [int(event["target"]["id"]) for event in self.server.log]

    def records(self):
        data, at, found = self.first.read_bytes(), 0, []
        while at < len(data):
            size, crc = struct.unpack_from("<II", data, at)
            payload = data[at + 8:at + 8 + size]
            self.assertEqual(zlib.crc32(payload), crc)
            found.append((at, payload))
            at += 8 + size
        return found

    def test_a_record_is_length_crc_and_what_is_sent(self):
        self.left(3)
        payloads = [payload for _, payload in self.records()]
        self.sent()
        self.assertEqual(b"".join(each + b"\n" for each in payloads), self.server.requests[0].body)

    def test_a_torn_end_is_cut_off_at_every_byte_without_a_word(self):
        self.left(2)
        whole, cut = self.first.read_bytes(), self.records()[1][0]
        for length in range(cut, len(whole), 7):
            self.renewed(whole[:length])
            self.assertEqual(self.sent(), [0], length)
            self.assertEqual(self.reports, [])
            # The number of what nobody was told of is given again.
            with Emitter(self.spooled()) as emitter:
                self.assertEqual(emitter.buffer(numbered(9)).sequence, 2)

    def test_damage_anywhere_sends_what_is_before_and_keeps_the_rest(self):
        self.left(5)
        whole, third = self.first.read_bytes(), self.records()[2][0]
        end = self.records()[3][0]
        for at in range(third, end, 13):
            damaged = bytearray(whole)
            damaged[at] ^= 0x20
            self.renewed(damaged)
            self.assertEqual(self.sent(), [0, 1], at)
            self.assertIn("is damaged at byte", self.reports[0])
            kept = self.spool / "0000000000000001.spool.damaged"
            self.assertEqual(kept.read_bytes(), damaged)
            # The numbers of what is lost are missing at the server.
            with Emitter(self.spooled()) as emitter:
                self.assertEqual(emitter.buffer(numbered(9)).sequence, 6)

    def test_a_hole_in_the_file_is_damage(self):
        self.left(2)
        with self.first.open("ab") as file:
            file.write(bytes(64))
        self.assertEqual(self.sent(), [0, 1])
        self.assertEqual(len(self.reports), 1)

    def test_files_after_a_damaged_one_are_sent(self):
        self.left(10, segment_bytes=600)
        files = sorted(self.spool.glob("*.spool"))
        self.assertGreater(len(files), 3)
        first = files[0].read_bytes()
        files[0].write_bytes(first[:20] + b"X" + first[21:])
        kept = self.sent()
        self.assertEqual(kept, list(range(10 - len(kept), 10)))
        self.assertEqual(len(kept), 10 - first.count(b'"tenantId"'))

    def test_a_record_cut_short_in_an_older_file_is_damage(self):
        self.left(10, segment_bytes=600)
        oldest = sorted(self.spool.glob("*.spool"))[0]
        oldest.write_bytes(oldest.read_bytes()[:-3])
        self.sent()
        self.assertIn("is damaged at byte", self.reports[0])

    def test_damage_while_running_is_told_and_the_others_arrive(self):
        emitter = Emitter(self.spooled())
        handles = [emitter.buffer(numbered(n)) for n in range(5)]
        data = bytearray(self.first.read_bytes())
        data[self.records()[2][0] + 30] ^= 1
        with self.first.open("r+b") as file:
            file.write(data)
        self.assertEqual(emitter.flush(20), 0)
        with self.assertRaises(SpoolUnusable):
            handles[2].wait(1)
        emitter.close()
        self.assertEqual([int(event["target"]["id"]) for event in self.server.log], [0, 1, 3, 4])
        self.assertIn("is damaged at byte", self.reports[0])
        self.assertIn("0000000000000001.spool.damaged", self.spool_files())

    def test_a_damaged_last_record_has_a_number_that_is_not_given_again(self):
        self.left(3)
        whole, last = self.first.read_bytes(), self.records()[2][0]
        # Damage at every byte; a piece of the disk that reads as nothing; a number that changed.
        damaged = [whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1:]
                   for at in [*range(last, last + 8), *range(last + 8, len(whole), 11)]]
        damaged += [whole[:last + 8] + bytes(len(whole) - last - 8), whole[:last] + bytes(64),
                    whole[:last] + whole[last:].replace(b'"sequence":3', b'"sequence":1')]
        for data in damaged:
            self.renewed(data)
            self.assertEqual(self.sent(), [0, 1])
            with Emitter(self.spooled()) as emitter:
                self.assertEqual(emitter.buffer(numbered(9)).sequence, 4)
                # It may have been of another tenant.
                self.assertEqual(emitter.buffer(numbered(9, client_id="beta")).sequence, 2)

    def test_a_damaged_end_costs_one_number_however_often_the_program_starts(self):
        self.left(3)
        data = bytearray(self.first.read_bytes())
        data[-5:] = bytes(5)
        self.renewed(data)
        self.server.answer = lambda request: None
        for _ in range(3):
            Emitter(self.spooled()).close(0)
        with Emitter(self.spooled()) as emitter:
            self.assertEqual(emitter.buffer(numbered(9)).sequence, 4)
            self.server.answer = taken

    def test_the_only_record_may_be_the_damaged_one(self):
        self.left(1)
        self.renewed(self.first.read_bytes()[:-5] + bytes(5))
        with Emitter(self.spooled()):
            pass
        with Emitter(self.spooled()) as emitter:
            self.assertEqual(emitter.buffer(numbered(9)).sequence, 2)

    def test_damage_before_a_whole_end_costs_no_number(self):
        self.left(3)
        data = bytearray(self.first.read_bytes())
        data[self.records()[1][0] + 20] ^= 1
        self.renewed(data)
        with Emitter(self.spooled()) as emitter:
            self.assertEqual(emitter.buffer(numbered(9)).sequence, 4)
            self.assertEqual(emitter.buffer(numbered(9, client_id="beta")).sequence, 1)

    def test_a_state_that_is_lost_or_damaged_begins_another_id(self):
        deep = '{"next":' + "[" * 100_000
        for text in (None, "", "{", "[]", deep, '{"next":{},"sent":{}}',
                     '{"next":{},"sent":{},"producer":1}',
                     '{"next":{"acme":"x"},"sent":{},"producer":"worker-1"}',
                     '{"next":{"acme":-1},"sent":{},"producer":"worker-1"}',
                     '{"next":{},"sent":{},"producer":"worker-1\udcff"}',
                     '{"next":{"acme":true},"sent":{},"producer":"worker-1"}'):
            with self.subTest(text):
                self.left(3)
                state = self.spool / "state.json"
                if text is None:
                    state.unlink()
                else:
                    state.write_bytes(text.encode("utf-8", "surrogateescape"))
                self.reports.clear()
                self.server.log.clear()
                with Emitter(self.spooled()) as emitter:
                    # It is on the disk before anything has a number under it.
                    self.assertIn(f'"producer":"{emitter.producer}"', state.read_text())
                    self.assertEqual(emitter.buffer(numbered(3)).sequence, 1)
                    self.assertEqual(emitter.flush(20), 0)
                    new = emitter.producer
                self.assertRegex(new, r"^worker-1\.[0-9a-hjkmnp-tv-z]{8}$")
                self.assertNotEqual(new, self.producer)
                # What was there goes as it is, in order; none of it counts for the new id.
                self.assertEqual([(event["producer"]["id"], event["producer"]["sequence"])
                                  for event in self.server.log],
                                 [(self.producer, 1), (self.producer, 2), (self.producer, 3),
                                  (new, 1)])
                self.assertEqual(json.loads(state.read_text()),
                                 {"next": {"acme": 2}, "producer": new, "sent": {"acme": 1}})
                kept = self.spool / "state.json.damaged"
                self.assertEqual(kept.exists(), text is not None)
                self.assertEqual(["state.json was damaged" in each for each in self.reports],
                                 [True] if text is not None else [])
                for name in os.listdir(self.spool):
                    os.remove(self.spool / name)

    def test_damaged_records_of_another_id_take_no_numbers(self):
        self.left(3)
        self.renewed(self.first.read_bytes()[:-5] + b"xxxxx")
        (self.spool / "state.json").unlink()
        with Emitter(self.spooled(keys={"beta": "key-b"})) as emitter:
            self.assertEqual(emitter.buffer(numbered(3, client_id="beta")).sequence, 1)
        with Emitter(self.spooled()) as emitter:
            self.assertEqual(emitter.buffer(numbered(3)).sequence, 1)

    def test_two_spools_of_one_name_have_two_ids(self):
        with Emitter(self.spooled()) as one, Emitter(self.spooled(
                spool=str(self.directory / "other"))) as other:
            self.assertNotEqual(one.producer, other.producer)
            for emitter in (one, other):
                self.assertEqual(emitter.buffer(PLAIN).sequence, 1)
            first = one.producer
        with Emitter(self.spooled()) as one:
            self.assertEqual(one.producer, first)
        with Emitter(self.options()) as emitter:
            self.assertIsNone(emitter.producer)

    def test_a_spool_of_another_producer_is_refused(self):
        with Emitter(self.spooled()) as emitter:
            emitter.buffer(PLAIN)
            id = emitter.producer
        for name in ("worker-2", "worker", "worker-1.a"):
            with self.assertRaises(Misconfigured) as caught:
                Emitter(self.spooled(producer=name))
            self.assertIn(f"is of producer {id}", str(caught.exception))
        for other in ("worker-1.0123abc", "worker-1.0123abcde", "worker-1.0123abcu",
                      "worker-1.0123ABCD", "worker-10123abcd"):
            state = {"next": {}, "producer": other, "sent": {}}
            (self.spool / "state.json").write_text(json.dumps(state))
            with self.assertRaises(Misconfigured):
                Emitter(self.spooled())

    def test_two_emitters_do_not_share_a_spool(self):
        with Emitter(self.spooled()):
            with self.assertRaises(SpoolUnusable):
                Emitter(self.spooled())
        Emitter(self.spooled()).close()

    def test_a_lock_of_the_dead_is_taken_and_one_of_the_living_respected(self):
        self.spool.mkdir()
        lock = self.spool / "lock"
        for dead in ("", "nonsense\n", "999999999 1\n", f"{os.getppid()} 1\n"):
            lock.write_text(dead)
            Emitter(self.spooled()).close()
        started = pathlib.Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()
        for living in (f"{os.getppid()} {started[19]}\n", f"{os.getppid()} -\n"):
            lock.write_text(living)
            with self.assertRaises(SpoolUnusable):
                Emitter(self.spooled())

    def test_the_spool_is_for_its_owner_alone(self):
        with Emitter(self.spooled()) as emitter:
            emitter.buffer(PLAIN)
            for path in [self.spool, *self.spool.iterdir()]:
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_planted_secrets_are_nowhere_in_the_spool(self):
        secret = "hunter2-planted"
        self.server.answer = lambda request: None
        emitter = Emitter(self.spooled())
        emitter.buffer(numbered(f"https://u:{secret}@h/", actor_id=f"bot token={secret}",
                                target_type=f"password:{secret}",
                                correlation_id=f"https://u:{secret}@h/",
                                metadata={"password": secret, "n": f"token={secret}"},
                                proof={"type": "url", "url": f"https://x/?api_key={secret}"}))
        emitter.buffer(numbered(2, proof={"type": "api_response", "data": {
            "auth": secret, "x": "y" * 20000}}))
        emitter.close(0)
        for path in self.spool.iterdir():
            self.assertNotIn(secret.encode(), path.read_bytes())
        self.assertNotIn(secret, "".join(self.lines + self.reports))

    def test_a_blob_whose_event_was_sent_is_not_sent_again(self):
        data = {"type": "api_response", "data": "x" * 20000}
        emitter = Emitter(self.spooled())
        emitter.buffer(numbered(1, proof=data))
        emitter.flush(20)
        emitter.buffer(numbered(2, proof=data))
        copy = self.directory / "copy"
        subprocess.run(["cp", "-r", self.spool, copy], check=True)
        (copy / "lock").unlink()
        emitter.close()
        self.server.requests.clear()
        with Emitter(self.spooled(spool=str(copy))) as emitter:
            emitter.flush(20)
        self.assertEqual([request.method for request in self.server.requests], ["PUT", "POST"])

    def test_a_full_disk_takes_nothing_and_heals(self):
        """A limit on the size of files stands for a disk that is full."""
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.server.answer = lambda request: None
        emitter = Emitter(self.spooled())
        count = 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
        try:
            with self.assertRaises(SpoolUnusable) as caught:
                for n in range(100):
                    emitter.buffer(numbered(n))
                    count += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        self.assertIn(os.strerror(errno.EFBIG), str(caught.exception))
        self.assertGreater(count, 2)
        self.records()  # Whole, each of them.
        emitter.buffer(numbered(count))
        self.server.answer = taken
        self.assertEqual(emitter.flush(20), 0)
        emitter.close()
        self.assertEqual([int(event["target"]["id"]) for event in self.server.log],
                         list(range(count + 1)))
        self.assertEqual([event["producer"]["sequence"] for event in self.server.log],
                         list(range(1, count + 2)))

    def test_the_state_is_what_the_page_says(self):
        with Emitter(self.spooled(random=lambda count: b"\x01" * count)) as emitter:
            emitter.buffer(numbered(1))
            emitter.buffer(numbered(2, client_id="beta"))
        self.assertEqual((self.spool / "state.json").read_text(),
                         '{"next":{"acme":2,"beta":2},"producer":"worker-1.040g2081",'
                         '"sent":{"acme":1,"beta":1}}\n')

    def test_a_spool_of_the_typescript_emitter_is_read(self):
        package = HERE.parents[1] / "typescript"
        subprocess.run([package / "node_modules/.bin/tsc"], cwd=package, check=True)
        self.read_of_another(["node", package / "test/leave.mjs"])

    def read_of_another(self, command):
        done = subprocess.run([*command, self.spool], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        with Emitter(self.spooled()) as emitter:
            self.assertEqual(emitter.flush(20), 0)
            self.assertEqual(emitter.buffer(numbered(9)).sequence, 4)
        self.assertEqual(json.dumps([event["id"] for event in self.server.log[:3]]),
                         done.stdout.strip())
        self.assertEqual([request.method for request in self.server.requests[:2]],
                         ["PUT", "POST"])


if __name__ == "__main__":
    sys.exit(unittest.main())
