"""The law as data: packs are loaded and proved, assessed and enacted, and know no jurisdiction by name."""
