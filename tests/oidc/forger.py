"""A provider that answers whatever a test wants to lie about: real HTTP, real keys, no manners."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

Keys = RSAKey | ECKey
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Forger:
    """``claims`` and ``header`` of the next token, what signs it, and what else is answered, are a test's to change."""

    client_id = "lianshen"

    def __init__(self) -> None:
        self.issuer = "https://sso.example"
        self.published: list[Keys] = [KEY]
        self.signer: Keys = KEY
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.claims: dict[str, Any] = {}
        self.rewrite: Callable[[str], str] = lambda token: token
        self.discovery: dict[str, Any] = {}
        self.raw: dict[str, bytes] = {}
        self.silent = False
        self.asked: list[str] = []
        self.exchanged: dict[str, str] = {}
        self._open: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.issuer = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    def token(self) -> str:
        moment = int(time.time())
        said = {"iss": self.issuer, "aud": self.client_id, "sub": "mallory", "iat": moment, "exp": moment + 300}
        said = {name: value for name, value in (said | self.claims).items() if value is not None}
        made = jwt.encode(self.header, said, self.signer, algorithms=[self.header["alg"]])
        return self.rewrite(made)

    def _answer(self, path: str) -> bytes:
        if path in self.raw:
            return self.raw[path]
        match path:
            case "/.well-known/openid-configuration":
                said: Any = {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/auth",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/jwks",
                } | self.discovery
            case "/jwks":
                said = {"keys": [key.as_dict(private=False) for key in self.published]}
            case "/token":
                said = {"access_token": "x", "token_type": "Bearer", "id_token": self.token()}
            case _:
                said = {}
        body = msgspec.json.encode(said)
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            self._open.append(writer)
            return
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode()
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        form = (await reader.readexactly(length)).decode()
        self.asked.append(path)
        if path == "/token":
            self.exchanged = {name: values[0] for name, values in parse_qs(form).items()}
        writer.write(self._answer(path))
        await writer.drain()
        writer.close()


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
