"""Grading a class: one submission, one sandbox, one row. The command is ``python -m tools.grading``.

``submissions`` lists the files, ``notebook`` reads them, ``sandbox`` and ``supervisor`` run ``worker`` on each: the
student's process. ``judge`` asks the questions in ours; they talk through ``pipe``. ``grade`` puts a submission
together, ``records`` keeps it, ``table`` and ``report`` show it; messages.toml has what they say.
"""
