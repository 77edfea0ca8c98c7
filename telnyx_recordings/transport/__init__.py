"""What belongs here: the only code that opens sockets, and the loops that drive a flow."""
