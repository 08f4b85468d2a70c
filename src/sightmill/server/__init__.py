"""The studio's server: the whole work over HTTP, for the browser and for programs. It never loads PyTorch."""
