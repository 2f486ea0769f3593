"""What do operators watch? Rules for Prometheus and dashboards for Grafana, written by code.

Nothing of it runs with Muster: ``make dashboards`` writes files, and they are checked in.
"""
