"""Systems made of systems: cascade, blend, signals, router. Import from the file; the door is `apply.apply`."""
