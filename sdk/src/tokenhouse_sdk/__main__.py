"""The command `th`; the extra `cli` brings what it needs."""

import sys


def main() -> None:
    """Run `th`; a refusal is one line on standard error and exit code 1."""
    try:
        from tokenhouse_sdk.cli import run  # noqa: PLC0415 - because it may not be installed
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        sys.exit("th: the command line needs the extra: pip install 'tokenhouse-sdk[cli]'")
    run()


if __name__ == "__main__":
    main()
