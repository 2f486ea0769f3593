"""How do members of a group travel? A change passes sent, steps, plan, parameter and writes.

``sent`` reads the entries of a request, ``steps`` turns each operation into steps, ``plan`` folds
the steps into one change, ``parameter`` writes its members into one parameter, and ``writes``
stores it. ``reads``, ``stored`` and ``answers`` look members up and show them (decision 14).
"""
