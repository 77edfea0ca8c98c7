"""What belongs here: how a contract is read, until it says everything in the one way that is left.

What comes of it is a contract again, with `x-*` keys that templates print. prepare.py is the whole
way, so begin there. Then, in the order in which they are best read:

    reading, plain, files, pointers         what is in the files: data, and what a `$ref` points at
    service                                 servers, and keys
    operations, answers, parameters, bodies what each call takes and answers, as a method has it
    compose, heirs                          schemas made simple: allOf, nulls, choices, inheritance
    kinds, naming, schemas                  the types and classes that they become
    places, calls                           the types of what stands outside of named schemas
    examples, texts, given                  all that a template prints of a class
"""
