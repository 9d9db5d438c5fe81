"""`python -m tokenhouse`, and the command `tokenhouse`."""

from tokenhouse.cli import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
