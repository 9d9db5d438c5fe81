"""Mutation testing: change one thing in a protocol room, and see whether a test notices."""
