"""Finds the files of models on the Hugging Face Hub or a mirror of it, and in its cache."""

from steno.plugins import Downloader, hookimpl
from steno_huggingface.settings import Settings


@hookimpl
def steno_downloaders() -> list[Downloader]:
    return [
        Downloader(
            name="huggingface",
            title="Hugging Face Hub",
            factory="steno_huggingface.resolver:HubResolver",
            requires=("huggingface_hub",),
            settings=Settings,
        )
    ]
