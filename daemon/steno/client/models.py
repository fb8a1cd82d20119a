"""Requests about models: the catalogue, downloads, and what workers have in memory."""

import re
from collections.abc import Iterable

import aiohttp

from steno.client.connection import Connection, decoded
from steno.errors import StenoError, printable
from steno.paths import to_reference
from steno.wire import models as wire

NAME = re.compile(r"[^/\x00-\x1f]{1,100}/[^/\x00-\x1f]{1,100}")
CACHE = "/api/models/cache"
LONG = aiohttp.ClientTimeout(total=4 * 3600.0)
"""Seconds an answer may take that comes only when every byte of a model was read."""


class Models(Connection):
    """Models. One is named `kind/id`."""

    async def models(
        self,
        kinds: Iterable[str] = (),
        statuses: Iterable[str] = (),
        *,
        language: str | None = None,
        text: str = "",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> wire.ModelPage:
        """A page of the catalogue: models of these kinds and statuses that know `language` and
        have `text` in their name or title."""
        wanted = {
            "kind": ",".join(kinds),
            "status": ",".join(statuses),
            "language": language,
            "q": printable(text),
            "limit": limit,
            "cursor": cursor,
        }
        query = [(name, str(value)) for name, value in wanted.items() if value]
        return await self.get("/api/models", wire.ModelPage, query)

    async def catalogue(
        self, kinds: Iterable[str] = (), *, language: str | None = None, text: str = ""
    ) -> wire.ModelPage:
        """All of them, over as many pages as it takes."""
        kinds = list(kinds)
        page = await self.models(kinds, language=language, text=text)
        found = list(page.models)
        cursor = page.next
        while cursor is not None:
            more = await self.models(kinds, language=language, text=text, cursor=cursor)
            found += more.models
            cursor = more.next
        return wire.ModelPage(models=found, total=page.total, folder=page.folder)

    async def model(self, model: str) -> wire.ModelInfo:
        return await self.get(route(model), wire.ModelInfo)

    async def download(self, model: str, *, language: str | None = None) -> wire.ModelInfo:
        """Has it fetched, unless it is there or on its way; returns at once. After it comes the
        aligner of `language`, a code of ISO 639."""
        body = wire.DownloadWanted(language=language)
        return await self.send("POST", route(model, "/download"), wire.ModelInfo, body)

    async def cancel_download(self, model: str) -> wire.ModelInfo:
        """Ends its download; what came is kept."""
        return await self.send("POST", route(model, "/cancel"), wire.ModelInfo)

    async def verify(self, model: str) -> wire.Verification:
        """Reads all of its files again, which takes a while."""
        path = route(model, "/verify")
        return await self.send("POST", path, wire.Verification, timeout=LONG)

    async def update(self, model: str, *, check: bool = False) -> wire.ModelInfo:
        """Has the newest revision fetched, while the old one stays in use; with `check` only looks
        for it."""
        body = wire.UpdateWanted(check=check)
        return await self.send("POST", route(model, "/update"), wire.ModelInfo, body)

    async def remove_model(self, model: str) -> None:
        """Deletes its files."""
        await self.request("DELETE", route(model))

    async def import_model(self, model: str, path: str) -> wire.ModelInfo:
        """Installs it from a folder or an archive of this machine, whose name need not be UTF-8
        (`surrogateescape`); returns once it is ready."""
        body = wire.ImportWanted(model=model, path=to_reference(path))
        return await self.send("POST", "/api/models/import", wire.ModelInfo, body, timeout=LONG)

    async def downloads(self) -> wire.ModelProgress:
        """Those that run and wait."""
        return await self.get("/api/models/progress", wire.ModelProgress)

    # Memory

    async def preload(self, models: Iterable[str] = ()) -> wire.Preloads:
        """Has these loaded ahead, or those of the configuration; returns at once."""
        body = wire.PreloadWanted(models=list(models))
        return await self.send("POST", "/api/models/preload", wire.Preloads, body)

    async def preloads(self) -> wire.Preloads:
        return await self.get("/api/models/preload", wire.Preloads)

    async def reset_preload(self, models: Iterable[str] = ()) -> wire.Preloads:
        """Forgets failures of these, or of all, so that they can be tried again."""
        body = wire.PreloadWanted(models=list(models))
        return await self.send("POST", "/api/models/preload/reset", wire.Preloads, body)

    async def cache(self) -> wire.CacheState:
        """What workers have in memory."""
        return await self.get(CACHE, wire.CacheState)

    async def unload(self, models: Iterable[str] = ()) -> wire.Unloaded:
        """Has workers unload these, or all."""
        names = ",".join(models)
        query = [("model", names)] if names else []
        return decoded(await self.request("DELETE", CACHE, params=query), wire.Unloaded)

    async def limit_cache(self, limits: wire.CacheLimits) -> wire.CacheState:
        """Changes what is given of the limits, until the daemon ends."""
        body = {
            name: value for name in limits.__struct_fields__ if (value := getattr(limits, name))
        }
        return await self.send("PATCH", CACHE, wire.CacheState, body)


def route(model: str, rest: str = "") -> str:
    """The path of a model; raises `model_not_found` for what cannot be the name of one."""
    if not NAME.fullmatch(model):
        raise StenoError(
            "model_not_found", name=model, hint="`steno models` lists them; a name is `kind/id`."
        )
    return f"/api/models/{model}{rest}"
