"""HTTP to one server, over connections that are kept."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import urllib.parse
from typing import Any, List, NamedTuple, Optional, Tuple

from .errors import Misconfigured
from .wire import Request

ANSWER_BYTES_MAX = 4 * 1024 * 1024


class Unreachable(Exception):
    """No answer came, so nobody knows what became of the request."""


class Answer(NamedTuple):
    status: int
    body: Any  # The JSON, or None if it is none.
    retry_after: float = 0.0


def _seconds(after: str) -> float:
    """What Retry-After asks, within an hour: an odd answer must not silence an emitter."""
    known = after.isascii() and after.isdigit()
    return float(min(int(after[:9]), 3600)) if known else 0.0


def _cut(sock: socket.socket) -> None:
    """Whoever reads from it finds its end."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # Of TLS, too, without its good-bye.
    except OSError:
        pass  # It is closed already.


class Transport:
    """Thread-safe."""

    def __init__(self, url: str, timeout: float, context: Optional[ssl.SSLContext]) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise Misconfigured("url must be such as https://assent.example")
        if parts.username is not None:
            raise Misconfigured("url must not carry a password: the keys say who asks")
        self._is_tls = parts.scheme == "https"
        self._address: Tuple[str, Optional[int]] = (parts.hostname, parts.port)
        self._prefix = parts.path.rstrip("/")
        self._timeout = timeout
        self._context = context or (ssl.create_default_context() if self._is_tls else None)
        self._idle: List[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        connection, is_kept = self._take()
        try:
            try:
                return self._ask(connection, request)
            except (http.client.RemoteDisconnected, ConnectionError):
                if not is_kept:
                    raise
            # The server had closed it meanwhile. To ask again is harmless: every event has its id.
            connection.close()
            connection = self._made()
            return self._ask(connection, request)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable(str(error) or type(error).__name__) from None

    def close(self) -> None:
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _made(self) -> http.client.HTTPConnection:
        host, port = self._address
        if self._is_tls:
            return http.client.HTTPSConnection(host, port, timeout=self._timeout,
                                               context=self._context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _take(self) -> Tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), True
        return self._made(), False

    def _ask(self, connection: http.client.HTTPConnection, request: Request) -> Answer:
        if connection.sock is None:
            connection.connect()
        # The timeout of a socket is that of one piece: who answers byte by byte never reaches it.
        watch = threading.Timer(self._timeout, _cut, (connection.sock,))
        watch.daemon = True
        watch.start()
        try:
            return self._answer(connection, request)
        finally:
            watch.cancel()

    def _answer(self, connection: http.client.HTTPConnection, request: Request) -> Answer:
        connection.request(request.method, self._prefix + request.path, request.body,
                           request.headers)
        response = connection.getresponse()
        text = response.read(ANSWER_BYTES_MAX)
        if response.isclosed() and not response.will_close:
            with self._lock:
                self._idle.append(connection)
        else:
            connection.close()
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):  # Whatever a server may say that is none of ours.
            body = None
        after = response.getheader("Retry-After") or ""
        return Answer(response.status, body, _seconds(after))
