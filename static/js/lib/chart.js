// ECharts in the portal's colours: charts that follow the screen's size and its light or dark side, and that screen
// readers can read. ECharts is large: it is fetched for the first chart that comes near the screen, by
// components/chart_assets.html.
import { load } from "./assets.js";

const COLOURS = ["--tone-green", "--tone-blue", "--tone-yellow", "--tone-red", "--tone-grey"];
const NEAR = "150px 0px";
const options = new Map(); // of each element, those not drawn yet included
const drawn = new Set();
// light-dark() resolves only on an element, so every colour is read through one.
const probe = document.createElement("span");

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) echarts.getInstanceByDom(target)?.resize();
});

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) show(target);
  },
  { rootMargin: NEAR },
);

document.addEventListener("portal:theme", () => drawn.forEach(draw));

// Draws a chart into the element, whose height comes from .chart, as soon as it is near. The option is plain ECharts.
export function drawChart(element, option) {
  options.set(element, option);
  sight.observe(element);
}

// Draws what is not near, too: paper has no edge of a screen.
export function drawAll() {
  return Promise.all([...options.keys()].map(show));
}

async function show(element) {
  sight.unobserve(element);
  await load("chart-assets");
  if (drawn.has(element)) return;
  draw(element);
  sizes.observe(element);
}

// Resolves to the address of a chart as a file: "png", twice as fine as the screen, or "svg".
export async function chartFile(element, kind) {
  await show(element);
  const shown = echarts.getInstanceByDom(element);
  if (kind === "png") return shown.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: surface() });
  const size = { width: shown.getWidth(), height: shown.getHeight() };
  const chart = echarts.init(null, theme(), { renderer: "svg", ssr: true, ...size });
  chart.setOption({ animation: false, backgroundColor: surface(), ...options.get(element) });
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
  drawn.add(element);
  echarts.getInstanceByDom(element)?.dispose();
  const chart = echarts.init(element, theme());
  chart.setOption({ aria: { enabled: true }, animation: false, ...options.get(element) });
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
