"""What somebody sees who came by an invitation: one thing, and no way to anything else."""
