"""Commands about the daemon and its plugins."""

from steno_tui.parser.grammar import Commands, Parser, command, count, json
from steno_tui.texts import _


def add_daemon(commands: Commands) -> None:
    plugins = command(commands, "plugins", "plugins:plugins", _("list backends and what they lack"))
    plugins.epilog = _("In a pipe: name, kind, state, distribution, title, names of settings.")
    plugins.add_argument("--refresh", action="store_true", help=_("ask every plugin again"))
    json(plugins)
    json(command(commands, "status", "daemon:status", _("show what the daemon does")))
    stop(
        command(commands, "stop", "daemon:stop", _("stop the daemon; jobs go on at the next start"))
    )
    daemon = command(commands, "daemon", "", _("start, stop and look at the daemon"))
    inner = daemon.add_subparsers(
        title=_("commands"), metavar="COMMAND", dest="inner", required=True, parser_class=Parser
    )
    command(inner, "start", "daemon:start", _("start the daemon unless it runs"))
    stop(command(inner, "stop", "daemon:stop", _("stop the daemon; jobs go on at the next start")))
    json(command(inner, "status", "daemon:status", _("show what the daemon does")))
    command(inner, "run", "daemon:run", _("run the daemon in this terminal"))
    logs = command(inner, "logs", "daemon:show_logs", _("print the daemon's log"))
    logs.add_argument(
        "-n",
        "--number",
        type=count,
        default=50,
        metavar="N",
        help=_("how many lines (default: 50)"),
    )
    logs.add_argument("-f", "--follow", action="store_true", help=_("go on with what is added"))


def stop(parser: Parser) -> None:
    parser.add_argument("--now", action="store_true", help=_("do not wait for work in hand"))
