"""What keeps a hub from answering, as the plugin contract tells it.

Version 0.36 of huggingface_hub speaks through requests, 1.x through httpx, 2.x through httpx2. Each
raises its own errors, so they are known here by the names of their classes, which are the same.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from urllib.request import getproxies, proxy_bypass

from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError

from steno.plugins import CannotResolve

TIMEOUT = 10.0
"""Seconds without an answer."""
UNREACHED = {"RequestException", "TransportError", "OfflineModeIsEnabled"}
CONNECTING = {"ConnectionError", "ConnectError"}
TIMES_OUT = {"Timeout", "TimeoutException"}
NONSENSE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What reading an answer raises that is not the hub's, such as the page of a guest network."""
RESETS = re.compile(r";\s*t=(\d+)")
"""Seconds until a limit of requests starts anew, in the header RateLimit."""


class Failure:
    """Tells what `error` means for a request for `repository` at `host`."""

    def __init__(self, host: str, repository: str, revision: str | None, token: bool) -> None:
        self._host = host
        self._repository = repository
        self._revision = revision
        self._token = token

    def of(self, error: Exception) -> CannotResolve | None:
        """None where it is not the hub's, or the way to it."""
        names = {kind.__name__ for kind in type(error).__mro__}
        if isinstance(error, HFValidationError):
            return CannotResolve("invalid", f"{self._repository!r} cannot name a repository")
        if isinstance(error, HfHubHTTPError):
            return self._answered(error)
        if "JSONDecodeError" in names:
            return self._nonsense()
        if "ProxyError" in names:
            return CannotResolve("proxy", f"the proxy does not lead to {self._host}: {said(error)}")
        if "TooManyRedirects" in names:
            return CannotResolve("server", f"{self._host} leads in circles")
        if isinstance(error, MemoryError):
            return CannotResolve("server", f"what {self._host} answers is too long")
        if names & UNREACHED:
            return self._unreached(error, names)
        return self._nonsense() if isinstance(error, NONSENSE) else None

    def _unreached(self, error: Exception, names: set[str]) -> CannotResolve:
        if "OfflineModeIsEnabled" in names:
            return CannotResolve("offline", "HF_HUB_OFFLINE is set")
        behind = names & CONNECTING and proxied(self._host)
        what = "the proxy" if behind else self._host
        return CannotResolve("proxy" if behind else "network", f"{what} {happened(error, names)}")

    def _answered(self, error: HfHubHTTPError) -> CannotResolve:
        status, headers = error.response.status_code, error.response.headers
        code, note = headers.get("X-Error-Code"), headers.get("X-Error-Message") or ""
        what = self._repository
        if isinstance(error, GatedRepoError):
            why = "the access token has no access to it" if self._token else "no token was sent"
            return CannotResolve("gated", why)
        if code == "RevisionNotFound":
            return CannotResolve("not_found", f"{what} has no revision {self._revision}")
        if status == 407:
            return CannotResolve("proxy", f"the proxy before {self._host} wants to know who asks")
        if status == 401 and self._token:
            return CannotResolve("gated", f"{self._host} does not take the access token")
        if "disabled" in note:
            return CannotResolve("not_found", f"{self._host} has closed {what}")
        if status == 403:
            return CannotResolve("gated", f"{self._host} forbids access")
        if status in (401, 404):
            private = "" if self._token else ", or it is private and needs an access token"
            return CannotResolve("not_found", f"{self._host} knows no {what}{private}")
        return CannotResolve(
            "server", f"{self._host} answered {status}", retry_after=retry_after(headers)
        )

    def _nonsense(self) -> CannotResolve:
        why = f"{self._host} answered, but not as a hub does; maybe the network wants a log-in"
        return CannotResolve("server", why)


def happened(error: Exception, names: set[str]) -> str:
    """End of a sentence that starts with a host."""
    causes = tuple(chain(error))
    if names & TIMES_OUT:
        return f"did not answer within {TIMEOUT:g} s"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "is a name that cannot be looked up; is there a network?"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refuses the connection"
    if wrong := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None):
        return f"cannot be trusted: {said(wrong)}"
    return f"broke the connection off: {said(error)}"


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """`error` and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def said(error: BaseException) -> str:
    """First line of what `error` says."""
    return next(iter(str(error).splitlines()), "").rstrip(".") or type(error).__name__


def proxied(host: str) -> bool:
    """Whether the environment names a proxy for `host`."""
    return bool({"http", "https", "all"} & getproxies().keys()) and not proxy_bypass(host)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait (RFC 9110, section 10.2.3), or until its limit of
    requests starts anew."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isdigit():
        return float(asked)
    if found := RESETS.search(headers.get("RateLimit", "")):
        return float(found[1])
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:  # none, or not a date
        return None
