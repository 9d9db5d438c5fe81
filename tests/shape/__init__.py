"""The architecture's own tests: rules that hold for every file, whoever writes it."""
