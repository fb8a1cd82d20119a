"""Keys, declared with the name by which a person gives them others in `tui.toml`."""

from functools import partial

from textual.binding import Binding


def key(
    name: str,
    keys: str,
    action: str,
    label: str,
    about: str = "",
    sign: str = "",
    *,
    show: bool = True,
) -> Binding:
    """A key that the bottom of the screen shows. `sign`: how it is written there."""
    return Binding(
        keys,
        action,
        label,
        tooltip=about,
        id=name,
        key_display=sign or None,
        show=show,
    )


quiet = partial(key, show=False)
"""A key that only the help and the palette show."""
