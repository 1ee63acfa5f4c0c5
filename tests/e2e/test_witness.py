"""Witnesses: one Assent cosigns the log of another, and refuses a log that was forked."""

import base64
import contextlib
import hashlib
import http.client
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import assent_client  # noqa: E402
from assent_client import (  # noqa: E402
    PATIENCE,
    Server,
    check,
    equal,
    eventually,
    own_port,
    run,
    unwrapped,
)


class Node(Server):
    """A server on a port of its own, so that others find it again after a restart."""

    def __init__(self, copy_of=None, **files):
        self.port = own_port()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="assent-e2e-"))
        self.data = self.scratch / "data"
        self.limits, self.options, self.process = None, (), None
        if copy_of:
            shutil.copytree(copy_of.data, self.data)
            self.made = copy_of.made
        else:
            made = self.cli("init", "--data", self.data, "--output", "json")
            equal(made.returncode, 0, "init failed:", made.stderr)
            self.made = unwrapped(made.stdout)
        self.write(**files)
        self.start()
        self.admin = self.client(self.made["adminKey"])

    def write(self, **files):
        for name, text in files.items():
            (self.data / name.replace("_", "-")).write_text(text)

    def start(self, ready_within=PATIENCE):
        self.log = open(self.scratch / "server.log", "ab")
        self.process = subprocess.Popen(
            [assent_client.BINARY, "serve", "--data", str(self.data), "--listen",
             f"127.0.0.1:{self.port}"], stdout=subprocess.PIPE, stderr=self.log)
        check(self.first_line(ready_within), "it did not start:", self.log_tail())
        self.address = ("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def witness_key(self):
        done = self.cli("witness", "key", "--data", self.data, "--output", "json")
        equal(done.returncode, 0, done.stderr)
        return unwrapped(done.stdout)["verifierKey"]

    @property
    def log_key(self):
        return self.made["verifierKey"]

    @property
    def origin(self):
        return self.log_key.split("+")[0]

    def checkpoint(self):
        return self.admin.get("/log/default/checkpoint").expect(200).body.decode()

    def witnessed(self, origin):
        """What this witness has cosigned of the log."""
        name = hashlib.sha256(origin.encode()).hexdigest()
        answer = self.client().get(f"/witness/{name}/checkpoint")
        return answer.body.decode() if answer.status == 200 else None

    def cosigned(self):
        path = self.data / "checkpoints" / "default.cosigned"
        return path.read_text() if path.exists() else ""

    def grow(self, events=1):
        for _ in range(events):
            self.admin.emit().expect(201)

    def log_size(self):
        return self.admin.log_size()

    def submit(self, old, proof, note):
        """add-checkpoint, as any log would send it: status, media type, body."""
        body = f"old {old}\n" + "".join(line + "\n" for line in proof) + "\n" + note
        request = urllib.request.Request(self.url + "/witness/add-checkpoint", body.encode())
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read().decode()

    def proof(self, begin, end):
        if begin == 0:
            return []
        query = {"from": begin, "to": end}
        return self.admin.get("/v1/log/consistency", **query).expect(200).data["proof"]

    def metric(self, line):
        for each in self.client().get("/metrics").body.decode().splitlines():
            if each.startswith(line + " "):
                return float(each.rsplit(" ", 1)[1])
        raise AssertionError("no metric " + line)


def size_of(note):
    return int(note.split("\n")[1])


def root_of(note):
    return note.split("\n")[2]


def by(key):
    """How a signature by that key begins."""
    name, key_id, _ = key.split("+", 2)
    return f"— {name} " + base64.b64encode(bytes.fromhex(key_id)).decode()[:5]


def policy_of(witnesses, quorum):
    lines = [f"witness w{i} {key} {url}" for i, (key, url) in enumerate(witnesses)]
    names = " ".join(f"w{i}" for i in range(len(witnesses)))
    return "\n".join(lines + [f"group all-of-them {quorum} {names}", "quorum all-of-them", ""])


@contextlib.contextmanager
def nodes(*made):
    try:
        yield made
        for node in made:
            if node.process.poll() is None:
                equal(node.stop(), 0, "exit code")
            node.verify()
    finally:
        for node in made:
            node.remove()


def witness_for(*logs):
    return Node(witnessed_logs="# of the test\n\n" + "".join(log.log_key + "\n" for log in logs))


def use(log, witnesses, quorum="all"):
    found = [(w.witness_key, w.url + "/witness") if isinstance(w, Node) else w for w in witnesses]
    log.write(witness_policy=policy_of(found, quorum))
    log.restart()


def cosigned_up_to(log, size):
    def is_there():
        """the log's newest head is cosigned"""
        note = log.cosigned()
        return note and size_of(note) >= size and note
    return eventually(is_there)


def one_assent_cosigns_the_log_of_another_across_restarts_of_both(_):
    log = Node()
    with nodes(log, witness_for(log)) as (_, witness):
        use(log, [witness])
        log.grow(3)
        size = log.log_size()
        note = cosigned_up_to(log, size)
        check(by(witness.witness_key) in note and by(log.log_key) in note, note)
        served = eventually(lambda: by(witness.witness_key) in log.checkpoint() and
                            log.checkpoint())
        equal(root_of(served), root_of(log.cosigned()))
        kept = witness.witnessed(log.origin)
        equal(size_of(kept), size_of(log.cosigned()))
        check(by(witness.witness_key) in kept and by(log.log_key) in kept, kept)

        witness.kill()
        log.grow(2)
        witness.start()
        equal(witness.witnessed(log.origin), kept, "remembered over kill -9")
        cosigned_up_to(log, size + 2)
        log.kill()
        log.start()
        log.admin = log.client(log.made["adminKey"])
        log.grow(2)
        cosigned_up_to(log, size + 4)
        parts = log.client().get("/readyz").expect(200).json["parts"]
        equal(parts["witnesses"], "ok")
        eventually(lambda: log.metric('assent_witness_lag_events{witness="w0"}') == 0)
        check(witness.metric('assent_witness_asked_total{outcome="cosigned"}') > 0)


def a_quorum_of_two_of_three_is_met_with_one_dead_and_one_that_never_answers_is_none(_):
    log = Node()
    with nodes(log, witness_for(log), witness_for(log)) as (_, one, two):
        deaf = socket.socket()
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(50)  # Takes connections, and says nothing ever.
        other = Node()
        dead_key = other.witness_key
        other.remove()
        use(log, [one, two, (dead_key, f"http://127.0.0.1:{deaf.getsockname()[1]}/")], 2)
        log.grow(2)
        robot = log.agent()

        def is_decided_meanwhile():
            """a decision while the deaf witness was being asked"""
            question, _ = deaf.accept()
            with question:
                robot.request("fs.read", {"path": "/a"})
                question.setblocking(False)
                try:
                    while question.recv(65536):
                        pass
                except BlockingIOError:
                    return True
                except OSError:
                    pass
                return False  # It was given up by now: too late to tell.
        eventually(is_decided_meanwhile)
        note = cosigned_up_to(log, log.log_size())
        eventually(lambda: by(one.witness_key) in log.cosigned() and
                   by(two.witness_key) in log.cosigned())
        check(by(dead_key) not in note)
        equal(log.client().get("/readyz").expect(200).json["parts"]["witnesses"], "ok")
        deaf.close()
        eventually(lambda: log.metric(
            'assent_witness_requests_total{witness="w2",outcome="unreachable"}') > 0)


def a_witness_that_is_elsewhere_says_so_and_is_brought_up_to_date(_):
    log = Node()
    with nodes(log, witness_for(log)) as (_, witness):
        log.grow(5)
        note = eventually(lambda: size_of(log.checkpoint()) >= 6 and log.checkpoint())
        status, _, line = witness.submit(0, [], note)  # Behind the log's back: it does not know.
        equal(status, 200)
        check(line.startswith(by(witness.witness_key)), line)
        log.grow(3)
        use(log, [witness])
        cosigned_up_to(log, size_of(note) + 3)
        check(log.metric('assent_witness_requests_total{witness="w0",outcome="stale"}') >= 1)
        (log.data / "checkpoints" / "default.cosigned").unlink()
        log.restart()
        log.grow(1)
        cosigned_up_to(log, size_of(note) + 4)


def a_witness_answers_as_the_specification_says(_):
    log, stranger = Node(), Node()
    with nodes(log, stranger, witness_for(log)) as (_, _, witness):
        equal(witness.witnessed(log.origin), None)
        log.grow(4)
        first = eventually(lambda: size_of(log.checkpoint()) >= 5 and log.checkpoint())
        size = size_of(first)
        equal(witness.submit(0, [], "nonsense")[0], 400)
        equal(witness.submit("05", [], first)[0], 400)
        unknown = stranger.checkpoint().replace(stranger.origin, "other")
        equal(witness.submit(0, [], unknown)[0], 404)
        equal(witness.submit(0, [], first.replace(f"\n{size}\n", f"\n{size + 1}\n"))[0], 403)
        equal(witness.submit(size + 1, [], first)[0], 400)
        equal(witness.submit(1, [], first), (409, "text/x.tlog.size", "0\n"))
        equal(witness.submit(0, [root_of(first)], first)[0], 422)
        equal(witness.submit(0, [root_of(first)] * 64, first)[0], 400)
        equal(witness.submit(0, [], first)[0], 200)
        equal(witness.submit(size, [], first)[0], 200)  # Once more: the same is no contradiction.
        log.grow(300)
        second = eventually(lambda: size_of(log.checkpoint()) >= size + 300 and log.checkpoint())
        equal(witness.submit(0, [], second), (409, "text/x.tlog.size", f"{size}\n"))
        equal(witness.submit(size, [], second)[0], 422)
        proof = log.proof(size, size_of(second))
        equal(witness.submit(size, proof[:-1], second)[0], 422)
        equal(witness.submit(size, proof, second)[0], 200)
        equal(witness.submit(size, proof, second)[0], 409)
        equal(size_of(witness.witnessed(log.origin)), size_of(second))
        too_long = witness.submit(0, [], "x" * 200_000)
        equal(too_long[0], 413)
        client = witness.client()
        equal(client.get("/witness/add-checkpoint").status, 405)
        equal(client.call("POST", "/witness/" + "0" * 64 + "/checkpoint", raw=b"").status, 405)
        equal(client.get("/witness/" + "0" * 64 + "/checkpoint").status, 404)


def fork_of(log):
    """A copy of the log that writes on by itself, as the log does."""
    equal(log.stop(), 0)
    copy = Node(copy_of=log)
    log.start()
    log.admin = log.client(log.made["adminKey"])
    for side, events in ((log, 4), (copy, 4)):
        side.grow(events)
    return copy


def a_split_view_is_refused_and_both_notes_are_kept(_):
    log = Node()
    log.grow(3)
    fork = fork_of(log)
    with nodes(log, fork, witness_for(log)) as (_, _, witness):
        size = min(log.log_size(), fork.log_size())
        mine = eventually(lambda: size_of(log.checkpoint()) >= size and log.checkpoint())
        theirs = eventually(lambda: size_of(fork.checkpoint()) >= size and fork.checkpoint())
        equal(size_of(mine), size_of(theirs), "the two heads have one size")
        check(root_of(mine) != root_of(theirs))
        equal(witness.submit(0, [], mine)[0], 200)
        equal(witness.submit(0, [], theirs)[0], 409)
        equal(witness.submit(size, [], theirs)[0], 422)
        conflicts = witness.data / "witness" / "conflicts"
        names = sorted(path.name for path in conflicts.iterdir())
        equal(len(names), 2, names)
        check(root_of(mine) in (conflicts / names[0]).read_text())
        check(root_of(theirs) in (conflicts / names[1]).read_text())
        equal(witness.metric('assent_witness_asked_total{outcome="conflict"}'), 2)

        # The fork, as a client, with another size: it can prove nothing, and its operator sees it.
        fork.grow(1)
        use(fork, [witness])
        eventually(lambda: fork.metric(
            'assent_witness_requests_total{witness="w0",outcome="refused"}') > 0)
        equal(fork.cosigned(), "")
        equal(root_of(witness.witnessed(log.origin)), root_of(mine))
        check(any(path.name.startswith("inconsistent-") for path in conflicts.iterdir()))


def two_histories_in_parallel_over_kill_9_get_cosignatures_for_one_only(_):
    log = Node()
    log.grow(3)
    fork = fork_of(log)
    with nodes(log, fork, witness_for(log)) as (_, _, witness):
        heads = []
        for _ in range(4):
            for side in (log, fork):
                side.grow(1)
                size = side.log_size()
                note = eventually(lambda: size_of(side.checkpoint()) >= size and side.checkpoint())
                heads.append((side, note))
        cosigned, lock, stop = [], threading.Lock(), threading.Event()
        proofs = {}
        for side, note in heads:
            for old in [0] + [size_of(other) for _, other in heads]:
                if old <= size_of(note):
                    proofs[side, note, old] = side.client(side.made["adminKey"]).get(
                        "/v1/log/consistency", **{"from": old, "to": size_of(note)}).data[
                            "proof"] if old else []

        def hammer(number):
            turn = number
            while not stop.is_set():
                side, note = heads[turn % len(heads)]
                turn += 1
                old = 0
                for _ in range(2):
                    try:
                        status, _, body = witness.submit(old, proofs.get((side, note, old), []),
                                                         note)
                    except (OSError, http.client.HTTPException):
                        time.sleep(0.02)
                        break
                    if status == 200:
                        with lock:
                            cosigned.append((size_of(note), root_of(note)))
                    if status != 409:
                        break
                    old = int(body)

        threads = [threading.Thread(target=hammer, args=(i,)) for i in range(32)]
        for thread in threads:
            thread.start()
        for _ in range(6):
            time.sleep(0.5)
            witness.kill()
            witness.start()
        eventually(lambda: cosigned, "nothing was cosigned")
        stop.set()
        for thread in threads:
            thread.join()
        roots = {}
        for size, root in cosigned:
            equal(roots.setdefault(size, root), root, "two roots of size", size)
        sides = {side.port for side, note in heads
                 if (size_of(note), root_of(note)) in cosigned}
        equal(len(sides), 1, "histories that were cosigned")


def a_file_that_is_wrong_stops_the_start_with_its_line(_):
    node = Node()
    with nodes(node):
        for name, text, said in (
                ("witness-policy", "quorum none\nquorum x\n", "line 2"),
                ("witness-policy", f"witness w {node.witness_key}\nquorum w\n", "URL"),
                ("witnessed-logs", f"# x\n{node.witness_key}\n", "line 2")):
            node.stop()
            (node.data / name).write_text(text)
            done = node.cli("serve", "--data", node.data, "--listen", "127.0.0.1:0")
            check(done.returncode != 0 and said in done.stderr, done.stderr)
            (node.data / name).unlink()
        node.start()
        node.write(witness_policy="quorum none\n")
        node.admin = node.client(node.made["adminKey"])
        node.restart()
        node.grow(1)
        cosigned_up_to(node, node.log_size())


if __name__ == "__main__":
    run(one_assent_cosigns_the_log_of_another_across_restarts_of_both,
        a_quorum_of_two_of_three_is_met_with_one_dead_and_one_that_never_answers_is_none,
        a_witness_that_is_elsewhere_says_so_and_is_brought_up_to_date,
        a_witness_answers_as_the_specification_says,
        a_split_view_is_refused_and_both_notes_are_kept,
        two_histories_in_parallel_over_kill_9_get_cosignatures_for_one_only,
        a_file_that_is_wrong_stops_the_start_with_its_line)
