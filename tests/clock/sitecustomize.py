"""Sets a server process's clock ahead by CLOCK_AHEAD seconds, so that a test need not wait.

Python reads this file at its start when the folder is on PYTHONPATH; the server knows nothing of
it.
"""

import os
import time

_ahead = float(os.environ.get("CLOCK_AHEAD", "0"))
_true_time = time.time

if _ahead:
    time.time = lambda: _true_time() + _ahead
