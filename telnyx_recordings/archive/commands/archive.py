"""`Client.archive`: one run, from taking the lock to the reconciliation."""

from __future__ import annotations

import sys
import time
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from os import PathLike
from typing import Literal, cast

from telnyx_recordings.archive.context import (
    Account,
    Connector,
    RemoteContext,
    WorkerContext,
    interruptible_sleep,
    registered,
)
from telnyx_recordings.archive.filters import read_conditions
from telnyx_recordings.archive.layout import LAYOUT, Layout, check_id
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.manifest.opening import open_manifest, write_lines
from telnyx_recordings.archive.records import AUDIO, Reason
from telnyx_recordings.archive.results import NOTHING, Problem, Reconciliation
from telnyx_recordings.archive.run.copy import copy_left_over
from telnyx_recordings.archive.run.delete import delete_archived
from telnyx_recordings.archive.run.discover import SETTLED_AFTER, copy_given, discover
from telnyx_recordings.archive.run.recover import recover
from telnyx_recordings.archive.run.state import MOST_PROBLEMS, Options, Run, check_flag
from telnyx_recordings.archive.run.transcripts import archive_transcripts
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import LINES
from telnyx_recordings.errors import ArchiveError, ConfigError

_WRITTEN_ALWAYS = 10_000
"""Largest archive, in recordings, whose `manifest.jsonl` is rewritten when some are added by id."""


def archive(  # noqa: PLR0913 - as `Client.archive`, whose other keywords are the options
    account: Account,
    destination: str | PathLike[str],
    options: Options,
    *,
    layout: str | None = None,
    executor: Executor | None = None,
    connector: Connector | None = None,
    report: Literal["table", "json"] | None = None,
) -> Reconciliation:
    """Do what `Client.archive` does, for any `Account`; `connector` is for an executor."""
    _check(options)
    store = open_store(destination)
    sleep = partial(interruptible_sleep, options.stopping)
    with ExitStack() as stack:
        manifest = stack.enter_context(
            open_manifest(store, dry_run=options.dry_run, wait=options.wait, sleep=sleep)
        )
        template = _settled_layout(manifest, layout)
        context = WorkerContext(account, store, template, options.stopping)
        token = stack.enter_context(registered(context))
        remote = connector and RemoteContext(connector, store.url, template, token)
        pool = executor or ThreadPoolExecutor(options.workers, thread_name_prefix="telnyx-archive")
        run = Run(options, context, remote, manifest, pool)
        try:
            result = _carry_out(run)
        except BaseException as error:
            options.stopping.set()
            try:
                with suppress(Exception):  # the first error is raised, not what it led to
                    run.abandon()
            except BaseException as another:  # a second Ctrl-C: leave at once
                another.add_note(_how_to_resume(run))
                raise
            error.add_note(_how_to_resume(run))
            raise
        finally:
            if executor is None:
                pool.shutdown(wait=True, cancel_futures=True)
    if report is not None:
        text = str(result) if report == "table" else result.to_json()
        sys.stdout.write(f"{text}\n")
    return result


def _carry_out(run: Run) -> Reconciliation:
    try:
        recover(run)
        if run.options.ids:
            copy_given(run)
        else:
            discover(run)
        copy_left_over(run)
        if run.options.transcripts and (run.options.delete or not run.options.dry_run):
            archive_transcripts(run)
        if run.options.delete:
            delete_archived(run, run.selection(run.now - SETTLED_AFTER))
    except BrokenExecutor as error:
        raise ArchiveError(f"the executor is broken: {error}") from error
    run.report_progress("finishing")
    result = _reconcile(run)
    if not run.options.dry_run:
        is_small = not run.options.ids or run.manifest.count() <= _WRITTEN_ALWAYS
        if (run.manifest.has_stale_lines and is_small) or run.store.stat(LINES) is None:
            write_lines(run.manifest, run.store)
        run.store.sweep(everything=not (result.failed.count or run.options.ids))
        run.manifest.database.shrink()
    return result


def _reconcile(run: Run) -> Reconciliation:
    selection = run.selection(run.now)
    tally = run.manifest.tally(selection, run.number)
    if run.options.dry_run:
        tally["stored"] = run.manifest.estimate(selection, run.options.formats)
        tally.pop("failed", None)
    problems = () if run.options.dry_run else run.manifest.problems(selection, MOST_PROBLEMS)
    return Reconciliation(
        destination=run.store.url,
        stored=tally.get("stored", NOTHING),
        already_there=tally.get("already_there", NOTHING),
        quarantined=tally.get("quarantined", NOTHING),
        failed=tally.get("failed", NOTHING),
        erased=tally.get("erased", NOTHING).count,
        deleted=run.deleted,
        to_delete=run.to_delete,
        not_deleted=dict(run.not_deleted),
        kept=tuple(run.kept),
        awaiting_transcripts=run.not_deleted.get(Reason.TRANSCRIPT, 0),
        deletion_stopped=run.deletion_stopped,
        transcripts=run.transcripts,
        problems=tuple(Problem(*each) for each in problems),
        missing=tuple(run.missing),
        dry_run=run.options.dry_run,
        seconds=time.monotonic() - run.started,
    )


def _how_to_resume(run: Run) -> str:
    return (
        f"{run.done - run.failed:,} recordings were archived in this run before it ended; "
        "work so far is kept: run the same archive again to continue"
    )


def _settled_layout(manifest: Manifest, layout: str | None) -> str:
    """Return the layout of the archive's first run, which may be this one."""
    kept = manifest.setting("layout")
    if kept is not None and layout is not None and layout != kept:
        raise ConfigError(
            f"this archive has the layout {kept!r}: keep that one, or choose another destination"
        )
    if kept is None:
        kept = Layout(LAYOUT if layout is None else layout).template
        with manifest.commit():
            manifest.set("layout", kept)
    return kept


def _check(options: Options) -> None:
    formats = options.formats
    check_flag("delete", options.delete)
    check_flag("dry_run", options.dry_run)
    if options.ids and (options.delete or options.conditions != read_conditions(None)):
        raise ConfigError("ids cannot be combined with a filter or with delete")
    for id_ in options.ids:
        try:
            check_id(id_)
        except ArchiveError as error:
            raise ConfigError(str(error)) from error
    if not formats or len(set(formats)) != len(formats) or set(formats) - set(AUDIO):
        raise ConfigError(f"formats must be wav, mp3 or both, each once, not {formats!r}")
    if options.workers < 1:
        raise ConfigError(f"workers must be at least 1, not {options.workers!r}")
    if options.max_delete is not None and options.max_delete < 0:
        raise ConfigError(f"max_delete must be at least 0, not {options.max_delete!r}")
    age = cast("object", options.min_age)  # what a caller without a type checker passes
    if not isinstance(age, timedelta):
        raise ConfigError(f"min_age must be a timedelta such as timedelta(days=30), not {age!r}")
    if age.total_seconds() < 0:
        raise ConfigError(f"min_age must not be negative, but is {options.min_age}")
