"""Commands about models."""

from steno_tui.parser.grammar import Commands, Parser, command, json, utf8
from steno_tui.texts import _, later

LIST = later("""\
A model is named KIND/ID, or ID alone where no other kind has it. In a pipe: name, status, percent,
size and size on disk in bytes, languages, title. The statuses are not_downloaded, waiting,
downloading, ready, incomplete (some of it is there; `pull` goes on) and error.
""")

PULL = later("""\
Waits until the models are ready; what is there already is not fetched again. Ctrl-C only leaves:
the daemon goes on, and the same command shows it again. In a pipe stdout gets a line for each
model that is ready: name, status, folder.

with --json, each line of stdout is an object whose `event` is
  initial_state, model_progress, model_complete, model_error, model_incomplete, model_deleted
            as docs/events.md describes them, of the wanted models only;
  result    last, once for each model in their order: model (its name), status, path (the folder;
            null unless it is ready), exit_code, info (all that is known; null if there is no
            such model), error (code, title, status, detail, hint; null if there is none).
""")

IMPORT = later("""\
For machines without a network: on another one fetch the model and copy the folder that `steno
models path MODEL` tells; any other folder or archive with the model's files will do, too. What
is imported is checked like a download.
""")


def add_models(commands: Commands) -> None:
    models = command(commands, "models", "", _("list, fetch and remove models"))
    models.default = "list"
    models.epilog = _("`steno models` alone lists them.")
    inner = models.add_subparsers(
        title=_("commands"), metavar="COMMAND", dest="inner", required=True, parser_class=Parser
    )
    add_list(inner)
    add_fetching(inner)
    add_files(inner)
    add_memory(inner)


def add_list(inner: Commands) -> None:
    listing = command(inner, "list", "models:show", _("list models"), epilog=_(LIST))
    add = listing.add_argument
    add("text", type=utf8, nargs="?", help=_("only models with this in their name or title"))
    add("--installed", action="store_true", help=_("only those of which something is here"))
    add("--kind", type=utf8, metavar="KIND", help=_("only this kind, for example whisper or align"))
    add("--language", type=utf8, metavar="CODE", help=_("only those that know this language"))
    json(listing)


def add_fetching(inner: Commands) -> None:
    pull = command(inner, "pull", "pull:pull", _("fetch models"), epilog=_(PULL))
    several(pull, "+")
    add = pull.add_argument
    add(
        "--language",
        type=utf8,
        metavar="CODE",
        help=_("fetch the aligner of this language, too, for example en"),
    )
    add("--cancel", action="store_true", help=_("let Ctrl-C cancel the downloads"))
    add("--detach", action="store_true", help=_("do not wait"))
    json(pull, _("print JSON lines"))
    several(
        command(inner, "cancel", "models:cancel", _("cancel downloads; what came is kept")), "+"
    )
    update = command(inner, "update", "pull:update", _("fetch newer revisions of models"))
    several(update, "*")
    add = update.add_argument
    add("--all", action="store_true", help=_("all that are here"))
    add("--check", action="store_true", help=_("only say whether there is a newer one"))
    add("--cancel", action="store_true", help=_("let Ctrl-C cancel the downloads"))
    add("--detach", action="store_true", help=_("do not wait"))
    json(update, _("print JSON lines, as `pull` does"))


def add_files(inner: Commands) -> None:
    bring = command(
        inner,
        "import",
        "models:bring",
        _("take a model from a folder or an archive"),
        epilog=_(IMPORT),
    )
    one(bring)
    bring.add_argument("path", metavar="PATH", help=_("a folder, or a tar or zip archive"))
    json(bring)
    verify = command(
        inner, "verify", "models:verify", _("compare models' files with their checksums")
    )
    several(verify, "*")
    verify.add_argument("--all", action="store_true", help=_("all that are here"))
    remove = command(inner, "rm", "models:remove", _("delete models' files"))
    several(remove, "+")
    remove.add_argument("-y", "--yes", action="store_true", help=_("do not ask"))
    path = command(inner, "path", "models:path", _("print the folder of a model that is ready"))
    one(path)


def add_memory(inner: Commands) -> None:
    loaded = command(inner, "loaded", "memory:loaded", _("show what workers have in memory"))
    loaded.epilog = _(
        "In a pipe: worker, model, backend, device, memory in bytes, seconds idle; with -v after\n"
        "an empty line: model, loads, load seconds, batches, seconds of work, seconds of audio,\n"
        "real-time factor, hits, misses, hit rate."
    )
    loaded.add_argument(
        "-v", "--verbose", action="store_true", help=_("show what was counted, too")
    )
    json(loaded)
    unload = command(inner, "unload", "memory:unload", _("let go of models in memory; all if none"))
    several(unload, "*")
    preload = command(inner, "preload", "memory:preload", _("load models before they are needed"))
    preload.epilog = _("Without a model: those of the configuration, [models] preload.")
    several(preload, "*")
    preload.add_argument("--reset", action="store_true", help=_("try again what failed too often"))
    preload.add_argument("--status", action="store_true", help=_("only show how far it is"))
    json(preload)


def one(parser: Parser) -> None:
    parser.add_argument("model", type=utf8, metavar="MODEL", help=_("KIND/ID or ID of a model"))


def several(parser: Parser, count: str) -> None:
    parser.add_argument(
        "models", type=utf8, metavar="MODEL", nargs=count, help=_("KIND/ID or ID of a model")
    )
