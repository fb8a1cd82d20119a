"""Commands about the daemon and its plugins."""

from steno_tui.parser.grammar import Commands, Parser, command, count, json


def add_daemon(commands: Commands) -> None:
    plugins = command(commands, "plugins", "plugins:plugins", "list backends and what they lack")
    plugins.epilog = "In a pipe: name, kind, state, distribution, title, names of settings."
    plugins.add_argument("--refresh", action="store_true", help="ask every plugin again")
    json(plugins)
    json(command(commands, "status", "daemon:status", "show what the daemon does"))
    stop(command(commands, "stop", "daemon:stop", "stop the daemon; jobs go on at the next start"))
    daemon = command(commands, "daemon", "", "start, stop and look at the daemon")
    inner = daemon.add_subparsers(
        title="commands", metavar="COMMAND", dest="inner", required=True, parser_class=Parser
    )
    command(inner, "start", "daemon:start", "start the daemon unless it runs")
    stop(command(inner, "stop", "daemon:stop", "stop the daemon; jobs go on at the next start"))
    json(command(inner, "status", "daemon:status", "show what the daemon does"))
    command(inner, "run", "daemon:run", "run the daemon in this terminal")
    logs = command(inner, "logs", "daemon:show_logs", "print the daemon's log")
    logs.add_argument(
        "-n", "--number", type=count, default=50, metavar="N", help="how many lines (default: 50)"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on with what is added")


def stop(parser: Parser) -> None:
    parser.add_argument("--now", action="store_true", help="do not wait for work in hand")
