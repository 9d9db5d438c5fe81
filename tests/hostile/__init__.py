"""The catalogue of hostile requests: each with its right answer and where that is written."""
