// ECharts in the portal's colours: charts that follow the screen's size and its light or dark side, and that screen
// readers can read. The page loads ECharts itself, by components/chart_assets.html.

const COLOURS = ["--tone-green", "--tone-blue", "--tone-yellow", "--tone-red", "--tone-grey"];
const drawn = new Map(); // the option of each element
// light-dark() resolves only on an element, so every colour is read through one.
const probe = document.createElement("span");

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) echarts.getInstanceByDom(target)?.resize();
});

document.addEventListener("portal:theme", () => drawn.forEach((_, element) => draw(element)));

// Draws a chart into the element, whose height comes from .chart. The option is plain ECharts.
export function drawChart(element, option) {
  drawn.set(element, option);
  draw(element);
  sizes.observe(element);
}

// Returns the address of a drawn chart as a file: "png", twice as fine as the screen, or "svg".
export function chartFile(element, kind) {
  const shown = echarts.getInstanceByDom(element);
  if (kind === "png") return shown.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: surface() });
  const size = { width: shown.getWidth(), height: shown.getHeight() };
  const chart = echarts.init(null, theme(), { renderer: "svg", ssr: true, ...size });
  chart.setOption({ animation: false, backgroundColor: surface(), ...drawn.get(element) });
  const text = chart.renderToSVGString();
  chart.dispose();
  return URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
}

function surface() {
  document.body.append(probe);
  const found = colour("--tblr-bg-surface");
  probe.remove();
  return found;
}

function draw(element) {
  echarts.getInstanceByDom(element)?.dispose();
  const chart = echarts.init(element, theme());
  chart.setOption({ aria: { enabled: true }, animation: false, ...drawn.get(element) });
}

function theme() {
  document.body.append(probe);
  const text = colour("--tblr-secondary");
  const line = colour("--tblr-border-color");
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    axisLabel: { color: text, fontSize: 12 },
    splitLine: { lineStyle: { color: line } },
  };
  const colours = {
    color: COLOURS.map(colour),
    textStyle: { fontFamily: "Inter Variable, system-ui, sans-serif", color: text },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: axis,
    timeAxis: axis,
    legend: { textStyle: { color: text } },
    visualMap: { color: [colour("--tone-green"), colour("--tone-green-bg")], textStyle: { color: text } },
    heatmap: {
      label: { color: colour("--tblr-body-color"), textBorderColor: colour("--tblr-bg-surface"), textBorderWidth: 3 },
      itemStyle: { borderColor: colour("--tblr-bg-surface"), borderWidth: 2 },
    },
    // The default tooltip is HTML with inline styles, which the page's policy forbids.
    tooltip: {
      renderMode: "richText",
      backgroundColor: colour("--tblr-bg-surface"),
      borderColor: line,
      textStyle: { color: colour("--tblr-body-color") },
    },
  };
  probe.remove();
  return colours;
}

function colour(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
