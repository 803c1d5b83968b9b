"""Commands that ask a running desk over HTTP; they import nothing of the desk itself."""
