"""Grading a class: one submission, one sandbox, one row. The command is ``python -m tools.grading``.

``finding`` lists the files, ``notebook`` reads them, ``sandbox`` and ``process`` run ``worker`` on
each, ``marking`` turns what it says into points, ``records`` keeps them, ``table`` and ``report``
show them.
"""
