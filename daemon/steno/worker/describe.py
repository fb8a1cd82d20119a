"""`python -m steno.worker.describe FD NAME MODULE`: asks one plugin what it brings.

Writes JSON (`backends`, `error`) to the file descriptor; standard output is the plugin's own.
"""

import os
import sys
from importlib.metadata import EntryPoint

import msgspec

from steno.plugins.contract import Description, Model
from steno.plugins.described import Backend, Kind
from steno.plugins.hookspecs import GROUP
from steno.plugins.loading import PluginError, load


class Answer(msgspec.Struct):
    backends: tuple[Backend, ...] = ()
    models: tuple[Model, ...] = ()
    error: str | None = None


def describe(name: str, module: str) -> Answer:
    """What the plugin says of itself, or the one sentence that says why it cannot be used."""
    try:
        loaded = load(EntryPoint(name, module, GROUP))
        backends = (flat(kind, one) for kind, some in loaded.by_kind.items() for one in some)
        return Answer(backends=tuple(backends), models=loaded.models)
    except PluginError as error:
        return Answer(error=str(error))


def flat(kind: Kind, description: Description) -> Backend:
    values = {
        field: getattr(description, field)
        for field in Backend.__struct_fields__
        if hasattr(description, field)
    }
    schema = msgspec.json.schema(description.settings) if description.settings else None
    return Backend(kind=kind, settings_schema=schema, **values)


def main() -> None:
    out, name, module = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    answer = msgspec.json.encode(describe(name, module))
    with os.fdopen(out, "wb") as pipe:
        pipe.write(answer)


if __name__ == "__main__":
    main()
