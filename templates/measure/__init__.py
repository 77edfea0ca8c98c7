"""`make measure`: count what a contract gives: modules, type errors, exact round trips."""
