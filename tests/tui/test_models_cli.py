"""`steno models` as a child process, with a real daemon and the stand-in hub."""

import asyncio
import contextlib
import json
import os
import pty
import shutil
import signal
import sys
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Home, Stenod, new_home, until
from hub import Hub, add_toys, toy
from steno.client import Client
from steno.errors import StenoError
from steno.wire.models import ModelInfo
from tui.command import Command, launch

Steno = Callable[..., Awaitable[Command]]


class Place:
    """A daemon and its hub, in folders of their own."""

    def __init__(self, home: Home, hub: Hub) -> None:
        self.home = home
        self.hub = hub
        self.daemon = Stenod(home)

    def slow(self) -> None:
        """From now on the large model would take minutes."""
        self.hub.pace = 0.02

    def fast(self) -> None:
        self.hub.pace = 0.0

    def environment(self) -> dict[str, str]:
        return self.home.environment | {"LC_ALL": "C.UTF-8", "TERM": "xterm", "COLUMNS": "80"}

    def folder(self, name: str) -> Path:
        (found,) = (self.home.paths.models / name).iterdir()
        return found


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with new_home() as home, Hub() as hub:
        add_toys(hub)
        home.extra = hub.environment | {"HF_HOME": str(home.root / "hf")}
        found = Place(home, hub)
        try:
            asyncio.run(found.daemon.start())
            yield found
        finally:
            found.daemon.stop()


@pytest.fixture
async def client(place: Place) -> AsyncIterator[Client]:
    """A client of a daemon that has no models."""
    async with Client(place.home.paths.socket) as client:
        for model in (await client.catalogue()).models:
            if model.origin == "repository":
                await client.cancel_download(model.name)
                await client.remove_model(model.name)
        yield client
        place.fast()


@pytest.fixture
def steno(place: Place) -> Steno:
    async def run(*args: str | bytes) -> Command:
        command = await launch(["models", *args], place.environment())
        await command.end()
        return command

    return run


async def half_way(client: Client, name: str = "toy/large") -> ModelInfo:
    async def begun() -> ModelInfo | None:
        model = await client.model(name)
        return model if model.download and model.download.downloaded_bytes else None

    found = await until(begun, what="some of it came")
    assert found is not None
    return found


async def test_pulled_once_and_there_from_then_on(
    place: Place, client: Client, steno: Steno
) -> None:
    command = await steno("pull", "toy/small", "known", "toy/small")
    assert command.code == 0
    small, known = place.folder("toy/small"), place.folder("toy/known")
    assert command.out == f"toy/small\tready\t{small}\ntoy/known\tready\t{known}\n"
    assert "toy/small: " in command.err
    assert {p: (small / p).read_bytes() for p in ("weights.bin", "more/words.bin")} == {
        p: data
        for p, data in toy("small", 40_000).items()
        if p in ("weights.bin", "more/words.bin")
    }
    asked = len(place.hub.requests)
    again = await steno("pull", "Toy/Small")
    assert (again.code, again.err) == (0, "")
    assert again.out == f"toy/small\tready\t{small}\n"
    assert (await steno("path", "known")).out == f"{known}\n"
    assert len(place.hub.requests) == asked


async def test_a_list_for_programs(client: Client, steno: Steno) -> None:
    await steno("pull", "align/cy")
    lines = [line.split("\t") for line in (await steno()).out.splitlines()]
    names = [line[0] for line in lines]
    assert {"fake/one", "toy/small", "align/cy"} <= set(names)
    cy = lines[names.index("align/cy")]
    assert cy == ["align/cy", "ready", "", "23118", "23118", "cy", "Toy aligner, Welsh"]
    installed = (await steno("--installed")).out
    assert "align/cy" in installed
    assert "toy/small" not in installed
    assert "toy/" not in (await steno("list", "--kind", "align")).out
    assert (await steno("list", "welsh", "--language", "CY")).out.count("\n") == 1
    found = json.loads((await steno("list", "--json")).out)
    assert {model["name"] for model in found["models"]} == set(names)
    assert found["folder"].endswith("/models")


async def test_the_aligner_of_the_language_is_waited_for(
    place: Place, client: Client, steno: Steno
) -> None:
    command = await steno("pull", "toy/small", "--language", "cy_GB", "--json")
    lines = [json.loads(line) for line in command.out.splitlines()]
    assert command.code == 0
    results = {one["model"]: one for one in lines if one["event"] == "result"}
    assert list(results) == ["toy/small", "align/cy"]
    assert [one["status"] for one in results.values()] == ["ready", "ready"]
    assert results["align/cy"]["path"] == str(place.folder("align/cy"))
    assert lines[0]["event"] == "initial_state"
    assert {model["name"] for model in lines[0]["models"]} == set(results)
    told = [f"{one['type']}/{one['model_id']}" for one in lines if one["event"] == "model_complete"]
    assert told == list(results)
    assert command.err == ""


async def test_names_that_do_not_fit_are_told_with_the_next_best(
    client: Client, steno: Steno
) -> None:
    command = await steno("pull", "toy/smal", "known")
    assert command.code == 3
    assert command.err.startswith("toy/known: ")
    assert "steno: There is no model toy/smal.\n       Did you mean toy/small" in command.err
    assert command.out.startswith("toy/known\tready\t")
    command = await steno("pull", "small")
    assert command.code == 3
    assert "steno: small may be " in command.err
    assert "toy/small" in command.err
    command = await steno("pull", "toy/smal", "--json")
    (line,) = map(json.loads, command.out.splitlines())
    assert (line["model"], line["exit_code"], line["info"]) == ("toy/smal", 3, None)
    assert line["error"]["code"] == "model_not_found"


async def test_a_failed_download_says_why_and_what_to_do(
    place: Place, client: Client, steno: Steno
) -> None:
    gone = place.hub.repositories.pop("toys/small")
    try:
        command = await steno("pull", "toy/small")
    finally:
        place.hub.repositories["toys/small"] = gone
    assert command.code == 1
    assert "steno: toy/small: toys/small" in command.err
    assert "Check the name and the revision" in command.err
    assert command.out == ""
    command = await steno("path", "toy/small")
    assert (command.code, command.out) == (5, "")
    assert "`steno models pull toy/small`" in command.err


async def test_interrupted_it_goes_on_and_is_attached_to_again(
    place: Place, client: Client, steno: Steno
) -> None:
    place.slow()
    first = await launch(["models", "pull", "toy/large"], place.environment())
    await half_way(client)
    await first.until("toy/large: ")
    first.process.send_signal(signal.SIGINT)
    assert await first.end() == 130
    assert "the daemon goes on with the download." in first.err
    assert "`steno models pull toy/large` shows it again" in first.err
    assert (await client.model("toy/large")).status == "downloading"
    detached = await steno("pull", "toy/large", "align/cy", "--detach")
    assert detached.out == "toy/large\tdownloading\t\nalign/cy\twaiting\t\n"
    second = await launch(["models", "pull", "toy/large", "align/cy"], place.environment())
    await second.until("align/cy: waiting")
    place.fast()
    assert await second.end() == 0
    assert second.out.startswith(f"toy/large\tready\t{place.folder('toy/large')}\n")
    assert len(place.hub.asked("weights.bin")) >= 1
    assert (await client.model("align/cy")).status == "ready"


async def test_cancel_ends_it_for_all_who_wait(place: Place, client: Client, steno: Steno) -> None:
    place.slow()
    waiting = await launch(["models", "pull", "toy/large"], place.environment())
    await waiting.until("toy/large: ")
    own = await launch(["models", "pull", "toy/large", "--cancel"], place.environment())
    await half_way(client)
    await own.until("toy/large: ")
    own.process.send_signal(signal.SIGINT)
    codes = list(await asyncio.gather(own.end(), waiting.end()))
    place.fast()
    assert codes == [130, 5]
    for one in (waiting, own):
        assert "steno: toy/large: The download of toy/large was cancelled." in one.err
    place.slow()
    await client.download("toy/large")
    await half_way(client)
    assert (await steno("cancel", "toy/large")).out == "toy/large\tincomplete\n"
    place.fast()
    assert (await steno("rm", "-y", "toy/large")).out == "toy/large\tremoved\n"
    assert (await client.model("toy/large")).size_on_disk == 0
    assert (await steno("rm", "toy/large")).out == "toy/large\tnot_downloaded\n"
    assert (await steno("cancel", "toy/large")).out == "toy/large\tnot_downloaded\n"


async def test_waiting_survives_a_kill_of_the_daemon(place: Place, client: Client) -> None:
    place.slow()
    command = await launch(["models", "pull", "toy/large", "--json"], place.environment())
    await half_way(client)
    place.daemon.kill()
    place.fast()
    try:
        code = await command.end()  # it starts a daemon
        assert (await client.model("toy/large")).status == "ready"
    finally:
        await (await launch(["stop"], place.environment())).end()
        await place.daemon.start()
    assert code == 0, command.out + command.err
    lines = [json.loads(line) for line in command.out.splitlines()]
    assert [line["event"] for line in lines].count("initial_state") == 2
    assert lines[-1]["status"] == "ready"


async def test_damage_is_found_and_mended(place: Place, client: Client, steno: Steno) -> None:
    await steno("pull", "toy/small")
    assert (await steno("verify", "--all")).out == "toy/small\tready\n"
    weights = place.folder("toy/small") / "weights.bin"
    data = weights.read_bytes()
    weights.chmod(0o600)
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    command = await steno("verify", "toy/small", "fake/one")
    assert command.code == 8
    assert "Files of the model toy/small are missing or not as they were: weights.bin." in (
        command.err
    )
    assert "The model fake/one comes with its plugin." in command.err
    assert (await client.model("toy/small")).status == "incomplete"
    assert (await steno("pull", "toy/small")).code == 0
    assert (place.folder("toy/small") / "weights.bin").read_bytes() == data


async def test_a_newer_revision_is_seen_and_fetched(
    place: Place, client: Client, steno: Steno
) -> None:
    await steno("pull", "toy/small")
    old = (await client.model("toy/small")).revision
    assert (await steno("update", "--all")).out == f"toy/small\tready\t{old}\t\n"
    new = place.hub.repositories["toys/small"].commit(toy("newer", 40_000))
    try:
        command = await steno("update", "--check", "toy/small")
        assert command.out == f"toy/small\tready\t{old}\t{new}\n"
        command = await steno("update", "toy/small")
        assert (command.code, command.out) == (0, f"toy/small\tready\t{new}\t\n")
    finally:
        place.hub.add("toys/small", toy("small", 40_000))


async def test_carried_to_a_machine_without_a_network(
    place: Place, client: Client, steno: Steno, tmp_path: Path
) -> None:
    await steno("pull", "toy/small")
    where = Path((await steno("path", "toy/small")).out.rstrip("\n"))
    stick = Path(os.fsdecode(bytes(tmp_path) + b"/stick\xff"))
    shutil.copytree(where, stick)
    with tarfile.open(tmp_path / "small.tar.gz", "w:gz") as archive:
        archive.add(where, "small")
    with place.hub.unreachable():
        for source in (bytes(stick), bytes(tmp_path / "small.tar.gz")):
            await steno("rm", "-y", "toy/small")
            command = await steno("import", "toy/small", source)
            assert (command.code, command.err) == (0, "")
            assert command.out == f"toy/small\tready\t{place.folder('toy/small')}\n"
        command = await steno("import", "toy/small", "nowhere")
    assert command.code == 3
    assert "/nowhere cannot be used: " in command.err


async def test_what_is_in_memory(client: Client, steno: Steno) -> None:
    command = await steno("preload", "one")
    assert command.code == 0
    assert command.out.startswith("fake/one\t")

    async def loaded() -> bool:
        return "fake/one\tloaded\t0" in (await steno("preload", "--status")).out

    await until(loaded, what="it is loaded")
    shown = await steno("loaded", "-v")
    assert "\tfake/one\tfake\t" in shown.out
    assert "\nfake/one\t1\t" in shown.out
    assert json.loads((await steno("loaded", "--json")).out)["limits"]["size"] == 3
    assert (await steno("preload", "one", "--reset", "--json")).code == 0
    assert (await steno("unload", "fake/one")).code == 0
    assert "fake/one\tfake\t" not in (await steno("loaded")).out


async def test_removal_asks(place: Place, client: Client, steno: Steno) -> None:
    await steno("pull", "toy/small")
    refused = await steno("rm", "toy/small")
    assert refused.code == 2
    assert "Use -y" in refused.err
    for answer, status in ((b"\n", "ready"), (b"y\n", "not_downloaded")):
        master, slave = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "steno_tui", "models", "rm", "toy/small",
            env=place.environment(), stdin=slave, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        os.write(master, answer)
        assert await asyncio.wait_for(process.wait(), 30) == 0
        os.close(master)
        assert (await client.model("toy/small")).status == status


async def test_wrong_usage(steno: Steno) -> None:
    for args in (["verify"], ["verify", "x", "--all"], ["update"], ["pull"], ["import", "x"]):
        command = await steno(*args)
        assert command.code == 2, args
        assert f"steno models {args[0]}" in command.err


async def test_watched_models_are_those_of_the_catalogue(place: Place, client: Client) -> None:
    """A sequence of states over a download, a kill and a removal ends in what the daemon shows."""
    seen: list[Any] = []

    async def watch() -> None:
        async with contextlib.aclosing(client.watch_models()) as states:
            async for state in states:
                seen.append(state.models)

    watching = asyncio.create_task(watch())
    await until(lambda: seen, what="the first state")
    place.slow()
    await client.download("toy/large")
    await client.download("align/cy")
    await half_way(client)
    await until(lambda: (d := seen[-1]["align/cy"].download) and d.position == 1, what="it waits")
    place.daemon.kill()
    place.fast()
    await place.daemon.start()
    names = ("toy/large", "align/cy")
    await until(lambda: all(seen[-1][n].status == "ready" for n in names), what="both are ready")
    await client.remove_model("align/cy")

    async def same() -> bool:
        shown = (await client.catalogue()).models
        return list(seen[-1].values()) == shown

    await until(same, what="it shows what there is")
    assert seen[-1]["align/cy"].status == "not_downloaded"
    assert seen[-1]["toy/large"].verified is not None
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    with pytest.raises(StenoError):
        await client.model("toy/../jobs")
