"""The group of commands, and how errors become one line and an exit code."""

from __future__ import annotations

import codecs
import errno
import importlib
import io
import os
import re
import signal
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NoReturn

import click

from balltrack.cli.config import config
from balltrack.cli.options import ENVIRONMENT
from balltrack.errors import BalltrackError, OutputError

COMMANDS = {
    "track": ("balltrack.cli.track:track", "Find the ball in a video: labels, and an overlay."),
    "archive": (
        "balltrack.cli.archive:archive",
        "Track a season of matches, here or on a cluster.",
    ),
    "render": ("balltrack.cli.render:render", "Draw labels over their video."),
    "events": ("balltrack.cli.events:events", "Find hits and bounces in labels."),
    "rallies": ("balltrack.cli.rallies:rallies", "Find the rallies in labels."),
    "report": ("balltrack.cli.report:report", "Show what is known of the ball on one page."),
    "clips": ("balltrack.cli.clips:clips", "Cut the rallies out of a video."),
    "review": ("balltrack.cli.review:review", "Put labels right in a browser."),
    "suggest": ("balltrack.cli.suggest:suggest", "Pick the frames most worth labelling."),
    "convert": ("balltrack.cli.convert:convert", "Write labels in another program's format."),
    "evaluate": ("balltrack.cli.evaluate:evaluate", "Score labels against the truth."),
    "compare": ("balltrack.cli.compare:compare", "Hold systems against each other on one video."),
    "bench": ("balltrack.cli.bench:bench", "Time the whole way, stage by stage."),
    "shots": ("balltrack.cli.shots:shots", "List the shots of a video, and which show play."),
    "info": ("balltrack.cli.info:info", "Show what a video file holds."),
    "doctor": ("balltrack.cli.doctor:doctor", "Look over this machine, for reports of faults."),
    "weights": ("balltrack.cli.weights:weights", "List and describe the weights there are."),
    "train": ("balltrack.cli.train:train", "Train a network on labelled clips."),
    "teach": ("balltrack.cli.teach:teach", "Teach weights your own sport, from corrected labels."),
    "fit-linking": (
        "balltrack.cli.fit_linking:fit_linking",
        "Fit the choice of the path to a network.",
    ),
    "fit-events": (
        "balltrack.cli.fit_events:fit_events",
        "Train what finds hits and bounces.",
    ),
    "fit-play": (
        "balltrack.cli.fit_play:fit_play",
        "Train what tells shots of play from others.",
    ),
    "label": ("balltrack.cli.label:label", "Label videos by a network, to train on."),
    "demo": ("balltrack.cli.demo:demo", "Track a rendered clip with the shipped weights."),
}
"""Name → where the command lives, and its line in the list: listing imports none of them."""

PRINTING = frozenset({"evaluate", "compare", "bench", "shots", "info", "doctor", "weights"})
"""Commands whose answer is what they print on stdout."""

INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a command when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Group) and config not in command.params:
            command.params.append(config)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no command {args[0]!r}; there are {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": ENVIRONMENT,
        "max_content_width": 100,
    },
    epilog="Exit codes: 0 done, 1 an input or output failed, 2 asked wrongly, 130 interrupted, "
    "143 ended by SIGTERM.",
)
@click.version_option(package_name="balltrack", prog_name="balltrack", allow_from_autoenv=False)
@click.pass_context
def cli(context: click.Context) -> None:
    """Where is the ball? Labels and an overlay for every frame of a broadcast match."""
    name = context.invoked_subcommand
    if name in PRINTING and sys.stdout is None:
        raise OutputError(f"stdout is closed, and what `{name}` finds goes there; open it")


NO_THREADS = "can't start new thread"
"""Python's words where a system or a container allows no more of them."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; expected errors become one stderr line."""
    try:
        result: Any = cli.main(arguments, prog_name="balltrack", standalone_mode=False)
        if sys.stdout is not None:  # as it is where the shell closed it: `>&-`
            sys.stdout.flush()  # a reader that went away is noticed here, not at exit
    except BalltrackError as error:
        return _fail(str(error), error.exit_code)
    except click.Abort as error:  # of a KeyboardInterrupt, which may say more
        more = str(error.__cause__ or "")
        return _fail(f"interrupted; {more}" if more else "interrupted", INTERRUPTED)
    except click.ClickException as error:
        return _misused(error, sys.argv[1:] if arguments is None else arguments)
    except BrokenPipeError:
        sys.stdout = None  # nobody reads; nothing to flush at exit
        return 1
    except (OSError, RuntimeError) as error:
        return _fail(_system(error), 1)
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    """Entry point of the ``balltrack`` script."""
    let_threads_sleep()
    _clean_up_when_ended()
    _take_any_name()
    sys.exit(run())


def let_threads_sleep() -> None:
    """OpenMP's threads wait for each other asleep, and OpenBLAS computes in the thread that asks.

    Both are read once, when torch and NumPy load. OpenMP's threads spin by default, and every
    operation of a network is such a wait: with anything else on the cores, the decoding thread for
    one, they burn the time that the others need (7 times slower measured on two busy cores).
    NumPy's products are small here: two threads take 20 times the CPU time of one for InpaintNet's.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _clean_up_when_ended() -> None:
    """End by an exception where a job scheduler or a closing terminal ends the process.

    The default is to die on the spot, with temporary files left behind. A signal that is
    ignored, as ``nohup`` has it, stays ignored.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda number, _: sys.exit(128 + number))


def _take_any_name() -> None:
    """Print names of files that are not text as the bytes that they are.

    A console that does not know all letters, such as one in cp1252, shows "?" for the others. On
    stdout alone: stderr shows by itself what it cannot print.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # None where the shell closed it
        knows_all = codecs.lookup(sys.stdout.encoding).name == "utf-8"
        sys.stdout.reconfigure(errors="surrogateescape" if knows_all else "replace")


def _fail(message: str, exit_code: int) -> int:
    click.echo(f"balltrack: {' '.join(message.split())}", err=True)
    return exit_code


def _misused(error: click.ClickException, arguments: Sequence[str]) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)  # the help keeps its lines
        return 2
    context = getattr(error, "ctx", None)
    command = [name for name in arguments[:1] if name in COMMANDS]  # the parser says no context
    path = context.command_path if context else " ".join(["balltrack", *command])
    message = error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        message = _below_zero(error.option_name, arguments) or message
    return _fail(f"{message}; see `{path} --help`", 2)


def _below_zero(name: str, arguments: Sequence[str]) -> str | None:
    """What to say of a number that was read as an option, where the value may be left out."""
    for flag, value in pairwise(arguments):
        if flag.startswith("--") and value.startswith(name) and re.fullmatch(r"-[\d.]+", value):
            return f"{flag} takes no number below 0, got {value}"
    return None


def _system(error: OSError | RuntimeError) -> str:
    if isinstance(error, RuntimeError):
        if NO_THREADS not in str(error):
            raise error
        return f"{error}: the system allows no more; raise its limit (ulimit -u)"
    if error.errno == errno.ENOSPC and not error.filename:
        sys.stdout = None  # nor would what is left fit at exit
    nameless = "stdout: " if error.errno == errno.ENOSPC else ""  # files are named by who writes
    where = f"{error.filename}: " if error.filename else nameless
    advice = "; free some space and run again" if error.errno == errno.ENOSPC else ""
    return f"{where}{error.strerror or error}{advice}"
