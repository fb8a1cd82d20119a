"""Words of the daemon that commands show, for the catalogue: `_` translates them where a person
reads them, and programs get them as they are."""

from steno_tui.texts import later

STATES = (
    later("created"),
    later("queued"),
    later("running"),
    later("completed"),
    later("failed"),
    later("paused"),
    later("cancelled"),
    later("removed"),
)
"""Of jobs."""

REASONS = (
    later("user"),
    later("gaps"),
    later("disk full"),
    later("client gone"),
    later("recovered"),
    later("daemon stopped"),
    later("room again"),
)
"""Of states, without underscores."""

PHASES = (
    later("fetch"),
    later("extract"),
    later("split"),
    later("transcribe"),
    later("align"),
    later("write"),
    later("finish"),
)

MODELS = (
    later("not downloaded"),
    later("waiting"),
    later("downloading"),
    later("fetching"),
    later("loading"),
    later("loaded"),
    later("ready"),
    later("incomplete"),
    later("error"),
)
"""Statuses of models, without underscores."""

WORKERS = (
    later("starting"),
    later("idle"),
    later("busy"),
)
