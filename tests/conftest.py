"""All tests are in English, whatever the language of who runs them, and none fails for the time
that making its examples takes: machines are busy."""

import os

from hypothesis import HealthCheck, settings

os.environ["STENO_LANGUAGE"] = "C"  # before the first text is looked up

settings.register_profile("steno", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steno")
