"""One request for a file: redirects followed by hand, nothing sent where it does not belong."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from multidict import CIMultiDict
from yarl import URL

import steno
from steno.transfer.proxy import proxy_for
from steno.transfer.trouble import Trouble, of_error, of_status

MOST_REDIRECTS = 10
REDIRECTS = {301, 302, 303, 307, 308}
LONGEST_LINE = 32 * 1024
"""Bytes of a header field: signed addresses are long."""
BUFFER = 2**18
"""Bytes of an answer that are kept while nobody takes them."""


def session(rate: int) -> aiohttp.ClientSession:
    """Connections for a download at `rate` bytes a second; 0: any number."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        auto_decompress=False,
        trust_env=False,
        read_bufsize=min(BUFFER, max(4096, rate // 10)) if rate else BUFFER,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
    )


def exact(address: str) -> URL:
    """`address` with its escapes as they are, as a signature may cover them. Raises ValueError."""
    return URL(address, encoded=address.isascii() and " " not in address)


def host_of(url: URL) -> str:
    """Its host as people know it."""
    return f"{url.host}" if url.is_default_port() else f"{url.host}:{url.port}"


def next_url(url: URL, location: str) -> URL:
    """Where an answer from `url` leads. Raises Trouble if nobody should go there."""
    try:
        target = url.join(exact(location))
        known = target.scheme in ("http", "https") and bool(target.host)
    except ValueError:
        known = False
    if not known:
        raise Trouble("refused", host_of(url), "it leads to no usable address", status="a redirect")
    if url.scheme == "https" and target.scheme == "http":
        why = f"it leads to {host_of(target)} without encryption"
        raise Trouble("refused", host_of(url), why, status="a redirect")
    return target


@asynccontextmanager
async def opened(
    client: aiohttp.ClientSession,
    address: str,
    headers: Mapping[str, str],
    own: Mapping[str, str],
    silence: float,
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer 200, 206 or 416 to a GET of `address`. Raises Trouble.

    `headers` are for the origin of `address` alone; `own` go everywhere. `silence`: seconds
    without an answer.
    """
    url = first = start(address)
    for _ in range(MOST_REDIRECTS + 1):
        if url.origin() != first.origin():
            headers = {}
        sent = CIMultiDict(headers)
        sent.update({"User-Agent": f"steno/{steno.__version__}", "Accept-Encoding": "identity"})
        sent.update(own)
        response = await answer(client, url, sent, silence)
        async with response:
            if response.status in REDIRECTS and "Location" in response.headers:
                url = next_url(url, response.headers["Location"])
                continue
            if response.status not in (200, 206, 416):
                asked = url.origin() == first.origin()
                raise of_status(response.status, response.headers, host_of(url), first=asked)
            yield response
            return
    raise Trouble("refused", host_of(first), "it leads in circles", status="redirects")


def start(address: str) -> URL:
    """The URL that a resolver gave. Raises Trouble."""
    try:
        url = exact(address)
        if url.scheme in ("http", "https") and url.host and url.port:
            return url
    except ValueError:
        pass
    raise Trouble("not_found", "the downloader", "it gave an address that is not of the web")


async def answer(
    client: aiohttp.ClientSession, url: URL, headers: CIMultiDict[str], silence: float
) -> aiohttp.ClientResponse:
    """The head of the answer to one GET. Raises Trouble."""
    proxy = proxy_for(url)
    if proxy is not None and url.scheme == "http":
        headers.update(proxy.headers)
    try:
        async with asyncio.timeout(silence):
            return await client.get(
                url,
                headers=headers,
                allow_redirects=False,
                proxy=proxy.url if proxy else None,
                proxy_headers=proxy.headers if proxy else None,
            )
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise of_error(error, host_of(url), proxy.host if proxy else None) from error
