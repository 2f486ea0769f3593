"""How does Grafana draw a panel? This module builds each kind of them, and all of a kind alike."""

from string import ascii_uppercase
from typing import assert_never

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.monitoring.installations import INSTALLATION, of_chosen, total
from deploy.monitoring.panels import Figure, Graph, Heatmap, Panel, Query, Table

DATA_SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
"""The Prometheus that is chosen at the top of the dashboard."""

GREEN, RED = "green", "red"

Built = timeseries.Panel | stat.Panel | heatmap.Panel | table.Panel


def built(panel: Panel) -> Built:
    """Return a panel as the library of Grafana builds it."""
    match panel:
        case Graph():
            return _graph(panel)
        case Figure():
            return _figure(panel)
        case Heatmap():
            return _heatmap(panel)
        case Table():
            return _table(panel)
        case _:
            assert_never(panel)


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
        panel.with_target(_asked(query).ref_id(letter))
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
        .with_target(_asked(Query(figure.expression, "")).instant().ref_id("A"))
    )
    if figure.least is not None:
        return panel.thresholds(_thresholds(RED, figure.least, GREEN))
    if figure.limit is not None:
        return panel.thresholds(_thresholds(GREEN, figure.limit, RED))
    return panel.thresholds(
        dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(color="text")])
    )


def _heatmap(drawn: Heatmap) -> heatmap.Panel:
    counted = total(f"increase({drawn.buckets}[$__rate_interval])", "le")
    return (
        heatmap.Panel()
        .title(drawn.title)
        .description(drawn.about)
        .datasource(DATA_SOURCE)
        .height(9)
        .span(drawn.width)
        .calculate(calculate=False)
        .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges"))
        # Half an event is one that lies between two scrapes; less is nothing.
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .y_axis(heatmap.YAxisConfig().unit(drawn.unit))
        .mode(TooltipDisplayMode.SINGLE)
        .show_y_histogram()
        .with_target(
            _asked(Query(counted, "", traces=True))
            .legend_format("{{le}}")
            .format(PromQueryFormat.HEATMAP)
            .ref_id("A")
        )
    )


def _table(shown: Table) -> table.Panel:
    names = {INSTALLATION: "installation", **shown.columns, "Value": shown.value}
    tidy = {
        "excludeByName": {"Time": True},
        "indexByName": {label: place for place, label in enumerate(names)},
        "renameByName": names,
    }
    return (
        table.Panel()
        .title(shown.title)
        .description(shown.about)
        .datasource(DATA_SOURCE)
        .unit(shown.unit)
        .no_value("none")
        .filterable(filterable=True)
        .height(8)
        .span(shown.width)
        .with_transformation(DataTransformerConfig(id_val="organize", options=tidy))
        .with_target(
            _asked(Query(shown.expression, "")).instant().format(PromQueryFormat.TABLE).ref_id("A")
        )
    )


def _asked(query: Query) -> prometheus.Dataquery:
    """Return a query for the chosen installations, whose lines begin with their installation."""
    asked = prometheus.Dataquery().expr(of_chosen(query.expression))
    asked.legend_format(f"{{{{{INSTALLATION}}}}} {query.legend}".strip())
    return asked.exemplar(exemplar=True) if query.traces else asked


def _thresholds(under: str, limit: float, above: str) -> dashboard.ThresholdsConfig:
    steps = [Threshold(color=under), Threshold(value=limit, color=above)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
