"""What who runs the service sees of it: metrics, health, settings, keys, traces, upgrades."""
