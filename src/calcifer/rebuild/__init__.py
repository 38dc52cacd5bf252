"""Rebuild: the database made anew from the repositories alone; what was there is kept aside.

What git says is *found*; what it does not say (people, their sessions, the activity) is *carried over* from the database that was
there, where that can be read; what could not be taken is *unread*, and reported with its place and reason.
"""
