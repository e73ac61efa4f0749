"""Feeds a history to today's workflow code and writes down every command of every task.

Runs in the user's own environment, Python 3.10 or newer with temporalio 1.18 or newer, and needs
nothing else of ours: `inspector replay pack` puts it into one file.
"""
