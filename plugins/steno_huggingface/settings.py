"""Settings of the downloader."""

from typing import Annotated

from msgspec import Meta, Struct


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    endpoint: Annotated[
        str,
        Meta(
            pattern=r"^(https?://\S+)?$",
            description="address of the hub or of a mirror; empty: HF_ENDPOINT, or else the hub",
        ),
    ] = ""
    token_file: Annotated[
        str,
        Meta(
            description="file that holds an access token; empty: HF_TOKEN, or else the file that"
            " `hf auth login` wrote"
        ),
    ] = ""
    cache: Annotated[
        str,
        Meta(
            description="cache of Hugging Face's own programs to take files from; auto: theirs;"
            " empty: none"
        ),
    ] = "auto"
