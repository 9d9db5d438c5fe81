"""What people may do, one file per noun: the rules behind the REST, web and command line doors.

Each function takes the `Actor`, checks what the actor may, and makes the whole change in one
transaction. Refusals are causes (`errors`); each door words them its way.
"""
