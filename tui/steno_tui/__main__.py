"""`python -m steno_tui` is `steno`."""

import sys

from steno_tui.cli import main

sys.exit(main())
