"""What belongs here: `make spec-diff`, which says what a change of the contract means for users.

A contract is read into what users see of it (surface.py: methods, arguments, classes, fields, enum
members, under their Python names), and two such surfaces are compared. The tools of the package
index compare paths and JSON pointers: none knows which names a Python program would miss.
"""
