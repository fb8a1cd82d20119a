"""A wav2vec2 model in memory: what it emits for the samples of segments.

The convolutions hear one segment after the other: some models normalise over the whole of what they
hear, so that silence added to one segment of several would change what they make of it. What
follows is heard together, with a mask, which gives what it gives one by one.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch.nn.functional import layer_norm
from torch.nn.utils import parametrize

from steno.plugins import Segment
from steno_whisper.aligning.ear import Ear, shortest
from steno_whisper.sound import floats


class Parts(Protocol):
    """A model, in the parts that are run apart."""

    module: Any
    """The whole of it."""
    convolutions: Sequence[Any]
    """Layers that make frames of samples."""
    trunk: Sequence[Any]
    """What comes between them and what is written."""
    columns: int
    """Of its emissions."""

    def prepared(self, samples: Any) -> Any:
        """(1, samples), -1 to 1, as the convolutions want them."""
        ...

    def heard(self, samples: Any) -> Any:
        """(1, samples) to (1, frames, width), by the convolutions."""
        ...

    def understood(self, features: Any, lengths: Any) -> Any:
        """(segments, frames, width) to (segments, frames, another width); `lengths`: frames of each
        segment, None where they are all alike."""
        ...

    def written(self, states: Any) -> Any:
        """(1, frames, width) to (1, frames, columns); there may be fewer frames."""
        ...


class HuggingFaceParts:
    """`Wav2Vec2ForCTC` of transformers."""

    def __init__(self, model: Any) -> None:
        self.module = model
        core = self._core = model.wav2vec2
        self.convolutions: Sequence[Any] = core.feature_extractor.conv_layers
        self.trunk: Sequence[Any] = (core.feature_projection, core.encoder)
        self.columns = int(model.lm_head.out_features)

    def prepared(self, samples: Any) -> Any:
        return samples

    def heard(self, samples: Any) -> Any:
        return self._core.feature_extractor(samples).transpose(1, 2)

    def understood(self, features: Any, lengths: Any) -> Any:
        mask = None
        if lengths is not None:
            mask = torch.arange(features.shape[1], device=lengths.device) < lengths[:, None]
        states, _ = self._core.feature_projection(features)
        return self._core.encoder(states, attention_mask=mask).last_hidden_state

    def written(self, states: Any) -> Any:
        adapter = self._core.adapter
        return self.module.lm_head(states if adapter is None else adapter(states))


class TorchaudioParts:
    """`Wav2Vec2Model` of torchaudio; `normalised`: it hears samples of mean 0 and variance 1."""

    def __init__(self, model: Any, *, normalised: bool) -> None:
        self.module = model
        self.convolutions: Sequence[Any] = model.feature_extractor.conv_layers
        self.trunk: Sequence[Any] = (model.encoder,)
        self.columns = int(model.aux.out_features)
        self._normalised = normalised

    def prepared(self, samples: Any) -> Any:
        return layer_norm(samples, samples.shape) if self._normalised else samples

    def heard(self, samples: Any) -> Any:
        return self.module.feature_extractor(samples, None)[0]

    def understood(self, features: Any, lengths: Any) -> Any:
        return self.module.encoder(features, lengths)

    def written(self, states: Any) -> Any:
        return self.module.aux(states)


class Network:
    """`parts` on a device: `cpu`, `cuda` or `cuda:1`. It may be moved to the CPU by a new one."""

    def __init__(self, parts: Parts, device: str, *, half: bool) -> None:
        """`half`: matrices are of bfloat16. There is no way back from it."""
        self.device = device
        self.shortest = shortest(parts.convolutions)
        """Samples that make one frame."""
        self._parts = parts
        self._half = half
        self._kind = device.partition(":")[0]
        parts.module.eval()
        for part in [part for whole in parts.trunk for part in whole.modules()]:
            if parametrize.is_parametrized(part, "weight"):
                # Such weights would be calculated anew each time.
                parametrize.remove_parametrizations(part, "weight")
            if half and isinstance(part, torch.nn.Linear | torch.nn.Conv1d):
                part.to(torch.bfloat16)
        parts.module.to(device)
        self._hear: Any = parts.heard if device != "cpu" else Ear(parts.convolutions, half=half)

    def emissions(self, segments: Sequence[Segment]) -> list[Any]:
        """For each of `segments` the logarithms of probabilities, float32, (frames, columns)."""
        with torch.inference_mode():
            features = [self._hear(self._samples(one))[0] for one in segments]
            lengths = [len(one) for one in features]
            with torch.autocast(self._kind, torch.bfloat16, enabled=self._half):
                states = self._parts.understood(
                    torch.nn.utils.rnn.pad_sequence(features, batch_first=True),
                    torch.tensor(lengths, device=self.device) if len(set(lengths)) > 1 else None,
                )
            del features
            return [self._emitted(states[n : n + 1, :length]) for n, length in enumerate(lengths)]

    def _samples(self, segment: Segment) -> Any:
        """(1, samples), -1 to 1."""
        samples = torch.from_numpy(floats(segment.samples))
        return self._parts.prepared(samples[None].to(self.device))

    def _emitted(self, states: Any) -> Any:
        logits = self._parts.written(states.float())
        return torch.log_softmax(logits, dim=-1)[0].cpu().numpy()


def computes_in_bfloat16() -> bool:
    """Whether this CPU does so quickly; others are slower with it than without."""
    able = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return able is not None and bool(able())
