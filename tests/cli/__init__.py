"""The command line from outside: real processes, their exit codes, what they print and keep."""
