"""`make conformance`: what becomes of many contracts, beside other generators."""
