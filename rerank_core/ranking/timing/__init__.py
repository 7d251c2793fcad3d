"""Times: how long work will still take, and what else the machine did while something was timed."""
