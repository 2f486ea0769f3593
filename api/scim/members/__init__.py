"""How do members of a group travel? Sent, steps, plan, parameter, writes: one module each.

``sent`` reads what a provider sent, ``steps`` says what each operation does, ``plan`` makes one
change of all steps, ``parameter`` names its members in one parameter, ``writes`` stores it.
``reads`` and ``stored`` look members up, ``answers`` and ``json_in_sql`` show them (decision 14).
"""
