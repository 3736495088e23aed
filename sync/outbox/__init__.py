"""Signed webhooks to the app, and notes to its operators: durable before they are sent.

Stands on the store. A message is written in the transaction of what it tells of (`queries.put`);
the `courier` sends it until it is acknowledged. Others ask by `queries`.
"""
