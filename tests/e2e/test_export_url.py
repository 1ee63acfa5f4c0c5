"""`assent export` from a server: the bytes that its files give, and no lie gets into a bundle."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import check, equal, run  # noqa: E402
from exporting import emit, export, leftovers, published, story  # noqa: E402
from pages import Pages  # noqa: E402


def pages_of(server, spoil=lambda path, body: body):
    """The server with the pages of the log as it is published now."""
    _, bundle = export(server, "of-pages.tar")
    (server.scratch / "of-pages.tar").unlink()
    return Pages(server, bundle.lines("events.ndjson"), bundle.files["checkpoint"], spoil)


def a_server_is_exported_from_like_its_files(server):
    told = story(server)
    auditor = server.principal("human", "auditor", ["auditor"])
    published(server)
    env = {"ASSENT_KEY": auditor.key}
    events = server.admin.events()
    with pages_of(server) as pages:
        for options in (("--csv", "--dialect", "kernel"), ("--from", 3, "--to", 300),
                        ("--from", 256, "--to", 512), ("--from", 700),
                        ("--since", events[5]["time"], "--until", events[300]["time"]),
                        ("--approval", told["deleted"]), ("--type", "content.publish"),
                        ("--type", "content.publish", "--from", 100, "--to", 400),
                        ("--outcome", "failure"), ("--key", server.made["verifierKey"])):
            files, _ = export(server, "files.tar", *options)
            for url in (server.url, pages.url):
                served, _ = export(server, "served.tar", "--url", url, *options, env=env,
                                   data=False)
                equal(served | {"file": ""}, files | {"file": ""}, "the same report", options)
                equal((server.scratch / "served.tar").read_bytes(),
                      (server.scratch / "files.tar").read_bytes(), "the same bytes", options)
                (server.scratch / "served.tar").unlink()
            (server.scratch / "files.tar").unlink()
        export(server, "a.tar", "--url", pages.url, env={"ASSENT_KEY": ""}, data=False, code=7)
        export(server, "a.tar", "--url", pages.url, "--tenant", "x", env=env, data=False, code=1)
        export(server, "a.tar", "--url", pages.url, env=env, data=False, code=1,
               *("--approval", told["deleted"][:-4] + "0000"))
        export(server, "a.tar", "--url", "http://127.0.0.1:1", env=env, data=False, code=9)
        server.admin.close()
        emit(server.agent("later"), 10)
        report, _ = export(server, "b.tar", "--url", pages.url, env=env, data=False)
        equal(report["eventsBeyond"], 1, "at least one is beyond")
        export(server, "c.tar", "--url", pages.url, "--require-all", env=env, data=False, code=1)


def what_a_lying_server_says_makes_no_bundle(server):
    told = story(server)
    published(server)
    env = {"ASSENT_KEY": server.admin.key}

    def spoilt(path, change):
        def spoil(asked, body):
            return change(body) if asked.startswith(path) else body
        return spoil

    def flipped(at):
        return lambda body: body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]

    log, tile = "/log/default/", "/log/default/tile/"
    by_query = ("--approval", told["paid"])
    for path, change, options in (
            (log + "checkpoint", flipped(-5), ()), (log + "checkpoint", lambda body: b"", ()),
            (log + "checkpoint", lambda body: body.replace(b"/default\n", b"/another\n", 1), ()),
            (log + "checkpoint", lambda body: body.replace(b"\n7", b"\n6", 1), ()),
            (tile + "entries/001", flipped(900), ()),
            (tile + "entries/000", lambda body: body.replace(b'"have":1', b'"have":2'), by_query),
            (tile + "entries/000", lambda body: body[:-1], ()),
            (tile + "entries/000", lambda body: b"", by_query),
            (tile + "entries/001", flipped(0), ()),
            (tile + "0/001", flipped(40), ()), (tile + "0/001", lambda body: body[:-32], ()),
            (tile + "0/000", lambda body: body[32:64] + body[:32] + body[64:], by_query),
            (tile + "1/000", flipped(1), ("--from", 256)), (tile + "1/000", flipped(40), by_query),
            ("/v1/events?", lambda body: body.replace(b"approval.attempted", b"x"), ()),
            ("/v1/events?", lambda body: b"[]", by_query),
            ("/v1/events?", lambda body: body.replace(b'"sequence":"0', b'"sequence":"1'),
             by_query),
            ("/v1/blobs/", flipped(3), ("--approval", told["deleted"]))):
        harmless = path == "/v1/events?" and not options
        with pages_of(server, spoilt(path, change)) as pages:
            export(server, "lie.tar", "--url", pages.url, *options, env=env, data=False,
                   code=0 if harmless else 8)
            check(any(asked.startswith(path) for asked in pages.asked), "was asked for", path)
        (server.scratch / "lie.tar").unlink(missing_ok=True)
    # Entries and leaves that fit each other, but not the checkpoint.
    with pages_of(server) as pages:
        pages.entries[600] = pages.entries[600].replace(b"success", b"failure")
        export(server, "lie.tar", "--url", pages.url, env=env, data=False, code=8)
        said = export(server, "lie.tar", "--url", pages.url, "--type", "content.publish", env=env,
                      data=False, code=8)
        check("event" in said, "an event is named:", said)
    equal(leftovers(server), [], "nothing is left")


if __name__ == "__main__":
    run(a_server_is_exported_from_like_its_files, what_a_lying_server_says_makes_no_bundle)
