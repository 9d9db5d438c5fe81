"""The tests show behaviour from outside: over HTTP and on the command line, of a real server."""
