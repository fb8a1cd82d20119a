"""All tests are in English, whatever the language of who runs them."""

import os

os.environ["STENO_LANGUAGE"] = "C"  # before the first text is looked up
