"""What a team has already in another framework, as a system: it stands in the comparison beside all others."""
