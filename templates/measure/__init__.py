"""`make measure`: count a package's modules, type errors and exact round trips."""
