"""What the book and its exercises say and show with nflib: words, tables, figures, feedback.

The library knows nothing of it: no module outside this folder imports one inside.
"""
