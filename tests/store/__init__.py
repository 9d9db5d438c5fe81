"""Everything kept, on both databases: what each table's functions do, migrations, and moving."""
