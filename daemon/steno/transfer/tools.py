"""What the files of one download share."""

import aiohttp
from msgspec import Struct

from steno.transfer.folder import Folder
from steno.transfer.journal import Journal
from steno.transfer.meter import Meter
from steno.transfer.patience import Throttle


class Tools(Struct, frozen=True, kw_only=True):
    client: aiohttp.ClientSession
    folder: Folder
    journal: Journal
    meter: Meter
    throttle: Throttle
    repository: str
    timeout: float
    """Seconds without a new byte."""
