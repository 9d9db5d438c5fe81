"""The pages that people read: every block of code in them runs."""
