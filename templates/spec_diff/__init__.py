"""`make spec-diff`: what a change to the contract means for users.

It compares the `Api` of two contracts: methods, arguments, classes, fields and enum members, by
their Python names. Other tools compare paths and JSON pointers, and don't know which names a
Python program would miss.
"""
