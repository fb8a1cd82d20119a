"""Requests about the daemon itself: its settings and its log."""

from collections.abc import Mapping
from typing import Any

from steno import wire
from steno.client.connection import Connection
from steno.errors import printable


class System(Connection):
    """The daemon's settings and its log."""

    async def config(self) -> wire.ConfigState:
        """Every setting, with what the files say by now."""
        return await self.get("/api/config", wire.ConfigState)

    async def change_config(self, changes: Mapping[str, Any]) -> wire.ConfigState:
        """Changes settings, values by name (`{"jobs.concurrent": 3}`), all or none; None goes back
        to the file or the default. Raises `setting_invalid`, `setting_fixed`, `config_broken`;
        over TCP `local_only`."""
        body = {"settings": changes}
        return await self.send("PATCH", "/api/config", wire.ConfigState, body)

    async def logs(
        self,
        *,
        lines: int = 200,
        level: str = "DEBUG",
        text: str = "",
        job: str = "",
        after: int | None = None,
    ) -> wire.LogPage:
        """The newest records of `level` or above with `text` and the id `job` in their message; the
        newest last. `after`, an earlier answer's `next`: the first ones since."""
        query = [("lines", str(lines)), ("level", level), ("q", printable(text)), ("job", job)]
        if after is not None:
            query.append(("after", str(after)))
        return await self.get("/api/logs", wire.LogPage, query)
