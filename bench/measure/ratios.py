"""What was measured side by side, told as ratios and held against a bar."""

import argparse
from collections.abc import Iterable, Sequence
from statistics import median


def arguments(purpose: str | None, **defaults: int | float) -> argparse.Namespace:
    """What the command line asks for; each of `defaults` can be set."""
    parser = argparse.ArgumentParser(
        description=purpose, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help="%(default)s")
    return parser.parse_args()


def pairwise(pairs: Iterable[tuple[float, float]]) -> float:
    """The median of the ratios of what was measured in one round: noise of the machine that lasts
    longer than a round counts on both sides."""
    return median(ours / beside for ours, beside in pairs)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, least and most."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def judge(what: str, value: float, *, most: float = 0.0, least: float = 0.0) -> None:
    """Prints `value` and whether it keeps its bar: `most`, or else `least`."""
    kept = value <= most if most else value >= least
    bar = f"at most {most:g}" if most else f"at least {least:g}"
    print(f"=> {what}: {value:.3f} ({bar}) {'kept' if kept else 'MISSED'}", flush=True)
