"""What watching shows where no person looks at a terminal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from steno.client import JobState, Payload
from steno.wire import Event, FragmentEvent, Gap, InitialState
from steno_tui import output
from steno_tui.order import Order


class Silent:
    """Shows nothing; the others add to it. What is watched are jobs or models."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def begin(self, views: dict[str, Any]) -> None:
        """Takes what is watched, by id or name."""

    def event(self, event: Event) -> None:
        """An event came."""

    def changed(self, before: Any, after: Any, news: Any, /) -> None:
        """What is known of one of them changed."""


class Plain(Silent):
    """Lines on stderr: changes of state, and committed text in the order of the media."""

    def __init__(self) -> None:
        self._views: Mapping[str, JobState] = {}
        self._orders: defaultdict[str, Order] = defaultdict(Order)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for ident, order in self._orders.items():
            tell_text(self._views[ident], order.flush())

    def begin(self, views: dict[str, JobState]) -> None:
        self._views = views

    def changed(self, before: JobState, after: JobState, news: Payload) -> None:
        order = self._orders[after.job.id]
        match news:
            case InitialState():
                order.done(after.job.segments.done + after.job.segments.failed)
            case Gap():
                tell_text(after, order.gap(news.segment_index))
            case FragmentEvent():
                tell_text(after, order.take(news))
        old, new = before.job, after.job
        if (old.state, old.reason) != (new.state, new.reason):
            tell_text(after, order.flush())
            reason = f" ({new.reason})" if new.reason else ""
            state = output.words(stderr=True)(new.state)
            output.tell(f"{output.flat(new.name)}: {state}{reason}")
        if new.progress.phase == "fetch" != old.progress.phase:
            output.tell(f"{output.flat(new.name)}: {new.progress.message}")


def tell_text(view: JobState, fragments: Iterable[FragmentEvent]) -> None:
    """A line for each cue that says something."""
    name = output.flat(view.job.name)
    for cue in (cue for fragment in fragments for cue in fragment.segments):
        if text := " ".join(cue.text.split()):
            output.tell(f"{name}  [{output.moment(cue.start)}] {text}")


class JsonLines(Silent):
    """One JSON object a line on stdout: `event` and `id` beside the event's own data."""

    def event(self, event: Event) -> None:
        named = {"event": event.type} | ({"id": event.id} if event.id else {})
        output.record(named | event.data)
