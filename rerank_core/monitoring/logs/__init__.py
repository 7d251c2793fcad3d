"""Forms of logs: a file per form, which makes requests and clicks of its rows."""
