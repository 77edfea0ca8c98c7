"""One archive run, from the lock to the reconciliation."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from contextlib import suppress
from os import PathLike
from typing import Literal

from telnyx_recordings.archive.coordinator import Desk, Options
from telnyx_recordings.archive.deletion import delete_archived
from telnyx_recordings.archive.layout import LAYOUT, Layout
from telnyx_recordings.archive.listing import SETTLED_AFTER, list_and_copy, list_transcriptions
from telnyx_recordings.archive.manifest import Manifest
from telnyx_recordings.archive.rebuild import opened, write_lines
from telnyx_recordings.archive.recovery import recover
from telnyx_recordings.archive.report import NOTHING, Problem, Reconciliation
from telnyx_recordings.archive.sites import Account, Elsewhere, Here, Site, at_home
from telnyx_recordings.archive.store import LINES, Store, open_store
from telnyx_recordings.errors import ArchiveError, ConfigError

_FORMATS = ("mp3", "wav")
_MOST_PROBLEMS = 1000


def archive(  # noqa: PLR0913 - as `Client.archive`, whose other keywords are the options
    account: Account,
    destination: str | PathLike[str] | Store,
    options: Options,
    *,
    layout: str | None = None,
    executor: Executor | None = None,
    elsewhere: Callable[[str, tuple[int, str]], Elsewhere] | None = None,
    report: Literal["table", "json"] | None = None,
) -> Reconciliation:
    """Carry an archive run out: `Client.archive`, on anything that gives recordings and audio.

    `elsewhere` makes the site of an executor's workers, of the destination's URL and the name that
    the run has in this process.
    """
    _check(options)
    store = destination if not isinstance(destination, str | PathLike) else open_store(destination)
    here = Here(account, store, options.stopping)
    with opened(store, rehearsal=options.dry_run) as manifest, at_home(here) as name:
        _settle_layout(manifest, layout)
        site: Site = here if executor is None or elsewhere is None else elsewhere(store.url, name)
        own = executor or ThreadPoolExecutor(options.workers, thread_name_prefix="telnyx-archive")
        desk = Desk(options, here, site, manifest, own)
        try:
            result = _carry_out(desk)
        except BaseException as error:
            options.stopping.set()
            try:
                with suppress(Exception):  # what ended the run is told, not what followed from it
                    desk.abandon()
            except BaseException as another:  # Ctrl-C once more: as little as can be is waited for
                another.add_note(_how_to_go_on(desk))
                raise
            error.add_note(_how_to_go_on(desk))
            raise
        finally:
            if executor is None:
                own.shutdown(wait=True, cancel_futures=True)
    if report is not None:
        text = str(result) if report == "table" else result.to_json()
        sys.stdout.write(f"{text}\n")
    return result


def _carry_out(desk: Desk) -> Reconciliation:
    try:
        recover(desk)
        list_and_copy(desk)
        if desk.options.transcripts and (desk.options.delete or not desk.options.dry_run):
            list_transcriptions(desk)
        selection = desk.selection(desk.options.conditions.high(desk.now - SETTLED_AFTER))
        if desk.options.delete:
            delete_archived(desk, selection)
    except BrokenExecutor as error:
        message = f"the executor that was to copy is broken: {error}"
        raise ArchiveError(message) from error
    desk.tell("finishing")
    result = _reconcile(desk)
    if not desk.options.dry_run:
        if desk.manifest.has_stale_lines or desk.store.stat(LINES) is None:
            write_lines(desk.manifest, desk.store)
        desk.store.sweep(everything=not result.failed.count)
        desk.manifest.shrink()
    return result


def _reconcile(desk: Desk) -> Reconciliation:
    selection = desk.selection(desk.options.conditions.high(desk.now))
    tally = desk.manifest.tally(selection, desk.run)
    if desk.options.dry_run:
        tally["stored"] = desk.manifest.estimate(selection, desk.options.formats)
        tally.pop("failed", None)
    problems = () if desk.options.dry_run else desk.manifest.problems(selection, _MOST_PROBLEMS)
    return Reconciliation(
        destination=desk.store.url,
        stored=tally.get("stored", NOTHING),
        already_there=tally.get("already_there", NOTHING),
        quarantined=tally.get("quarantined", NOTHING),
        failed=tally.get("failed", NOTHING),
        erased=tally.get("erased", NOTHING).count,
        deleted=desk.deleted,
        awaiting_transcripts=desk.awaited,
        deletion_stopped=desk.deletion_stopped,
        transcripts=desk.transcripts,
        problems=tuple(Problem(*each) for each in problems),
        dry_run=desk.options.dry_run,
        seconds=time.monotonic() - desk.started,
    )


def _how_to_go_on(desk: Desk) -> str:
    return (
        f"{desk.done - desk.failed:,} recordings were archived in this run before it ended; "
        "what is done is kept: run the same archive again and it goes on from here"
    )


def _settle_layout(manifest: Manifest, wanted: str | None) -> None:
    """Keep the archive's layout, which the first run decides."""
    kept = manifest.setting("layout")
    if kept is not None and wanted is not None and wanted != kept:
        message = (
            f"this archive has the layout {kept!r}: go on with that, or archive to another place"
        )
        raise ConfigError(message)
    layout = Layout(kept if kept is not None else LAYOUT if wanted is None else wanted)
    if kept is None:
        with manifest.commit():
            manifest.set("layout", layout.template)


def _check(options: Options) -> None:
    formats = options.formats
    if not formats or len(set(formats)) != len(formats) or set(formats) - set(_FORMATS):
        message = f"formats must name wav, mp3 or both, each once, not {formats!r}"
        raise ConfigError(message)
    if options.workers < 1:
        message = f"workers must be 1 at least, not {options.workers!r}"
        raise ConfigError(message)
    if options.max_delete is not None and options.max_delete < 0:
        message = f"max_delete must be 0 at least, not {options.max_delete!r}"
        raise ConfigError(message)
    if options.min_age.total_seconds() < 0:
        message = f"min_age must not be negative, as {options.min_age} is"
        raise ConfigError(message)
