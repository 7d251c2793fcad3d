"""Own models and blends made from the grades, and what they reach on queries that they did not see."""
