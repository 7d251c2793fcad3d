"""All that knows Streamlit: the frame, the state, the caches, the board."""
