"""What nflib is tried and taught with: laws of known density, measurements, checks, figures, languages.

No module outside this folder imports one inside.
"""
