"""Everything kept: one file per table with its columns, its row type and all its SQL.

The functions that touch a table are plain ones over a SQLAlchemy connection, the same for
SQLite and PostgreSQL; `database.Database` decides on which thread and in which transaction
they run.
"""
