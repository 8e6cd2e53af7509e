"""Grading a class: one submission, one sandbox, one row. The command is ``python -m tools.grading``.

``submissions`` lists the files, ``notebook`` reads them, ``sandbox`` and ``supervisor`` run ``worker``
on each, ``grade`` turns what it says into points, ``records`` keeps them, ``table`` and ``report`` show
them; messages.toml has what they say.
"""
