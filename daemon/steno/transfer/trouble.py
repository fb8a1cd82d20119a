"""What goes wrong between a download and the servers it asks, and what people are told of it."""

import asyncio
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import aiohttp

from steno.errors import StenoError
from steno.plugins.contract import CannotResolve, Resolved

Kind = Literal[
    "network", "offline", "page", "tls", "proxy", "stalled", "server", "elsewhere", "refused",
    "gated", "not_found",
]  # fmt: skip
"""`network`, `stalled`, `server` and `page` (a web page in the place of a file, such as a network's
login page) may pass by themselves; `tls`, `proxy` and `elsewhere` (refused by a host that the
first one named) hardly; the others do not."""
LONGEST_WAIT = 300.0
"""Seconds that a server may ask for."""
PASSING = {408, 425, 429}
"""Statuses below 500 that may be others in a moment."""


class Trouble(Exception):
    """An attempt failed. `host`: whose trouble it is; `retry_after`: seconds it asks for; `here`:
    what can be had without it."""

    def __init__(
        self,
        kind: Kind,
        host: str,
        why: str,
        *,
        status: int | str = "an error",
        retry_after: float | None = None,
        here: Resolved | None = None,
    ) -> None:
        super().__init__(f"{host}: {why}")
        self.kind: Kind = kind
        self.host = host
        self.why = why
        self.status = status
        self.retry_after = retry_after
        self.here = here

    def told(self, repository: str, what: str, seconds: float) -> StenoError:
        """The end of it, for people: `what` of `repository` was wanted, for `seconds` at most."""
        match self.kind:
            case "network" | "tls" | "page":
                return StenoError("download_network", host=self.host, why=self.why)
            case "offline":
                return StenoError("download_offline", repository=repository, why=self.why)
            case "stalled":
                return StenoError("download_stalled", host=self.host, seconds=round(seconds, 1))
            case "proxy":
                return StenoError("download_proxy", host=self.host, why=self.why)
            case "server" | "elsewhere" | "refused":
                return StenoError(
                    "download_refused", host=self.host, status=self.status, why=self.why
                )
            case "gated":
                return StenoError("download_gated", repository=repository, why=self.why)
            case "not_found":
                return StenoError("download_not_found", what=what, why=self.why)


def of_resolver(error: CannotResolve, downloader: str) -> Trouble:
    """What a resolver's error means."""
    kind: Kind = "not_found" if error.reason == "invalid" else error.reason
    why = str(error).strip().rstrip(".") or error.reason
    return Trouble(kind, downloader, why, retry_after=error.retry_after, here=error.here)


def of_error(error: Exception, host: str, proxy: str | None) -> Trouble:
    """What an exception of aiohttp or of the system means. `proxy`: the host of the proxy that is
    in between."""
    match error:
        case aiohttp.ClientHttpProxyError():
            return Trouble("proxy", proxy or host, f"it answers {error.status} {error.message}")
        case aiohttp.ClientProxyConnectionError():
            return Trouble("proxy", proxy or host, cause(error))
        case aiohttp.ClientSSLError():
            return Trouble("tls", host, f"no safe connection, {cause(error)}")
        case aiohttp.ClientPayloadError():
            return Trouble("network", host, "the connection ended early")
        case aiohttp.InvalidURL() | ValueError():
            return Trouble("not_found", host, "its address is not valid")
        case TimeoutError() | asyncio.TimeoutError():
            return Trouble("stalled", host, "nothing comes")
        case _:
            return Trouble("network", host, cause(error))


def of_status(
    status: int, headers: Mapping[str, str], host: str, *, first: bool, now: datetime | None = None
) -> Trouble:
    """What an answer that brings no file means. `first`: it comes from the host that was asked,
    not from one it led to."""
    why = headers.get("X-Error-Message", "").strip().rstrip(".")[:200]
    code = headers.get("X-Error-Code", "")
    wait = retry_after(headers.get("Retry-After"), now or datetime.now(UTC))
    if status == 407:
        return Trouble("proxy", host, "it wants a name and a password", status=status)
    if status in PASSING or status >= 500:
        reason = "too many requests" if status == 429 else "it has a problem of its own"
        return Trouble("server", host, why or reason, status=status, retry_after=wait)
    if code.endswith("NotFound") or status in (404, 410):
        return Trouble("not_found", host, why or f"{host} has no such file", status=status)
    if status in (401, 403) and not first:
        return Trouble("elsewhere", host, why or "it lets nobody in", status=status)
    if status == 401 or (status == 403 and code == "GatedRepo"):
        return Trouble("gated", host, why or f"{host} answered {status}", status=status)
    return Trouble("refused", host, why or "it does not give the file", status=status)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for, as a number or as a date; None if it says nothing."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT)


def cause(error: Exception) -> str:
    """What the system or TLS says, without the names of classes and numbers."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error).partition("] ")[2].partition(" (_ssl")[0]
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed"
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(inner, OSError) and inner.strerror and "Connect call" not in inner.strerror:
        return inner.strerror[:1].lower() + inner.strerror[1:]
    if isinstance(inner, ConnectionRefusedError):
        return "connection refused"
    return " ".join(str(inner).split())[:200] or type(inner).__name__
