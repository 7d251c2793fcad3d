"""The world's formats, one per file, each read as a stream; nothing here knows of the workspace."""
