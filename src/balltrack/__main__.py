"""Where the ``balltrack`` script and ``python -m balltrack`` begin."""

import signal


def main() -> None:
    """Run the command line; Ctrl-C while it still loads ends it without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from balltrack.cli import main as commands  # noqa: PLC0415  # after that

    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    commands.main()


if __name__ == "__main__":
    main()
