"""The world's formats, one a file, each read as a stream; nothing here knows of the workspace."""
