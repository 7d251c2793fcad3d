"""From a judge's key to a committed grade: numbered events, the way up and the way back."""
