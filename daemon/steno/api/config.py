"""The daemon's settings."""

import msgspec

from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.config import Config, effective
from steno.errors import StenoError
from steno.paths import Paths
from steno.settings import Stored
from steno.settings.known import Known, known
from steno.wire import ConfigChanges, ConfigState, Setting

routes = Routes(
    "Settings",
    """What the daemon is set to do. The environment goes before `overrides.toml`, where changes are
stored, that goes before a person's `config.toml`, which is never written, and all of them before
the default.""",
)


@routes.get("/api/config")
async def config(daemon: Daemon) -> ConfigState:
    """Every setting: its value, where that comes from, what it may be, and when a change counts.

    Files are read anew. If one was broken meanwhile, `problem` says where, and the daemon goes on
    with what it uses.
    """
    return told(await daemon.settings.look(), daemon.settings.current, daemon.paths)


@routes.patch(
    "/api/config",
    refuses=("local_only", "setting_invalid", "setting_fixed", "config_broken", "folder_unusable"),
    example={"settings": {"jobs.concurrent": 3, "subtitles.max_lines": None}},
)
async def change(daemon: Daemon, local: bool, body: ConfigChanges) -> ConfigState:
    """Changes settings, all of them or none; null goes back to the file or the default.

    Over the Unix socket only, as settings open doors and name what is run. Those that apply now are
    used at once, also where they were changed in the files by hand: no setting at all,
    `{"settings": {}}`, takes these up. One that the environment sets cannot be changed, and
    `[models.own]` and `[backends]` in `config.toml` only.
    """
    if not local:
        hint = "Use the Unix socket, or edit config.toml and start the daemon again."
        raise StenoError("local_only", what="Settings", hint=hint)
    stored = await daemon.settings.change(body.settings)
    return told(stored, daemon.settings.current, daemon.paths)


def told(stored: Stored, used: Config, paths: Paths) -> ConfigState:
    wanted = effective(stored.layers)
    return ConfigState(
        file=str(paths.config_file),
        overrides=str(paths.overrides_file),
        problem=stored.problem,
        settings=[setting(one, stored, wanted, used) for one in known().values()],
        own_models=msgspec.to_builtins(wanted.models.own),
        backends=msgspec.to_builtins(wanted.backends),
    )


def setting(one: Known, stored: Stored, wanted: Config, used: Config) -> Setting:
    return Setting(
        name=one.name,
        section=one.section,
        value=msgspec.to_builtins(one.of(wanted)),
        used=msgspec.to_builtins(one.of(used)),
        pending=one.of(wanted) != one.of(used),
        default=one.default,
        origin=one.origin(stored.layers),
        variable=one.variable,
        applies="now" if one.at_once else "restart",
        description=one.description,
        json_schema=one.schema,
    )
