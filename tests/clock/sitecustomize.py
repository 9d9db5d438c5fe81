"""Sets a server process's clock ahead by the seconds in CLOCK_FILE, so that a test need not wait.

Python reads this file at its start when the folder is on PYTHONPATH; the server knows nothing of
it. What stands in CLOCK_FILE may change while the server runs.
"""

import os
import time

_file = os.environ.get("CLOCK_FILE")
_true_time = time.time

if _file:
    _seconds = os.open(_file, os.O_RDONLY)
    time.time = lambda: _true_time() + float(os.pread(_seconds, 32, 0))
