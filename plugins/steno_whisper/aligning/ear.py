"""The convolutions of a wav2vec2 model, as a CPU is quick with them.

They are the same sums as in the libraries, but for their order. Frames lie one after the other with
their channels together, so that a convolution is one product of matrices and a normalisation reads
what it needs in one go; and some frames go through all layers before the next, so that what is
between two layers stays in the processor's cache.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import torch
from torch.nn import functional

CELLS = 2**21
"""Frames times channels of the first layer that are heard at once."""


class Layer(NamedTuple):
    weight: Any
    """(channels out, samples or frames times channels in)."""
    bias: Any
    kernel: int
    stride: int
    norm: Any
    activation: Any


class Ear:
    def __init__(self, convolutions: Sequence[Any], *, half: bool) -> None:
        """`half`: all but the sums of the first layer are of bfloat16."""
        later = torch.bfloat16 if half else torch.float32
        self._layers = [
            flat(one, torch.float32 if n == 0 else later) for n, one in enumerate(convolutions)
        ]
        self._later = later
        self._step = prod(layer.stride for layer in self._layers)
        self._shortest = shortest(convolutions)
        first = self._layers[0]
        self._tile = max(1, CELLS // (len(first.weight) * self._step // first.stride))
        """Frames of the last layer that are heard at once."""

    def __call__(self, samples: Any) -> Any:
        """(1, samples) to (1, frames, width)."""
        samples = samples[0].contiguous()
        weight, bias = normalised(self._layers[0], samples)
        first = self._layers[0]._replace(weight=weight, bias=bias)
        frames = (len(samples) - self._shortest) // self._step + 1
        heard = []
        for start in range(0, frames, self._tile):
            count = min(self._tile, frames - start)
            begin = start * self._step
            some = samples[begin : begin + (count - 1) * self._step + self._shortest, None]
            some = passed(first, some, self._later)
            for layer in self._layers[1:]:
                some = passed(layer, some, self._later)
            heard.append(some)
        return torch.cat(heard)[None]


def flat(layer: Any, kind: Any) -> Layer:
    """`layer`: of transformers or torchaudio."""
    conv = layer.conv
    weight = conv.weight.detach().permute(0, 2, 1).reshape(conv.out_channels, -1)
    bias = None if conv.bias is None else conv.bias.detach().to(kind)
    norm = getattr(layer, "layer_norm", None)
    activation = getattr(layer, "activation", functional.gelu)
    kernel, stride = conv.kernel_size[0], conv.stride[0]
    return Layer(weight.to(kind).contiguous(), bias, kernel, stride, norm, activation)


def passed(layer: Layer, some: Any, kind: Any) -> Any:
    """(frames, channels) through a layer, to a type; a norm over time is in the layer's weights
    already."""
    count, channels = (len(some) - layer.kernel) // layer.stride + 1, some.shape[1]
    some = some.as_strided((count, layer.kernel * channels), (layer.stride * channels, 1))
    some = functional.linear(some, layer.weight, layer.bias).to(kind)
    if isinstance(layer.norm, torch.nn.LayerNorm):
        norm = layer.norm
        some = functional.layer_norm(some, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    return layer.activation(some)


def normalised(layer: Layer, samples: Any) -> tuple[Any, Any]:
    """Weight and bias of the first layer for `samples`. Where it normalises each channel over all
    frames, that is in them: mean and variance of a sum follow from those of what is added."""
    norm = layer.norm
    if not isinstance(norm, torch.nn.GroupNorm):
        return layer.weight, layer.bias
    frames = (len(samples) - layer.kernel) // layer.stride + 1
    windows = samples.as_strided((frames, layer.kernel), (layer.stride, 1)).double()
    weight = layer.weight.double()
    mean = windows.mean(0)
    covariance = windows.T @ windows / frames - torch.outer(mean, mean)
    variance = ((weight @ covariance) * weight).sum(1).clamp(min=0)
    gain = norm.weight.double() / torch.sqrt(variance + norm.eps)
    # The bias of a convolution is taken away again with the mean.
    bias = norm.bias.double() - weight @ mean * gain
    return (weight * gain[:, None]).float(), bias.float()


def shortest(convolutions: Sequence[Any]) -> int:
    """Samples that make one frame."""
    samples = 1
    for layer in reversed(convolutions):
        samples = (samples - 1) * layer.conv.stride[0] + layer.conv.kernel_size[0]
    return samples
