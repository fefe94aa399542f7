"""The client, in a process of its own: kept-alive connections that each ask the next question of one list.

Reads a ``Task`` as JSON from its standard input and writes a ``Result``. Any other answer than
200 or 201 ends it with an error.
"""

import asyncio
import sys
import time
from collections.abc import Iterator

import msgspec
import uvloop


class Question(msgspec.Struct, frozen=True, array_like=True):
    method: str
    path: str
    token: str = ""
    body: str = ""


class Task(msgspec.Struct, frozen=True):
    port: int
    connections: int
    questions: list[Question]


class Result(msgspec.Struct, frozen=True):
    """Times in milliseconds but ``seconds``; ``size`` is the mean length of a body in bytes."""

    seconds: float
    p50: float
    p99: float
    size: float


class WrongAnswer(Exception):
    """The server did not say 200 or 201."""


async def ask(task: Task) -> Result:
    raw = iter([_raw(question) for question in task.questions])
    times: list[float] = []
    sizes: list[int] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(task.connections):
            group.create_task(_converse(task.port, raw, times, sizes))
    seconds = time.perf_counter() - began
    times.sort()
    p50, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.99))
    return Result(seconds, p50, p99, sum(sizes) / len(sizes))


async def _converse(port: int, raw: Iterator[bytes], times: list[float], sizes: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for question in raw:
        began = time.perf_counter()
        writer.write(question)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        sizes.append(length)
        if not head.startswith((b"http/1.1 200", b"http/1.1 201")):
            raise WrongAnswer((head + body).decode())
    writer.close()
    await writer.wait_closed()


def _raw(question: Question) -> bytes:
    body = question.body.encode()
    lines = [f"{question.method} {question.path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    if question.token:
        lines.append(f"authorization: Bearer {question.token}")
    if body:
        lines.append("content-type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + body


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(ask(asked))))
