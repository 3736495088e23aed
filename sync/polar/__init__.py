"""Polar's API: the client, one module for each resource, pagination, errors, the rate budget.

It imports the mirror (its answers are the mirror's objects), the store and the foundation. It
offers `client`, `customers`, `subscriptions`, `webhooks`, `lists`, `endpoint`, `setup`, `budget`,
`share`, `organization` and `errors`.
"""
