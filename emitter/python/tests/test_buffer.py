"""buffer(): what it returned for is never lost, and arrives in order."""

import dataclasses
import os
import subprocess
import sys
import threading
import time
import unittest

from sinks import HERE, PLAIN, Case, HttpServer, answer_of, events_in, taken
from assent_emitter import (Closed, Emitter, InvalidEvent, Refused, SpoolFull, SpoolUnusable,
                            Unconfirmed)
from assent_emitter.transport import Answer


def numbered(n, **more):
    return dataclasses.replace(PLAIN, target_id=str(n), **more)


def unavailable(_):
    return Answer(503, {"error": {"code": "OVERLOADED", "message": "later"}})


class Buffer(Case):
    def targets(self, tenant="acme"):
        return [int(event["target"]["id"]) for event in self.server.log
                if event["tenantId"] == tenant]

    def test_H53_order_is_kept_through_failures(self):
        seen = []

        def sometimes(request):
            seen.append(request)
            return None if len(seen) % 3 == 1 else taken(request)

        self.server.answer = sometimes
        with Emitter(self.spooled(flush_size=10)) as emitter:
            for n in range(500):
                emitter.buffer(numbered(n))
            self.assertEqual(emitter.flush(30), 0)
        self.assertEqual(self.targets(), list(range(500)))
        self.assertEqual([event["producer"]["sequence"] for event in self.server.log],
                         list(range(1, 501)))

    def test_H53_a_hundred_events_are_sent_without_being_asked(self):
        with Emitter(self.spooled(flush_size=100)) as emitter:
            for n in range(99):
                emitter.buffer(numbered(n))
            time.sleep(0.2)
            self.assertEqual(self.server.requests, [])
            emitter.buffer(numbered(99))
            self.server.wait(lambda: len(self.server.log) == 100)
        self.assertEqual(len(self.server.requests), 1)

    def test_H53_one_event_is_sent_when_it_has_waited_long_enough(self):
        with Emitter(self.spooled(flush_interval=0.3)) as emitter:
            began = time.monotonic()
            emitter.buffer(PLAIN)
            self.server.wait(lambda: self.server.log)
            self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_H53_one_flusher_at_a_time(self):
        sending, most = [], []
        gate = threading.Lock()

        def watch(request):
            with gate:
                sending.append(request)
                most.append(len(sending))
            time.sleep(0.005)
            with gate:
                sending.remove(request)
            return taken(request)

        self.server.answer = watch
        with Emitter(self.spooled(flush_size=5)) as emitter:
            def some(worker):
                for n in range(50):
                    emitter.buffer(numbered(worker * 1000 + n))
                    if n % 10 == 0:
                        emitter.flush()

            threads = [threading.Thread(target=some, args=(worker,)) for worker in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(max(most), 1)
        self.assertEqual(len(self.server.log), 300)
        self.assertEqual([event["producer"]["sequence"] for event in self.server.log],
                         list(range(1, 301)))
        for worker in range(6):
            mine = [n for n in self.targets() if n // 1000 == worker]
            self.assertEqual(mine, sorted(mine))

    def test_H53_a_failure_keeps_the_events(self):
        self.server.answer = unavailable
        emitter = Emitter(self.spooled())
        handles = [emitter.buffer(numbered(n)) for n in range(3)]
        self.assertEqual(emitter.flush(0.5), 3)
        with self.assertRaises(Unconfirmed) as caught:
            handles[0].wait(0.01)
        self.assertEqual(caught.exception.event_id, handles[0].id)
        self.server.answer = taken
        self.assertEqual(emitter.flush(20), 0)
        self.assertEqual([handle.wait(1).id for handle in handles],
                         [event["id"] for event in self.server.log])
        emitter.close()
        self.assertEqual(len([each for each in self.reports if "unreachable" in each]), 1)

    def test_H53_the_end_sends_what_waits(self):
        with Emitter(self.spooled()) as emitter:
            for n in range(5):
                emitter.buffer(numbered(n))
        self.assertEqual(self.targets(), list(range(5)))
        self.assertEqual(self.spool_files(), ["lock", "reserve", "state.json"])

    def test_H53_what_could_not_be_sent_at_the_end_is_sent_by_the_next_process(self):
        self.server.answer = lambda request: None
        emitter = Emitter(self.spooled())
        sent = [emitter.buffer(numbered(n)).id for n in range(5)]
        self.assertEqual(emitter.close(0.3), 5)
        self.server.answer = taken
        with Emitter(self.spooled()) as emitter:
            emitter.buffer(numbered(5))
            self.assertEqual(emitter.flush(20), 0)
        self.assertEqual([event["id"] for event in self.server.log[:5]], sent)
        self.assertEqual([event["producer"]["sequence"] for event in self.server.log],
                         [1, 2, 3, 4, 5, 6])

    def test_H53_kill_9_loses_nothing_that_was_spooled(self):
        for sync in ("each", "interval", "never"):
            directory = self.directory / sync
            process = subprocess.Popen([sys.executable, "-B", HERE / "buffering.py", directory,
                                        sync], stdout=subprocess.PIPE)
            told = [process.stdout.readline().decode().strip() for _ in range(300)]
            process.kill()
            told += process.stdout.read().decode().split("\n")[:-1]
            process.wait()
            process.stdout.close()
            self.server.log.clear()
            with Emitter(self.spooled(spool=str(directory))) as emitter:
                self.assertEqual(emitter.flush(30), 0)
            arrived = [event["id"] for event in self.server.log]
            self.assertEqual(arrived[:len(told)], told)
            self.assertLessEqual(len(arrived), len(told) + 1)  # One may not have been told yet.
            self.assertEqual([event["producer"]["sequence"] for event in self.server.log],
                             list(range(1, len(arrived) + 1)))

    def test_H53_the_end_of_the_program_sends_what_waits(self):
        bodies = []

        def handle(method, path, headers, body):
            bodies.append(body)
            return 201, answer_of(headers["Content-Type"], body)

        server = HttpServer(handle)
        self.addCleanup(server.close)
        done = subprocess.run([sys.executable, "-B", HERE / "buffering.py", self.directory / "x",
                               "never", server.url, "7"], stdout=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 0)
        sent = [event["id"] for body in bodies for event in events_in(body)]
        self.assertEqual(sent, done.stdout.decode().split())

    def test_numbers_go_on_after_everything_was_sent(self):
        for first in (1, 4):
            with Emitter(self.spooled()) as emitter:
                self.assertEqual([emitter.buffer(numbered(n)).sequence for n in range(3)],
                                 [first, first + 1, first + 2])

    def test_what_was_sent_before_a_crash_is_not_sent_again(self):
        emitter = Emitter(self.spooled())
        for n in range(3):
            emitter.buffer(numbered(n))
        emitter.flush(20)
        emitter.buffer(numbered(3))
        copy = self.directory / "copy"
        subprocess.run(["cp", "-r", self.directory / "spool", copy], check=True)
        (copy / "lock").unlink()
        emitter.close()
        self.server.requests.clear()
        self.server.log.clear()
        with Emitter(self.spooled(spool=str(copy))) as emitter:
            emitter.flush(20)
        self.assertEqual(self.targets(), [3])

    def test_an_event_at_fault_does_not_stop_the_others(self):
        def judge(request):
            if any(event["target"]["id"] in ("3", "7") for event in events_in(request.body)):
                return Answer(422, {"error": {"code": "UNPROCESSABLE", "message": "no such thing"}})
            return taken(request)

        self.server.answer = judge
        with Emitter(self.spooled()) as emitter:
            handles = [emitter.buffer(numbered(n)) for n in range(10)]
            self.assertEqual(emitter.flush(20), 0)
            for n in (3, 7):
                with self.assertRaises(Refused):
                    handles[n].wait(1)
            self.assertEqual(handles[9].wait(1).id, handles[9].id)
        self.assertEqual(self.targets(), [0, 1, 2, 4, 5, 6, 8, 9])
        aside = events_in((self.directory / "spool" / "refused.ndjson").read_bytes())
        self.assertEqual([line["event"]["id"] for line in aside], [handles[3].id, handles[7].id])
        self.assertEqual({line["answer"]["reason"] for line in aside},
                         {"422 UNPROCESSABLE: no such thing"})
        self.assertEqual(len([each for each in self.reports if each.startswith("refused: ")]), 2)

    def test_what_something_on_the_way_refuses_waits_and_nothing_is_set_aside(self):
        with Emitter(self.spooled()) as emitter:
            for status in (400, 409, 413, 415, 422):
                self.server.answer = lambda request, status=status: Answer(status, None)
                for n in range(3):
                    emitter.buffer(numbered(n))
                self.assertEqual(emitter.flush(0.05), 3)
                self.server.answer = taken
                self.assertEqual(emitter.flush(20), 0)
        self.assertEqual([event["producer"]["sequence"] for event in self.server.log],
                         list(range(1, 16)))
        self.assertNotIn("refused.ndjson", self.spool_files())
        self.assertEqual([each for each in self.reports if "unreachable: " not in each], [])

    def test_a_proxy_that_takes_less_at_once_gets_less(self):
        self.server.answer = lambda request: (
            Answer(413, None) if len(request.body) > 2000 else taken(request))
        with Emitter(self.spooled()) as emitter:
            for n in range(50):
                emitter.buffer(numbered(n))
            self.assertEqual(emitter.flush(20), 0)
        self.assertEqual(self.targets(), list(range(50)))

    def test_a_blob_at_fault_takes_its_event_with_it_alone(self):
        self.server.answer = lambda request: (
            Answer(413, {"error": {"code": "TOO_LARGE", "message": "no"}})
            if request.method == "PUT" else taken(request))
        with Emitter(self.spooled()) as emitter:
            for n in range(5):
                proof = {"type": "api_response", "data": "x" * 20000} if n == 2 else None
                emitter.buffer(numbered(n, proof=proof))
            self.assertEqual(emitter.flush(20), 0)
        self.assertEqual(self.targets(), [0, 1, 3, 4])

    def test_a_tenant_whose_key_fails_holds_up_nobody_else(self):
        self.server.answer = lambda request: (
            Answer(401, {"error": {"code": "UNAUTHENTICATED", "message": "no"}})
            if request.headers["Authorization"] == "Bearer key-b" else taken(request))
        with Emitter(self.spooled()) as emitter:
            for n in range(10):
                emitter.buffer(numbered(n, client_id="beta" if n % 2 else "acme"))
            emitter.flush(0.1)
            self.server.wait(lambda: self.targets() == [0, 2, 4, 6, 8])
            self.server.answer = taken
            self.assertEqual(emitter.flush(20), 0)
        self.assertEqual(self.targets("beta"), [1, 3, 5, 7, 9])

    def test_a_tenant_whose_key_is_gone_stays_in_the_spool(self):
        self.server.answer = lambda request: None
        emitter = Emitter(self.spooled())
        emitter.buffer(numbered(1, client_id="beta"))
        emitter.close(0)
        self.server.answer = taken
        with Emitter(self.spooled(keys={"acme": "key-a"})) as emitter:
            self.assertEqual(emitter.flush(0.3), 1)
        with Emitter(self.spooled()) as emitter:
            self.assertEqual(emitter.flush(20), 0)
        self.assertEqual(self.targets("beta"), [1])

    def test_a_full_spool_fails_if_the_program_chose_so(self):
        self.server.answer = unavailable
        emitter = Emitter(self.spooled(spool_bytes=2000))
        taken_ids = []
        with self.assertRaises(SpoolFull):
            for n in range(100):
                taken_ids.append(emitter.buffer(numbered(n)).id)
        self.assertTrue(2 < len(taken_ids) < 20)
        self.server.answer = taken
        self.assertEqual(emitter.flush(20), 0)
        emitter.close()
        with Emitter(self.spooled(spool_bytes=2000)) as emitter:
            emitter.buffer(numbered(len(taken_ids)))
        # The event that was not taken has no number either: nothing is missing.
        self.assertEqual([event["producer"]["sequence"] for event in self.server.log],
                         list(range(1, len(taken_ids) + 2)))

    def test_a_full_spool_that_was_sent_has_room_again(self):
        with Emitter(self.spooled(spool_bytes=4000, segment_bytes=1000)) as emitter:
            for n in range(200):
                try:
                    emitter.buffer(numbered(n))
                except SpoolFull:
                    self.assertEqual(emitter.flush(20), 0)
                    emitter.buffer(numbered(n))
        self.assertEqual(self.targets(), list(range(200)))

    def test_a_full_spool_makes_wait_if_the_program_chose_so(self):
        self.server.answer = lambda request: time.sleep(0.01) or taken(request)
        with Emitter(self.spooled(spool_bytes=2000, when_full="block")) as emitter:
            for n in range(100):
                emitter.buffer(numbered(n))
        self.assertEqual(self.targets(), list(range(100)))

    def test_who_waits_for_room_is_told_of_the_end(self):
        self.server.answer = unavailable
        emitter = Emitter(self.spooled(spool_bytes=2000, when_full="block"))
        told = []

        def fill():
            try:
                for n in range(100):
                    emitter.buffer(numbered(n))
            except Closed as error:
                told.append(error)

        thread = threading.Thread(target=fill)
        thread.start()
        self.server.wait(lambda: self.server.requests)
        emitter.close(0.1)
        thread.join()
        self.assertEqual(len(told), 1)

    def test_what_never_fits_is_refused_even_by_who_waits(self):
        with Emitter(self.spooled(spool_bytes=100, when_full="block")) as emitter:
            with self.assertRaises(SpoolFull):
                emitter.buffer(PLAIN)

    def test_an_invalid_event_leaves_the_spool_unharmed(self):
        with Emitter(self.spooled()) as emitter:
            emitter.buffer(numbered(1))
            before = (self.directory / "spool" / "0000000000000001.spool").read_bytes()
            for bad in (numbered("a\0b"), numbered(1, outcome="done"),
                        numbered(1, action_type="ledger.reset"),
                        numbered(1, proof={"type": "api_response", "data": "x" * 2**21}),
                        numbered(1, metadata={"a": "x" * 2**16})):
                with self.assertRaises(InvalidEvent):
                    emitter.buffer(bad)
            after = (self.directory / "spool" / "0000000000000001.spool").read_bytes()
            self.assertEqual(before, after)
            self.assertEqual(emitter.buffer(numbered(2)).sequence, 2)

    def test_an_emit_goes_in_its_turn(self):
        with Emitter(self.spooled()) as emitter:
            emitter.buffer(numbered(1))
            emitter.buffer(numbered(2))
            receipt = emitter.emit(numbered(3))
            emitter.buffer(numbered(4))
        self.assertEqual(self.targets(), [1, 2, 3, 4])
        self.assertEqual([request.headers["Content-Type"] for request in self.server.requests],
                         ["application/x-ndjson", "application/json", "application/x-ndjson"])
        self.assertEqual(receipt.id, self.server.log[2]["id"])

    def test_an_emit_that_is_not_confirmed_stays_in_the_spool(self):
        self.server.answer = lambda request: None
        emitter = Emitter(self.spooled(emit_timeout=0.2))
        with self.assertRaises(Unconfirmed) as caught:
            emitter.emit(numbered(1))
        self.server.answer = taken
        self.assertEqual(emitter.flush(20), 0)
        emitter.close()
        self.assertEqual([event["id"] for event in self.server.log], [caught.exception.event_id])

    def test_a_child_after_a_fork_is_told_to_make_its_own(self):
        with Emitter(self.spooled()) as emitter:
            emitter.buffer(numbered(1))
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    emitter.buffer(numbered(2))
                except Closed:
                    status = 0
                emitter.close()
                os._exit(status)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            emitter.buffer(numbered(3))
        self.assertEqual(self.targets(), [1, 3])

    def test_ten_thousand_events_arrive_in_few_requests(self):
        with Emitter(self.spooled(sync="interval", sync_interval=0.05)) as emitter:
            for n in range(10_000):
                emitter.buffer(numbered(n))
            self.assertEqual(emitter.flush(60), 0)
        self.assertEqual(self.targets(), list(range(10_000)))
        self.assertLessEqual(max(len(request.body) for request in self.server.requests), 2**20)
        self.assertEqual(max(len(events_in(request.body)) for request in self.server.requests),
                         1000)

    def test_a_spool_that_cannot_be_made_is_told(self):
        (self.directory / "spool").write_text("a file")
        with self.assertRaises(SpoolUnusable):
            Emitter(self.spooled())


if __name__ == "__main__":
    unittest.main()
