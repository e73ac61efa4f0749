"""Operations: bulk work under way and what became of it."""
