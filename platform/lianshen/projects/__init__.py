"""Projects: ledgers of facts. An action is open when its gate holds; doing it adds facts and starts or stops clocks."""
