"""`python -m tokenhouse`, and the command `tokenhouse`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; an interrupt or a full disk under its output is no traceback."""
    try:
        from tokenhouse.cli import app  # noqa: PLC0415 - because loading may be interrupted

        app()
    except KeyboardInterrupt:
        sys.exit(130)  # what a shell reports for SIGINT
    except OSError as error:
        sys.exit(f"tokenhouse: {error.strerror}: {error.filename or 'while writing the output'}")


if __name__ == "__main__":
    main()
