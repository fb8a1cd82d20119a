"""`python -m steno.worker FD PARENT`: started by the supervisor, never by hand."""

import sys

from steno.worker.runtime import main

main(int(sys.argv[1]), int(sys.argv[2]))
