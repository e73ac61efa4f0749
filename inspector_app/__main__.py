"""`python -m inspector_app`: the `inspector` command."""

from inspector_app.cli import main

main()
