"""What the benchmarks share. They run daemons as the tests do, with the tests' harness."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
