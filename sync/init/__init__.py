"""`polar-sync init`: from a token to a deployment that is ready to serve.

Stands on the doctor, the migrations and Polar's setup. Offers `steps.run`; what only a person knows
it asks through `questions.Questions`.
"""
