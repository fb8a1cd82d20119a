"""Models from folders: those of the hub in transformers' layout, and weights of torchaudio's
pipelines. Nothing is fetched, and no code of a folder is run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torchaudio import pipelines
from torchaudio.models import wav2vec2_model
from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2ForCTC

from steno_whisper.aligning.letters import Alphabet, alphabet
from steno_whisper.aligning.network import HuggingFaceParts, Parts, TorchaudioParts
from steno_whisper.alignment import PIPELINES

WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json")
IDLE = ("masked_spec_embed", "quantizer", "project_q", "project_hid")
"""Parts of names of weights that are used in training only."""


class UnusableModel(ValueError):
    """The folder holds no model that can align, and why."""


class Loaded(NamedTuple):
    parts: Parts
    alphabet: Alphabet


def load(folder: Path, model: str | None) -> Loaded:
    """The model in `folder`, on the CPU; `model`: its name, `kind/id`. Raises `UnusableModel`."""
    if not folder.is_dir():
        raise UnusableModel(f"there is no folder {folder}")
    try:
        if (folder / "config.json").is_file():
            parts, vocabulary = of_hub(folder)
        else:
            parts, vocabulary = of_torchaudio(weights_in(folder), model)
        return Loaded(parts, alphabet(vocabulary, parts.columns))
    except UnusableModel:
        raise
    except Exception as error:  # of files of unknown origin libraries raise whatever comes
        raise UnusableModel(f"the model in {folder} cannot be loaded: {error}") from error


# Layout of the hub -------------------------------------------------------------------------------


def of_hub(folder: Path) -> tuple[Parts, Mapping[str, int]]:
    told = json.loads((folder / "config.json").read_text("utf-8"))
    kind = told.get("model_type") if isinstance(told, dict) else None
    if kind != "wav2vec2":
        raise UnusableModel(f"the model in {folder} is of type {kind}, not wav2vec2")
    for names in (("vocab.json",), WEIGHTS):
        if not any((folder / name).is_file() for name in names):
            raise UnusableModel(f"{names[0]} is missing in {folder}")
    tokenizer: Any = Wav2Vec2CTCTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )
    network, found = Wav2Vec2ForCTC.from_pretrained(
        str(folder),
        local_files_only=True,
        trust_remote_code=False,
        weights_only=True,
        output_loading_info=True,
    )
    lacking = sorted(
        name for name in found["missing_keys"] if not any(part in name for part in IDLE)
    )
    if lacking:
        raise UnusableModel(f"the weights in {folder} lack {lacking[0]}: they cannot align")
    return HuggingFaceParts(network.float()), tokenizer.get_vocab()


# Torchaudio's pipelines --------------------------------------------------------------------------


def weights_in(folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if path.suffix in (".pth", ".pt"))
    if len(found) != 1:
        how_many = "several files" if found else "no file"
        raise UnusableModel(
            f"in {folder} there is no config.json and {how_many} of weights (.pth, .pt): "
            "this is no model that can align"
        )
    return found[0]


def of_torchaudio(path: Path, model: str | None) -> tuple[Parts, Mapping[str, int]]:
    bundle = pipeline(path.name, model)
    weights = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(weights, dict):
        raise UnusableModel(f"{path} holds no weights")
    rows = bundle._params["aux_num_out"] + len(bundle._remove_aux_axis)
    for name in ("aux.weight", "aux.bias"):
        # Outputs that were not used in training are left out, as torchaudio does it.
        if name in weights and len(weights[name]) == rows:
            kept = [row for row in range(rows) if row not in bundle._remove_aux_axis]
            weights[name] = weights[name][kept]
    network: Any = wav2vec2_model(**bundle._params)
    network.load_state_dict(weights)
    vocabulary = {label: column for column, label in enumerate(bundle.get_labels())}
    return TorchaudioParts(network.float(), normalised=bundle._normalize_waveform), vocabulary


def pipeline(file: str, model: str | None) -> Any:
    """The pipeline whose weights `file` is named after, else that of the language of `model`."""
    bundles = {name: getattr(pipelines, name) for name in pipelines.__all__}
    # Others recognise no letters, or have weights of another kind.
    usual = {
        name: bundle
        for name, bundle in bundles.items()
        if type(bundle) is pipelines.Wav2Vec2ASRBundle
    }
    for bundle in usual.values():
        if bundle._path.rpartition("/")[2] == file:
            return bundle
    language = (model or "").rpartition("/")[2]
    for one in PIPELINES:
        if one.language == language and one.repository in usual:
            return usual[one.repository]
    raise UnusableModel(
        f"torchaudio has no pipeline with weights {file}, nor one known for {model or 'no name'}"
    )
