"""The only code that opens sockets: the sync and async drivers of calls and downloads."""
