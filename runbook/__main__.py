"""`python -m runbook`."""

import gc

gc.disable()  # nothing that is loaded becomes garbage: looking for it is a tenth of the start

from runbook.cli import main  # noqa: E402

main()
