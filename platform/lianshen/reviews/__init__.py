"""Joint review: one opinion for each office asked, each with its own date."""
