"""The tests show behaviour from outside: over HTTP and on the command line, against a real server process."""
