"""What worker processes see of the daemon's environment."""

import pytest

from steno.workers.process import environment


def test_secrets_and_the_network_are_kept_from_plugin_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "MY_API_KEY", "AWS_SECRET"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    seen = environment()
    assert "hush" not in seen.values()
    assert (seen["HF_HUB_OFFLINE"], seen["ORT_DISABLE_TELEMETRY"]) == ("1", "1")
    assert seen["PYANNOTE_METRICS_ENABLED"] == "0"
    asking = environment(network=True)
    assert asking["HF_TOKEN"] == "hush"
    assert asking["HF_HUB_OFFLINE"] == "0"


def test_how_threads_wait_is_the_persons_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert environment()["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert environment()["OMP_WAIT_POLICY"] == "ACTIVE"
