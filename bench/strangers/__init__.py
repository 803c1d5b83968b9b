"""Import failures that no rule was written for, each with its true cause, to judge grouping by."""
