"""Who may ask: this machine, from the page itself, or with the token; and for how much."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
ANY = ("0.0.0.0", "::", "[::]")
COOKIE = "colorrl"
MOST_BODY = 1 << 20  # bytes of an act
MOST_UPLOAD = 128 << 20  # bytes of a sheet or a palette
UPLOAD = "/api/upload"
KINDS = ("application/json", "application/octet-stream")  # no form of another site sends these
HEADERS = [
    (b"content-security-policy", b"default-src 'self'; img-src 'self' blob: data:; "
     b"style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]  # fmt: skip


class Guard:
    """Middleware: refuses what is not for ``app``, and passes bodies on whole and bounded."""

    def __init__(self, app: App, host: str, token: str | None) -> None:
        self.app, self.host, self.token = app, host, token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        if scope["method"] == "GET" and self._is_ticket(scope):
            return await _answer(send, 303, "", [(b"location", b"/"), self._cookie()])
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            return await _answer(send, *refusal)
        most = MOST_UPLOAD if scope["path"] == UPLOAD else MOST_BODY
        body = await _body(receive, most)
        if body is None:
            return await _answer(send, 413, f"at most {most} bytes are taken")
        await self.app(scope, _replayed(body, receive), _with_headers(send))

    def _refusal(self, scope: Message, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason, or None for what may pass."""
        host, origin = headers.get("host", ""), headers.get("origin")
        name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host
        if name not in LOOPBACK and name != self.host and self.host not in ANY:
            return 403, "this page is for this machine alone"
        if origin is not None and origin != f"http://{host}":
            return 403, "asked by a page of another site"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "asked by a page of another site"
        if self.token is not None and not self._has_token(headers):
            return 401, "open the address with ?token=, as colorrl studio printed it"
        if scope["method"] not in ("GET", "HEAD"):
            if headers.get("content-type", "").partition(";")[0] not in KINDS:
                return 415, "acts come from this page alone, as JSON"
            length = headers.get("content-length", "0")
            most = MOST_UPLOAD if scope["path"] == UPLOAD else MOST_BODY
            if not length.isdecimal() or int(length) > most:
                return 413, f"at most {most} bytes are taken"
        return None

    def _is_ticket(self, scope: Message) -> bool:
        """Whether the address brings the token: it becomes a cookie."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return self.token is not None and _same(given, self.token)

    def _has_token(self, headers: dict[str, str]) -> bool:
        parts = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
        given = next((value for key, _, value in parts if key == COOKIE), "")
        return self.token is not None and _same(given, self.token)

    def _cookie(self) -> tuple[bytes, bytes]:
        return b"set-cookie", f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict".encode()


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


async def _body(receive: Receive, most: int) -> bytes | None:
    """The body, None if it is larger than ``most`` bytes or its sender left."""
    found = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        found += message.get("body", b"")
        if len(found) > most:
            return None
        if not message.get("more_body", False):
            return bytes(found)


def _replayed(body: bytes, receive: Receive) -> Receive:
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {key.lower() for key, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(pair for pair in HEADERS if pair[0] not in given),
            ]
        await send(message)

    return sending


async def _answer(
    send: Send, status: int, why: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = json.dumps({"error": why}).encode()
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": status}
    await send(start | {"headers": [*own, *(headers or []), *HEADERS]})
    await send({"type": "http.response.body", "body": body})
