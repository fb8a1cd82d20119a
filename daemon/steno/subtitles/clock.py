"""Times as subtitle files write them."""


def stamp(seconds: float, point: str) -> str:
    """`HH:MM:SS` and milliseconds after `point`; hours grow beyond two digits if they must."""
    minutes, millis = divmod(max(round(seconds * 1000), 0), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{millis // 1000:02}{point}{millis % 1000:03}"
