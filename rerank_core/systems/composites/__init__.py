"""Systems made of systems: cascade, blend, signals, router, floor. Import from the file; the door is `apply.apply`."""
