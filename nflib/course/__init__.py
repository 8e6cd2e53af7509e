"""Parts of nflib that only the book and its exercises use: checks, tables, figures, languages.

No module outside this folder imports one inside.
"""
