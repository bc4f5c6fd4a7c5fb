"""The page and the HTTP API: the only importer of gradio and fastapi."""
