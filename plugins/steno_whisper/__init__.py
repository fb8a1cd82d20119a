"""Whisper's models and those that align, for the backends that use them."""

from steno.plugins import Model, hookimpl


@hookimpl
def steno_models() -> list[Model]:
    return []
