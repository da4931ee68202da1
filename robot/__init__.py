"""What an arm is, how it may move, and what a task asks of it.

Pure numpy, no simulator, no hardware: ``model`` and ``kinematics`` describe an arm, ``command``
holds the messages, ``arm`` the interface, ``limits`` and ``trajectory`` what keeps motion safe.
"""
