"""Proxies of the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case.

The library's own way to take them from there would also take passwords from .netrc.
"""

import urllib.request
from collections.abc import Mapping

from aiohttp import encode_basic_auth
from msgspec import Struct
from yarl import URL

from steno.transfer.trouble import Trouble


class Proxy(Struct, frozen=True):
    url: URL
    headers: dict[str, str]
    """Sent to it alone."""

    @property
    def host(self) -> str:
        return f"{self.url.host}:{self.url.port}"


def proxy_for(url: URL, proxies: Mapping[str, str] | None = None) -> Proxy | None:
    """The proxy on the way to `url`; None: there is none. Raises Trouble where it cannot be used.

    `proxies`: by scheme, as `urllib.request` finds them in the environment.
    """
    known = dict(urllib.request.getproxies_environment() if proxies is None else proxies)
    value = known.get(url.scheme) or known.get("all")
    bypassed = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    if not value or bypassed(f"{url.host}:{url.port}", known):
        return None
    try:
        proxy = URL(value if "://" in value else f"http://{value}")
        usable = proxy.scheme in ("http", "https") and bool(proxy.host) and proxy.port
    except ValueError:
        proxy, usable = URL(), None
    if not usable:
        kind = (
            f"{proxy.scheme}:// is no kind of proxy Steno can use" if proxy.host else "no address"
        )
        raise Trouble("proxy", proxy.host or "HTTP_PROXY", kind)
    headers = {}
    if proxy.user is not None:
        headers["Proxy-Authorization"] = encode_basic_auth(proxy.user, proxy.password or "")
    return Proxy(proxy.with_user(None), headers)
