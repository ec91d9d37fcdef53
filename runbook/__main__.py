"""`python -m runbook`."""

import gc

gc.disable()  # nothing that is loaded becomes garbage: looking for it is a tenth of the start

from runbook import interrupts  # noqa: E402

try:
    from runbook.cli import main
except KeyboardInterrupt:
    interrupts.end_loading()

main()
