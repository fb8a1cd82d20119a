"""Backends that need a model's files, and look at each of them when they are loaded."""

import hashlib
import json
from pathlib import Path

from steno.plugins import Context
from steno_fake import AlignerSettings, AsrSettings
from steno_fake.aligner import FakeAligner
from steno_fake.recognizer import FakeRecognizer


def read(context: Context) -> dict[str, bytes]:
    """The files of the model. Raises unless they are what its configuration says."""
    folder = context.model_path
    if folder is None or not folder.is_dir():
        raise FileNotFoundError(f"the model {context.model} is not at {folder}")
    sums: dict[str, str] = json.loads((folder / "config.json").read_text())["sums"]
    found = {path: Path(folder, path).read_bytes() for path in sums}
    for path, data in found.items():
        if hashlib.sha256(data).hexdigest() != sums[path]:
            raise ValueError(f"{path} of the model {context.model} is damaged")
    return found


class ModelRecognizer(FakeRecognizer):
    def __init__(self, settings: AsrSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.weights = read(context)


class ModelAligner(FakeAligner):
    def __init__(self, settings: AlignerSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.weights = read(context)
