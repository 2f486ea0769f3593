"""What do operators watch? Rules for Prometheus and dashboards for Grafana, written by code.

Nothing of it runs with Muster, and it needs what is installed for the tests: ``make dashboards``
writes files, and they are checked in.
"""
