"""The comparison board: a Streamlit component without a build step."""
