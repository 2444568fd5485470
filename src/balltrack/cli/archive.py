"""``balltrack archive``: a season of matches → labels, whoever dies on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from balltrack.archive.options import ArchiveOptions
from balltrack.cli import asked, options
from balltrack.cli.many import print_summary
from balltrack.errors import OptionError, VideoError, counted
from balltrack.labels.formats import TRACKED
from balltrack.options import Columns, TrackOptions

if TYPE_CHECKING:
    from balltrack.archive.manifest import Manifest
    from balltrack.archive.pool import Pool
    from balltrack.archive.store import Film, Store
    from balltrack.archive.work import Orders


@click.command()
@click.argument("sources", metavar="SOURCE…", nargs=-1, required=True, type=options.ADDRESS)
@click.option(
    "--output",
    "-o",
    "destination",
    cls=options.SharedOption,
    required=True,
    type=options.ADDRESS,
    metavar="DEST",
    help="Folder or address for labels, manifest and summary.",
)
@options.formats(TRACKED, "csv")
@options.columns
@options.of(ArchiveOptions)
@click.option(
    "--ray",
    cls=options.SharedOption,
    is_flag=False,
    flag_value="",
    metavar="[ADDRESS]",
    help="Track on a Ray cluster, this machine's or that of an address; give it after SOURCE.",
)
@click.option(
    "--parquet",
    cls=options.SharedOption,
    is_flag=True,
    help="Write the summary as Parquet, too.",
)
@options.quality
@options.of(TrackOptions, without={"fps"})
@options.overwrite
@options.as_json
@options.quiet
@options.verbose
def archive(
    sources: tuple[str, ...],
    destination: str,
    formats: tuple[str, ...],
    columns: Columns,
    workers: int | None,
    part_minutes: float,
    retries: int,
    ray: str | None,
    parquet: bool,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **tracking_options: Any,
) -> None:
    """Track all videos of each SOURCE: a folder, a file, a pattern, or a prefix of an object store.

    Several processes share the videos. What is finished stays finished: the same command does only
    what is missing, whatever was killed before. A video that fails is set aside with its error,
    the others go on, and the exit code is 1.
    """
    from balltrack.archive.manifest import Manifest  # noqa: PLC0415  # after --help
    from balltrack.archive.ray_pool import load_ray  # noqa: PLC0415
    from balltrack.archive.season import Season  # noqa: PLC0415
    from balltrack.archive.store import Store, find_films  # noqa: PLC0415
    from balltrack.archive.summary import check_parquet  # noqa: PLC0415
    from balltrack.cli.console import listen, progress  # noqa: PLC0415

    chosen = TrackOptions(**tracking_options)
    sharing = ArchiveOptions(workers=workers, part_minutes=part_minutes, retries=retries)
    if chosen.lag is not None:
        raise OptionError("lag is for live sources; an archive waits for what is final")
    asked.refuse_idle_tracking([chosen])
    asked.refuse_columns(formats)
    if parquet:
        check_parquet()
    if ray is not None:
        load_ray()
    listen(quiet=quiet, verbose=verbose)
    films = find_films(sources)
    store = Store(destination)
    store.check()
    orders = _orders(chosen, sharing, destination, formats, columns, on_ray=ray is not None)
    _check_names(films, orders, store)
    manifest = Manifest(store, orders.key)
    results = {film.name: facts for film in films if (facts := manifest.done(film)) is not None}
    left = [film for film in films if film.name not in results]
    _settle_existing(left, orders, store, manifest, overwrite=overwrite)
    if as_json:
        for facts in results.values():
            click.echo(json.dumps(facts))
    if left:
        with (
            _pool(orders, sharing, ray) as pool,
            progress("tracking", quiet=quiet, noun="MB") as report,
        ):
            names = {film.url: film.name for film in left}
            season = Season(left, orders, pool, retries=sharing.retries)
            for facts in season.run(report):
                results[names[facts["video"]]] = facts
                if as_json:
                    click.echo(json.dumps(facts))
    _finish(store, results, parquet=parquet)
    ordered = [results[film.name] for film in films]
    if not quiet and not as_json:
        print_summary(ordered)
    _complain(ordered)


def _orders(
    chosen: TrackOptions,
    sharing: ArchiveOptions,
    destination: str,
    formats: tuple[str, ...],
    columns: Columns,
    *,
    on_ray: bool,
) -> Orders:
    """What every worker is told, with its share of the cores."""
    from balltrack.archive.manifest import key_of  # noqa: PLC0415  # after --help
    from balltrack.archive.pool import threads_each  # noqa: PLC0415
    from balltrack.archive.work import Orders, describe_orders  # noqa: PLC0415

    about = describe_orders(chosen, formats, columns) | {"balltrack": version("balltrack")}
    threads = 1 if on_ray else threads_each(sharing.workers, chosen.device)
    return Orders(
        options=replace(chosen, threads=chosen.threads or threads),
        destination=destination,
        formats=formats,
        columns=columns,
        part_s=60 * sharing.part_minutes,
        key=key_of(about),
    )


def _pool(orders: Orders, sharing: ArchiveOptions, ray: str | None) -> Pool:
    if ray is not None:
        from balltrack.archive.ray_pool import RayPool  # noqa: PLC0415  # an extra

        return RayPool(orders, sharing.workers, ray)
    from balltrack.archive.pool import LocalPool, default_workers  # noqa: PLC0415

    return LocalPool(orders, sharing.workers or default_workers(orders.options.device))


def _check_names(films: Sequence[Film], orders: Orders, store: Store) -> None:
    """Raise `OptionError` where two videos would have the same labels."""
    folded = store.ignores_case
    taken: dict[str, str] = {}
    for film in films:
        for name in orders.outputs(film).values():
            place = name.casefold() if folded else name
            if other := taken.get(place):
                raise OptionError(f"{name}: the labels of {other} and of {film.url}; rename one")
            taken[place] = film.url


def _settle_existing(
    left: Sequence[Film], orders: Orders, store: Store, manifest: Manifest, *, overwrite: bool
) -> None:
    """Raise `OptionError` for labels that are there and that no such run has begun."""
    if overwrite:
        return
    for film in left:
        there = [name for name in orders.outputs(film).values() if store.has(name)]
        if there and not manifest.is_ours(film):
            raise OptionError(
                f"{orders.destination}/{there[0]}: exists, and no run with these options made it; "
                "-y replaces what is there"
            )


def _finish(store: Store, results: dict[str, dict[str, Any]], *, parquet: bool) -> None:
    from balltrack.archive.summary import rows_of, write_csv, write_parquet  # noqa: PLC0415
    from balltrack.archive.work import PARTS  # noqa: PLC0415

    rows = rows_of(results)
    write_csv(store, rows)
    if parquet:
        write_parquet(store, rows)
    if not any("error" in facts for facts in results.values()):
        store.clear(PARTS)


def _complain(results: Sequence[dict[str, Any]]) -> None:
    failed = [facts for facts in results if "error" in facts]
    if failed:
        video, error = failed[0]["video"], failed[0]["error"]
        first = error if error.startswith(f"{video}: ") else f"{video}: {error}"
        raise VideoError(
            f"{len(failed)} of {counted(len(results), 'video')} failed, the first: {first}"
        )
