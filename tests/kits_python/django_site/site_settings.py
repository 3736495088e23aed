"""Settings of a Django site that has the kit."""

import os

SECRET_KEY = "of-a-test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "polar_sync"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DB_FILE"]}}
USE_TZ = True
