"""What is a dashboard made of? Its panels are graphs and figures over Prometheus, all alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    prometheus,
    stat,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)

DATA_SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
"""The Prometheus that is chosen at the top of the dashboard."""

TAG = "muster"
GREEN, RED = "green", "red"
GRID = 24


@dataclass(frozen=True, slots=True)
class Query:
    """A query of PromQL, and the name of its lines in the legend: a text, or ``{{label}}``."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Lines over time. Values above ``limit``, which is drawn as a line, are bad."""

    title: str
    about: str
    queries: Sequence[Query]
    unit: str = "short"
    limit: float | None = None
    width: int = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """The present value of a query: red from ``limit`` on, or red below ``least``."""

    title: str
    about: str
    expression: str
    unit: str = "short"
    limit: float | None = None
    least: float | None = None
    width: int = 4


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading. Their widths add up to lines of 24 columns."""

    title: str
    panels: Sequence[Graph | Figure]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of rows. ``name`` is the name of its file and of its address in Grafana."""

    name: str
    title: str
    about: str
    rows: Sequence[Row]

    def text(self) -> str:
        """Return the JSON that Grafana reads."""
        page = (
            dashboard.Dashboard(f"Muster: {self.title}")
            .uid(f"muster-{self.name}")
            .description(self.about)
            .tags([TAG])
            .readonly()
            .timezone("browser")
            .refresh("30s")
            .time("now-3h", "now")
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .with_variable(
                dashboard.DatasourceVariable("source").label("Data source").type("prometheus")
            )
            .link(_other_dashboards())
        )
        for row in self.rows:
            page.with_row(dashboard.Row(row.title))
            for panel in row.panels:
                page.with_panel(_built(panel))
        model = page.build()
        for number, placed in enumerate(model.panels or [], start=1):
            placed.id_val = number
        return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(model) + "\n"


def _other_dashboards() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("Muster")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(as_dropdown=False)
        .keep_time(keep_time=True)
        .include_vars(include_vars=True)
    )


def _built(panel: Graph | Figure) -> timeseries.Panel | stat.Panel:
    match panel:
        case Graph():
            return _graph(panel)
        case Figure():
            return _figure(panel)


def _graph(graph: Graph) -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title(graph.title)
        .description(graph.about)
        .datasource(DATA_SOURCE)
        .unit(graph.unit)
        .min(0)
        .height(8)
        .span(graph.width)
        .fill_opacity(10)
        .legend(
            common.VizLegendOptions()
            .show_legend(show_legend=True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    if graph.limit is not None:
        panel.thresholds(_thresholds(GREEN, graph.limit, RED))
        panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        )
    for letter, query in zip(ascii_uppercase, graph.queries, strict=False):
        panel.with_target(
            prometheus.Dataquery().expr(query.expression).legend_format(query.legend).ref_id(letter)
        )
    return panel


def _figure(figure: Figure) -> stat.Panel:
    panel = (
        stat.Panel()
        .title(figure.title)
        .description(figure.about)
        .datasource(DATA_SOURCE)
        .unit(figure.unit)
        .no_value("-")
        .height(4)
        .span(figure.width)
        .color_mode(BigValueColorMode.VALUE)
        .with_target(prometheus.Dataquery().expr(figure.expression).instant().ref_id("A"))
    )
    if figure.least is not None:
        return panel.thresholds(_thresholds(RED, figure.least, GREEN))
    if figure.limit is not None:
        return panel.thresholds(_thresholds(GREEN, figure.limit, RED))
    return panel.thresholds(
        dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(color="text")])
    )


def _thresholds(under: str, limit: float, above: str) -> dashboard.ThresholdsConfig:
    steps = [Threshold(color=under), Threshold(value=limit, color=above)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
