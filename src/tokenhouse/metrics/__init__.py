"""What is counted, and where the counts stand: plain numbers in memory that all workers share.

A count is one addition, with no lock; what is asked for in between is added up by whoever is asked.
"""
