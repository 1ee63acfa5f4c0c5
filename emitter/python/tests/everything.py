"""Everything that can be said, to a real server: everything.py URL KEY SPOOL"""

import hashlib
import json
import sys

import sinks  # noqa: F401  Finds the package.
from assent_emitter import Emitter, Options

url, key, spool = sys.argv[1:]
SHA = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
ids = []

with Emitter(Options(url=url, keys={"default": key})) as emitter:
    audit = emitter.audit().for_client("default").action("content.draft").actor("human", "ann")
    audit = audit.target("post", "Zürich/世界").with_correlation("episode-9")
    ids.append(audit.succeeded().emit().id)
    ids.append(audit.failed("E42", "401 from https://bot:hunter2@api.example.com").emit().id)
unnumbered = len(ids)

with Emitter(Options(url=url, keys={"default": key}, spool=spool, producer="python",
                     sync="each")) as emitter:
    audit = emitter.audit().for_client("default").action("content.publish").target("post", "42")
    audit = audit.actor("user", "ann").with_metadata({"lane": "api", "n": [0.1, 1e21, -0.0]})
    ids.append(audit.pending().emit().id)
    for kind in ("human", "agent", "service", "system", "webhook"):
        ids.append(audit.actor(kind, "x").partial().buffer().id)
    ids.append(audit.succeeded().child_of(ids[2]).with_screenshot_proof("https://x/1.png")
               .buffer().id)
    ids.append(audit.succeeded().with_screenshot_proof("https://x/1.png", SHA).buffer().id)
    ids.append(audit.succeeded().with_proof({"type": "hash", "sha256": SHA}).buffer().id)
    ids.append(audit.succeeded().with_proof({"type": "url", "url": "https://x/?token=hunter2",
                                             "capturedAt": "2026-11-21T07:00:00Z"}).buffer().id)
    ids.append(audit.succeeded().with_api_proof({"password": "hunter2", "kept": "y" * 20000})
               .buffer().id)
    kept = "k" * 20000  # A blob whose name the program knows: the hash of its canonical form.
    blob = "sha256:" + hashlib.sha256(f'"{kept}"'.encode()).hexdigest()
    ids.append(audit.succeeded().with_api_proof(kept).buffer().id)
    for proof in ({"type": "screenshot", "blob": blob}, {"type": "hash", "sha256": SHA, "blob": blob},
                  {"type": "url", "url": "https://x/", "blob": blob}, {"type": "url", "sha256": SHA},
                  {"type": "screenshot", "data": "seen"}, {"type": "api_response", "sha256": SHA},
                  {"type": "api_response", "url": "https://x/"}, {"type": "none"}):
        ids.append(audit.succeeded().with_proof(proof).buffer().id)
    secret = audit.actor("agent", "bot token=hunter2").target("password:hunter2", "1")
    ids.append(secret.succeeded().with_correlation("https://u:hunter2@x/").buffer().id)
    ids.append(audit.failed("E1").with_metadata({"lane": "browser", "\U0001f600": "\u0007"})
               .emit().id)
    assert emitter.flush(60) == 0
print(json.dumps({"ids": ids, "unnumbered": unnumbered}))
