"""The backend that is always there keeps the contract, tried with the kit that authors use."""

from steno.plugins.testing import Check

pytest_plugins = ["steno.plugins.testing"]
STENO_PLUGIN = "pocketsphinx"


def test_conforms(steno_check: Check) -> None:
    steno_check()
