"""The doctor: what is wrong with the workspace, and how to mend it.

Words: a *check* looks for one kind of fault; a *finding* is one fault, with the command or step that mends it; a finding is *safe*
where Calcifer can mend it by itself without losing anything; an *examination* is all checks together, and changes nothing.
"""
