"""What Tune and Train share: their fields, a job's answer that stands until another one is asked for, keeping it."""
