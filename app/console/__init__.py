"""The console: how things stand, as pages for a browser. Off without CONSOLE_TOKEN.

Pages are made here, without JavaScript. What they show is read by `sync.reports`, as for the status
API and the commands. It holds no personal data beyond ids, and none of a user who is forgotten.
"""
