"""`telnyx-recordings browse`: search, view and play an archive in the browser."""

from __future__ import annotations

from contextlib import suppress

import click

from telnyx_recordings.cli import options, param_types
from telnyx_recordings.cli.command import described


@described("browse", "browse recordings", "browse s3://bucket/recordings --port 8020")
@options.destination
@options.port
@click.option("--open", "opens", is_flag=True, help="Open the page in the default browser.")
@options.tz
def command(*, destination: str, port: int, opens: bool) -> None:
    """Serve web pages on this machine to search, view and play the archive at DESTINATION.

    The first line printed is the address. It contains a key that nobody else should see. The
    pages show the archive and change nothing. Ctrl-C ends the command.
    """
    import webbrowser

    from telnyx_recordings.errors import MissingExtraError

    try:
        from telnyx_recordings.browse.server import open_pages
    except ImportError as error:
        raise MissingExtraError("browse", "browse") from error

    with open_pages(destination, port, param_types.zone()) as pages:
        click.echo(pages.url)
        click.echo("Press Ctrl-C to stop.", err=True)
        if opens:
            webbrowser.open(pages.url)
        with suppress(KeyboardInterrupt):
            pages.serve()
