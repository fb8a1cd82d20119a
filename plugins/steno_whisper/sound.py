"""Samples as models hear them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def floats(samples: Any) -> NDArray[np.float32]:
    """Signed 16 bit samples, of any shape, as numbers from -1 to 1."""
    return np.asarray(samples, np.int16).astype(np.float32) / 32768.0
