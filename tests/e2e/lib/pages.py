"""Serves a log's pages (https://c2sp.org/tlog-tiles) from entries that were read elsewhere.

For tests of clients: `spoil` may change any answer, as a server that lies would. Everything that is
no page is passed on to the real server.
"""

import http.client
import http.server
import threading

from bundle import leaf_hash, root_of


def index_in(parts):
    """`x001/234` → 1234."""
    return int("".join(part.removeprefix("x") for part in parts))


class Pages:
    def __init__(self, server, entries, checkpoint, spoil=lambda path, body: body):
        self.entries, self.checkpoint, self.spoil = entries, checkpoint, spoil
        self.asked = []
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                pages.asked.append(self.path)
                status, body = 200, None
                if self.path.startswith("/log/default/"):
                    body = pages.page(self.path.removeprefix("/log/default/"))
                    status = 200 if body is not None else 404
                else:
                    real = http.client.HTTPConnection(*server.address)
                    real.request("GET", self.path, headers={
                        "Authorization": self.headers.get("Authorization", "")})
                    answer = real.getresponse()
                    status, body = answer.status, answer.read()
                    real.close()
                if status == 200:
                    body = pages.spoil(self.path, body)
                    status = 200 if body is not None else 404
                self.send_response(status)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *arguments):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.listener.shutdown()
        self.listener.server_close()

    def page(self, path):
        if path == "checkpoint":
            return self.checkpoint
        parts = path.split("/")[1:]
        width = 256
        if parts[-2].endswith(".p"):
            width = int(parts.pop())
            parts[-1] = parts[-1].removesuffix(".p")
        begin = index_in(parts[1:]) * 256
        if parts[0] == "entries":
            tile = [len(entry).to_bytes(2, "big") + entry
                    for entry in self.entries[begin:begin + width]]
        else:
            span = 256 ** int(parts[0])
            tile = [root_of([leaf_hash(entry) for entry in self.entries[at * span:(at + 1) * span]])
                    for at in range(begin, begin + width) if (at + 1) * span <= len(self.entries)]
        return b"".join(tile) if len(tile) == width else None
