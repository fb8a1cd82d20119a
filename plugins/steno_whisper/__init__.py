"""Whisper's models and those that align, for the backends that use them."""

from steno.plugins import Downloader, Model, hookimpl
from steno_whisper.alignment import ALIGN
from steno_whisper.models import WHISPER


@hookimpl
def steno_models() -> list[Model]:
    return [*WHISPER, *ALIGN]


@hookimpl
def steno_downloaders() -> list[Downloader]:
    return [
        Downloader(
            name="torchaudio",
            title="Models that torchaudio knows by name",
            factory="steno_whisper.pipelines:PipelineResolver",
            requires=("torchaudio",),
        )
    ]
