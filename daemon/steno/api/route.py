"""A route: what it takes and gives, told by the annotations of its handler.

One declaration validates the request, encodes the answer and describes itself (`openapi.py`).
A handler's parameters are filled in by name:

    daemon    the parts of the daemon
    request   aiohttp's request
    local     whether the client is on the Unix socket: it may name paths of this machine
    query     the query, as the struct it is annotated with
    body      the JSON body, as the struct it is annotated with; with a default it may be left out
    if_match  the revision of `If-Match`, which must be sent; None for `*`

and every other one by the part of the path that has its name. A struct that it returns is the JSON
answer, None is 204; other answers it makes itself, and says with `gives` or `media` what they are.
"""

import functools
import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

import msgspec
from aiohttp import web

from steno.api import codec
from steno.api.keys import DAEMON, is_local
from steno.errors import Problem, StenoError, sentence

Handler = Callable[..., Awaitable[Any]]
REVISION = re.compile('"([0-9]{1,15})"')
EVENTS = "text/event-stream"
FILLED_IN = ("daemon", "request", "local", "query", "body", "if_match")


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The query or body of a route that takes none: empty, or `{}`."""


class Route(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    handler: Handler
    summary: str
    details: str
    """Markdown."""
    parameters: tuple[str, ...]
    """Of the path."""
    filled_in: tuple[str, ...]
    """Those of `FILLED_IN` that the handler takes."""
    query: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    body_needed: bool
    takes: str | None
    """Media type of a body that is not JSON."""
    form: type[msgspec.Struct] | None
    """Fields of a form, where that is what it takes; the handler reads them itself."""
    gives: Any
    """Type of the JSON answer; None: see `media`."""
    media: Mapping[str, str]
    """Media types it gives instead, and what each is."""
    status: int
    also: Mapping[int, str]
    """Other statuses of the same answer, and what each says."""
    reads: Mapping[str, str]
    """Headers of the request that may be sent, and what each is."""
    headers: Mapping[str, str]
    """Headers of the answer, and what each is."""
    refuses: tuple[str, ...]
    """Codes of its own errors."""
    example: Any
    """A body, for the documentation."""
    curl: str
    """What else the line of the documentation has: a query, options, `-T FILE`."""

    @property
    def matches(self) -> bool:
        """Whether it needs `If-Match`."""
        return "if_match" in self.filled_in

    @property
    def endless(self) -> bool:
        """Whether it gives events until somebody ends it."""
        return self.method == "GET" and EVENTS in self.media

    @property
    def methods(self) -> tuple[str, ...]:
        """HEAD, too, where there is a GET that ends."""
        if self.method == "GET" and not self.endless:
            return ("GET", "HEAD")
        return (self.method,)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        given: dict[str, Any] = {name: request.match_info[name] for name in self.parameters}
        for name in self.filled_in:
            given[name] = await self._filled_in(name, request)
        if self.query is None:
            read_query(request, Nothing)
        if self.body is None and self.takes is None and self.method != "GET":
            await codec.body(request, Nothing, default=Nothing())
        found = await self.handler(**given)
        if isinstance(found, web.StreamResponse):
            return found
        if found is None:
            return web.Response(status=204)
        return codec.answer(found, status=self.status)

    async def _filled_in(self, name: str, request: web.Request) -> Any:
        if name == "daemon":
            return request.app[DAEMON]
        if name == "local":
            return is_local(request)
        if name == "query":
            assert self.query is not None
            return read_query(request, self.query)
        if name == "body":
            assert self.body is not None
            return await codec.body(
                request, self.body, default=None if self.body_needed else self.body()
            )
        return revision(request) if name == "if_match" else request


class Routes:
    """Routes of one subject."""

    def __init__(
        self,
        subject: str,
        about: str = "",
        *,
        failure: type[msgspec.Struct] = Problem,
        statuses: Mapping[int, int] | None = None,
    ) -> None:
        self.subject = subject
        self.about = about
        """Markdown, for the documentation."""
        self.failure = failure
        """Type of its errors: `application/problem+json`, or JSON of another kind."""
        self.statuses = statuses or {}
        """Of its errors, where they are not those of the catalogue."""
        self.routes: list[Route] = []

    def get(self, path: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("GET", path, **more)

    def post(self, path: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("POST", path, **more)

    def put(self, path: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path, **more)

    def _add(
        self,
        method: str,
        path: str,
        *,
        takes: str | None = None,
        form: type[msgspec.Struct] | None = None,
        gives: Any = None,
        media: Mapping[str, str] | None = None,
        status: int | None = None,
        also: Mapping[int, str] | None = None,
        reads: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        refuses: Sequence[str] = (),
        example: Any = None,
        curl: str = "",
    ) -> Callable[[Handler], Handler]:
        def added(handler: Handler) -> Handler:
            hints = typing.get_type_hints(handler)
            names = inspect.signature(handler).parameters
            returned = hints.pop("return")
            if gives is None and isinstance(returned, type):
                struct = returned if issubclass(returned, msgspec.Struct) else None
            else:
                struct = gives
            summary, _, details = inspect.cleandoc(handler.__doc__ or "").partition("\n\n")
            route = Route(
                method=method,
                path=path,
                handler=handler,
                summary=" ".join(summary.split()),
                details=details,
                parameters=tuple(name for name in names if name not in FILLED_IN),
                filled_in=tuple(name for name in names if name in FILLED_IN),
                query=hints.get("query"),
                body=hints.get("body"),
                body_needed="body" in names and names["body"].default is inspect.Parameter.empty,
                takes=takes,
                form=form,
                gives=struct,
                media=media or {},
                status=status or (204 if returned is type(None) else 200),
                also=also or {},
                reads=reads or {},
                headers=headers or {},
                refuses=tuple(refuses),
                example=example,
                curl=curl,
            )
            self.routes.append(route)
            return handler

        return added


def read_query(request: web.Request, kind: type[msgspec.Struct]) -> Any:
    """The query as a `kind`; lists may be repeated or separated by commas. Raises `bad_request`."""
    given: dict[str, Any] = {}
    types = types_of(kind)
    for name in request.query:
        values = request.query.getall(name)
        if is_list(types.get(name)):
            given[name] = [part for value in values for part in value.split(",")]
        elif len(values) > 1:
            raise StenoError("bad_request", why=f"The query has {name} more than once.")
        elif values[0].lower() == "null" and NoneType in get_args(types.get(name)):
            # msgspec would take it for None.
            raise StenoError("bad_request", why=f"The query has no value for {name}.")
        else:
            given[name] = values[0]
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise StenoError("bad_request", why=sentence(error, kind)) from error


@functools.cache
def types_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Of the fields, by name."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def is_list(annotation: Any) -> bool:
    if get_origin(annotation) is typing.Annotated:
        return is_list(get_args(annotation)[0])
    return get_origin(annotation) in (list, tuple)


def revision(request: web.Request) -> int | None:
    """What `If-Match` asks for. Raises `match_required` or `bad_request`."""
    given = request.headers.getall("If-Match", [])
    if not given:
        raise StenoError("match_required")
    if given == ["*"]:
        return None
    found = REVISION.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise StenoError("bad_request", why="If-Match must be one revision in quotes, or *.")
    return int(found[1])
