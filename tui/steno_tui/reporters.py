"""What watching shows where no person looks at a terminal."""

from types import TracebackType
from typing import Self

from steno.client import Payload
from steno.wire import Event, FragmentEvent
from steno_tui import output
from steno_tui.fold import View


class Silent:
    """Shows nothing; the others add to it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def begin(self, views: dict[str, View]) -> None:
        """Takes the jobs, by id."""

    def event(self, event: Event) -> None:
        """An event came."""

    def changed(self, before: View, after: View, news: Payload) -> None:
        """What is known of a job changed."""


class Plain(Silent):
    """Lines on stderr: changes of state, and text as it is committed."""

    def changed(self, before: View, after: View, news: Payload) -> None:
        if isinstance(news, FragmentEvent):
            for cue in news.segments:
                text = " ".join(cue.text.split())
                if text:
                    output.tell(
                        f"{output.flat(after.job.name)}  [{output.moment(cue.start)}] {text}"
                    )
        old, new = before.job, after.job
        if (old.state, old.reason) != (new.state, new.reason):
            reason = f" ({new.reason})" if new.reason else ""
            output.tell(f"{output.flat(new.name)}: {new.state}{reason}")


class JsonLines(Silent):
    """One JSON object a line on stdout: `event` and `id` beside the event's own data."""

    def event(self, event: Event) -> None:
        named = {"event": event.type} | ({"id": event.id} if event.id else {})
        output.record(named | event.data)
