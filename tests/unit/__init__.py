"""The parts that reckon and touch nothing else, by themselves."""
