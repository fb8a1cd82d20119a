"""The top of every screen: where one is, and whether the daemon is there."""

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from steno import __version__
from steno_tui.live.host import Host
from steno_tui.live.widgets.chips import Chip, Chips
from steno_tui.live.widgets.said import Said
from steno_tui.live.world import Link, World
from steno_tui.problems import told
from steno_tui.texts import _

MODES = (
    Chip("jobs", "1 " + _("Jobs")),
    Chip("models", "2 " + _("Models")),
    Chip("system", "3 " + _("System")),
)


class Top(Widget):
    """The three modes, the connection, and below them what is wrong with it."""

    app = getters.app(Host)
    DEFAULT_CSS = """
    Top {
        dock: top;
        height: auto;
        & > Horizontal { height: 1; background: $panel; }
        & #name { width: auto; color: $text-accent; text-style: bold; padding: 0 2 0 1; }
        & #link { width: auto; padding: 0 1; }
        & #link.-live { color: $text-success; }
        & #link.-lost { color: $text-error; text-style: bold; }
        & #gone {
            display: none; height: auto; padding: 0 1;
            background: $error-muted; color: $text-error;
        }
        & #gone.-shown { display: block; }
        & #gone.-note { background: $warning-muted; color: $text-warning; }
    }
    """

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("Steno", id="name", markup=False)
            yield Chips(MODES, self._mode, id="modes")
            yield Said(id="link")
        yield Said(id="gone")

    def on_mount(self) -> None:
        self.watch(self.app, "world", self.show)

    def show(self, world: World) -> None:
        link = self.query_one("#link", Said)
        link.say(word(world.link))
        link.set_class(world.link.status == "live", "-live")
        link.set_class(world.link.status == "lost", "-lost")
        gone = self.query_one("#gone", Said)
        said = trouble(world.link)
        gone.set_class(bool(said), "-shown")
        gone.set_class(world.link.status != "lost", "-note")
        gone.say(said)

    def on_chips_chosen(self, event: Chips.Chosen) -> None:
        event.stop()
        self.app.action_mode(event.key)


def word(link: Link) -> str:
    match link.status:
        case "live":
            return "● " + _("live")
        case "lost":
            return "✖ " + _("no daemon")
        case _:
            return "… " + _("connecting")


def trouble(link: Link) -> str:
    """What a person should know of the connection; empty if all is well."""
    if link.status == "lost" and link.problem is not None:
        what = told(link.problem).detail.rstrip(".。")
        return _(
            "{what}. What you see is as it was. Trying again; ctrl+r tries now, ctrl+s starts a "
            "daemon."
        ).format(what=what)
    if link.status == "live" and link.version not in (None, __version__):
        return _(
            "The daemon is version {theirs}, this client {ours}. What one knows and the other does "
            "not is left out; `steno stop` and a new start make them equal."
        ).format(theirs=link.version, ours=__version__)
    return ""
