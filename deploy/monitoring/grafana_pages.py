"""Which file does Grafana read? It reads the JSON of a dashboard, with choices and links."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
    AnnotationQuery,
    DashboardCursorSync,
    DashboardLinkType,
    RowPanel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from deploy.monitoring.grafana_panels import DATA_SOURCE, built
from deploy.monitoring.installations import INSTALLATION, of_chosen
from deploy.monitoring.panels import Dashboard
from deploy.monitoring.queries import ALERTING, VERSIONS

TAG = "muster"
GRID = 24


class Marks(AnnotationQuery):
    """Marks in all graphs at the times when a query has a value.

    Grafana's library knows annotations of Grafana itself; those of Prometheus have more fields.
    """

    def __init__(self, name: str, expression: str, title: str, colour: str) -> None:
        asked = of_chosen(expression)
        super().__init__(name=name, datasource=DATA_SOURCE, icon_color=colour, expr=asked)
        self._title = title

    def to_json(self) -> dict[str, object]:
        """Return the marks as Grafana's data source of Prometheus reads them."""
        of_prometheus = {
            "titleFormat": self._title,
            "textFormat": f"{{{{{INSTALLATION}}}}}",
            "step": "60s",
        }
        return {**super().to_json(), **of_prometheus}


MARKS = (
    Marks("Versions", VERSIONS, "version {{version}}", "blue"),
    Marks("Alerts", ALERTING, "{{alertname}} ({{severity}})", "red"),
)


def text_of(page: Dashboard) -> str:
    """Return the JSON that Grafana reads."""
    made = (
        dashboard.Dashboard(f"Muster: {page.title}")
        .uid(f"muster-{page.name}")
        .description(page.about)
        .tags([TAG])
        .readonly()
        .timezone("browser")
        .refresh("30s")
        .time("now-3h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(
            dashboard.DatasourceVariable("source").label("Data source").type("prometheus")
        )
        .with_variable(_installations())
        .link(_other_dashboards())
    )
    for row in page.rows:
        made.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            made.with_panel(built(panel))
    model = made.build()
    model.annotations = AnnotationContainer(list_val=list(MARKS))
    each = {row.title for row in page.rows if row.each}
    for number, placed in enumerate(model.panels or [], start=1):
        placed.id_val = number
        if isinstance(placed, RowPanel) and placed.title in each:
            placed.repeat = INSTALLATION
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(model) + "\n"


def _installations() -> dashboard.QueryVariable:
    """Return the choice of installations. All of them include one without a name."""
    return (
        dashboard.QueryVariable(INSTALLATION)
        .label("Installation")
        .datasource(DATA_SOURCE)
        .query(f"label_values(muster_build_info, {INSTALLATION})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(VariableOption(text=["All"], value=["$__all"]))
    )


def _other_dashboards() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("Muster")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(as_dropdown=False)
        .keep_time(keep_time=True)
        .include_vars(include_vars=True)
    )
