"""People, their posts with dates, three administrators, who stands in for whom, and leaving."""
