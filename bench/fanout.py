"""How fast one event after another reaches all who listen, beside a plain sse-starlette server.

All sides have the same data, the same number of clients, which are all in this process, and nothing
else to do: no commits. Events go one by one, each when the one before it is out, and then in
bursts, where those for one client may go out together. Counted: deliveries a second from the word
to send until the last client has the last event. A bare aiohttp loop, which writes each event for
itself, is told beside.
"""

import asyncio
import time

from measure.ratios import arguments, judge, pairwise, spread
from measure.sources import raise_limit
from measure.streams import Crowd, source

KINDS = ("steno", "starlette", "bare")


async def throughput(kind: str, clients: int, events: int, burst: int) -> float:
    """Deliveries a second."""
    async with source(kind) as server:
        crowd = Crowd()
        await crowd.join(server.path, clients)
        server.send(50, 0, burst)
        await crowd.hear(50 * clients)
        await server.moments()
        began = time.monotonic()
        server.send(events, 0, burst)
        await crowd.hear(events * clients)
        took = time.monotonic() - began
        crowd.leave()
    return events * clients / took


async def main() -> None:
    asked = arguments(__doc__, rounds=5, clients=200, events=400)
    raise_limit()
    for burst in (1, 50):
        rounds: list[dict[str, float]] = []
        print(f"events {burst} at a time, to {asked.clients} clients; deliveries a second:")
        for number in range(asked.rounds):
            order = KINDS if number % 2 == 0 else KINDS[::-1]
            one = {k: await throughput(k, asked.clients, asked.events, burst) for k in order}
            rounds.append(one)
            shown = ", ".join(f"{kind} {one[kind]:,.0f}" for kind in KINDS)
            print(f"round {number + 1}: {shown}", flush=True)
        for kind in KINDS:
            print(f"{kind}: {spread([one[kind] for one in rounds], 0)}")
        ratio = pairwise((one["steno"], one["bare"]) for one in rounds)
        print(f"   beside bare: {ratio:.2f}")
        ratio = pairwise((one["steno"], one["starlette"]) for one in rounds)
        judge("fan-out beside sse-starlette", ratio, least=2.0)


if __name__ == "__main__":
    asyncio.run(main())
