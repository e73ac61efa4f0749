"""The parts every screen is made of (shared anatomy: docs/ui.md)."""
