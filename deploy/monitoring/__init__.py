"""What do operators watch? This code writes rules for Prometheus and dashboards for Grafana.

It does not run with Muster, and needs packages that are installed for the tests only: ``make
dashboards`` writes files, which are checked in.
"""
