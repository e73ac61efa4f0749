"""The command's groups, one module each; `cli.py` lists them."""
