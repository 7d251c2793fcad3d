"""What watching traffic finds, and how long a log takes to read."""
