"""The terminal client in a real terminal: how soon it shows something, how it answers keys.

Start: from exec until the name of a job is written, 1,000 jobs being in the store, beside a Textual
application that writes one word. Keys: letters typed into the search while a stand-in daemon tells
200 events a second; from the key to the letter on the screen, and the processor's time meanwhile.
Opening: from Enter on a job with 50,000 cues to its first line. Memory: the events of an hour at
that rate, folded and painted as fast as they go, by a headless application.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time
from statistics import median, quantiles

from measure import chatter
from measure.daemon import Home, new_home, running
from measure.processes import processor, status
from measure.ratios import arguments, judge, pairwise, spread
from measure.terminal import Terminal
from store import filled

EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App[None]):
    def compose(self):
        yield Static("something")

Empty().run()
"""
LIVE = [sys.executable, "-m", "steno_tui"]
RATE = 200
KEYS = "äöüßéèàçñøåœ"
"""Letters that nothing else writes."""
HOUR = 3600 * RATE


def first(command: list[str], environment: dict[str, str], wanted: str) -> float:
    """Seconds from exec until `wanted` is on the screen."""
    with Terminal(command, environment) as terminal:
        return terminal.until(wanted) - terminal.started


def starts(home: Home, rounds: int) -> None:
    environment = home.environment
    pairs = []
    for _ in range(rounds):
        ours = first(LIVE, environment, "film000999")
        pairs.append((ours, first([sys.executable, "-c", EMPTY], environment, "something")))
    print(f"first screen with 1,000 jobs: {spread([ours for ours, _ in pairs])} s")
    print(f"an empty application: {spread([beside for _, beside in pairs])} s")
    judge("first screen to an empty application", pairwise(pairs), most=1.5)


def opening(home: Home, rounds: int) -> None:
    took = []
    for _ in range(rounds):
        with Terminal(LIVE, home.environment) as terminal:
            terminal.until("long.mkv")  # the newest
            terminal.rest(2.0)
            pressed = terminal.send("\r")
            took.append(terminal.until("it takes a while") - pressed)
    print(f"first lines of 50,000 cues: {spread(took, 3)} s")
    judge("seconds to the first lines of 50,000", median(took), most=0.3)


def keys(home: Home, seconds: float) -> None:
    socket = home.paths.socket
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = [sys.executable, chatter.__file__, str(socket), str(RATE)]
    with subprocess.Popen(program, env=home.environment) as talking:
        try:
            while not socket.exists():
                time.sleep(0.05)
            took, share = typed(home, seconds)
        finally:
            talking.kill()
    print(f"keys at {RATE} events a second: {spread([t * 1000 for t in took], 1)} ms, {len(took)}")
    judge("p99 of a key, ms", quantiles(took, n=100)[98] * 1000, most=50)
    judge("share of a processor", share, most=0.5)


def typed(home: Home, seconds: float) -> tuple[list[float], float]:
    """Seconds of each key, and the share of a processor meanwhile."""
    with Terminal(LIVE, home.environment) as terminal:
        terminal.until("talk1")
        terminal.rest(2.0)
        terminal.send("/")
        terminal.rest(1.0)
        took: list[float] = []
        begun, before = time.monotonic(), processor(terminal.process.pid)
        while time.monotonic() < begun + seconds:
            letter = KEYS[len(took) % len(KEYS)]
            pressed = terminal.send(letter)
            took.append(terminal.until(letter) - pressed)
            terminal.rest(0.13)
        used = processor(terminal.process.pid) - before
        return took, used / (time.monotonic() - begun)


async def hour() -> tuple[int, int]:
    """Resident bytes after a quarter of an hour of events, and after all."""
    import msgspec

    from steno import paths
    from steno.client import payload
    from steno.client.sse import Parser
    from steno.wire import Event
    from steno_tui.live.app import StenoApp
    from steno_tui.live.preferences import Preferences

    def resident() -> int:
        gc.collect()
        return status(os.getpid(), "VmRSS")

    app = StenoApp(paths.default(), Preferences())
    seen = []
    async with app.run_test(size=(100, 30)) as pilot:
        parser = Parser()
        for n in range(HOUR):
            for message in parser.feed(chatter.opening() if n == 0 else chatter.event(n)):
                data = msgspec.json.decode(message.data, type=dict[str, object])
                news = payload(Event(type=message.type, data=data, id=message.id))
                if news is not None:
                    app.feed.take(news, message.id)
            if n % RATE == 0:
                await pilot.pause()
            if n % (HOUR // 4) == HOUR // 4 - 1:
                seen.append(resident())
    return seen[0], seen[-1]


async def main() -> None:
    asked = arguments(__doc__, rounds=5, seconds=30.0)
    for part in (starts, opening):
        with new_home() as home:
            await filled(home, films=1000, long=False)
            if part is opening:
                await filled(home, films=0, long=True)
            async with running(home):
                await asyncio.to_thread(part, home, asked.rounds)
    with new_home() as home:
        keys(home, asked.seconds)
    early, late = await hour()
    print(f"memory in an hour of events: {early >> 20} to {late >> 20} MiB")
    judge("memory after an hour to that after a quarter", late / early, most=1.05)


if __name__ == "__main__":
    asyncio.run(main())
