"""Making, showing and closing invitations; for the pages from which somebody can be invited."""
