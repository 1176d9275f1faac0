"use strict";
// Asks for /status.json now and then and shows it. Everything from there is
// put in as text, never as markup.

const every = 2000, kept = 150; // milliseconds between questions; points of a plot: five minutes

const $ = (id) => document.getElementById(id);

function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) if (value !== undefined) e.setAttribute(key, value);
  e.append(...children.filter((c) => c !== undefined && c !== ""));
  return e;
}

const number = (n) => Math.round(n).toLocaleString("en");

function bytes(n) {
  for (const [unit, size] of [["TiB", 2 ** 40], ["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (n >= size) return (n / size).toFixed(n >= 10 * size ? 0 : 1) + " " + unit;
  }
  return Math.round(n) + " B";
}

function time(seconds) {
  const s = Math.round(seconds);
  if (s < 120) return s + " s";
  if (s < 7200) return Math.round(s / 60) + " min";
  if (s < 172800) return Math.round(s / 3600) + " h";
  return Math.round(s / 86400) + " days";
}

// up changes rarely, since screen readers say it.
const up = (seconds) => (seconds < 120 ? "since a moment ago" : "for " + time(seconds));

const sum = (counts) => Object.values(counts ?? {}).reduce((a, b) => a + b, 0);

const listed = (counts) => Object.entries(counts ?? {}).map(([why, n]) => `${why} ${number(n)}`).join(", ");

// history of each output: records a second and bytes behind.
const history = new Map();
let before;

function remember(s) {
  const passed = before ? (Date.parse(s.now) - Date.parse(before.now)) / 1000 : 0;
  const restarted = before && before.started !== s.started;
  for (const out of s.outputs) {
    const h = history.get(out.name) ?? { rate: [], lag: [] };
    const was = before?.outputs.find((o) => o.name === out.name);
    if (was && passed > 0 && !restarted) h.rate.push(Math.max(0, (out.records - was.records) / passed));
    h.lag.push(out.lag_bytes);
    for (const list of [h.rate, h.lag]) list.splice(0, Math.max(0, list.length - kept));
    history.set(out.name, h);
  }
  before = s;
}

function plot(kind, label, value, points) {
  const most = Math.max(1, ...points), width = kept - 1;
  const svgns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(svgns, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} 30`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const at = points.map((p, i) => `${width - (points.length - 1 - i)},${(29 - (p / most) * 28).toFixed(2)}`);
  if (points.length > 1) {
    for (const [name, d] of [["area", `M${width - points.length + 1},30 L${at.join(" L")} L${width},30 Z`], ["line", `M${at.join(" L")}`]]) {
      const path = document.createElementNS(svgns, "path");
      path.setAttribute("class", name);
      path.setAttribute("d", d);
      svg.append(path);
    }
  }
  return el("div", { class: "plot " + kind }, el("span", { class: "small soft" }, label), el("b", {}, value), svg);
}

function state(out) {
  if (out.failing_seconds > 0) return ["failing", `failing for ${time(out.failing_seconds)}`];
  if (out.behind_seconds > 10) return ["behind", `behind for ${time(out.behind_seconds)}`];
  return ["well", out.behind_seconds > 0 ? "delivering" : "all delivered"];
}

function card(out) {
  const h = history.get(out.name), [kind, words] = state(out);
  const notes = [];
  if (sum(out.withheld)) notes.push(`withheld: ${listed(out.withheld)}`);
  if (sum(out.rejected)) notes.push(`rejected: ${listed(out.rejected)}`);
  if (out.retries) notes.push(`${number(out.retries)} attempts made again`);
  return el("article", { class: "card" + (kind === "failing" ? " failing" : ""), "data-output": out.name },
    el("div", { class: "top" }, el("h3", {}, out.name, " ", el("span", { class: "soft small" }, out.kind)), el("span", { class: "state " + kind }, words)),
    el("p", { class: "soft small" }, `${number(out.records)} records, ${bytes(out.bytes)}`),
    el("div", { class: "plots" },
      plot("rate", "records a second", h.rate.length ? number(h.rate.at(-1)) : "–", h.rate),
      plot("lag", "still to deliver", bytes(out.lag_bytes), h.lag)),
    notes.length ? el("p", { class: "small soft error" }, notes.join(" · ")) : undefined,
    out.error ? el("p", { class: "small error" + (kind === "failing" ? " now" : " soft") }, (kind === "failing" ? "" : "last error: ") + out.error) : undefined);
}

function inputTable(input, outputs) {
  const head = el("tr", {}, el("th", { scope: "col" }, "files"), el("th", { scope: "col", class: "n" }, "number"), el("th", { scope: "col", class: "n" }, "size"),
    ...outputs.map((o) => el("th", { scope: "col" }, "delivered to " + o.name)));
  const rows = (input.logs ?? []).map((log) => el("tr", {},
    el("th", { scope: "row" }, el("code", {}, log.glob)), el("td", { class: "n" }, number(log.files)), el("td", { class: "n" }, bytes(log.bytes)),
    ...outputs.map((o) => {
      const done = log.delivered[o.name] ?? 0, part = log.bytes > 0 ? done / log.bytes : 1;
      const percent = part >= 1 ? "100 %" : Math.min(99.9, part * 100).toFixed(1) + " %";
      const fill = el("i");
      fill.style.width = Math.min(100, part * 100) + "%";
      return el("td", {}, percent, el("span", { class: "bar" + (part >= 1 ? " whole" : ""), "aria-hidden": "true" }, fill));
    })));
  const said = [`${number(input.lines)} lines`, bytes(input.bytes)];
  if (sum(input.faults)) said.push(`${number(sum(input.faults))} not valid events (${listed(input.faults)})`);
  if (input.gaps) said.push(`${number(input.gaps)} stretches lost before they could be read`);
  const title = el("div", { class: "inputs" }, el("h3", {}, input.name), el("span", { class: "soft small" }, said.join(" · ")));
  return el("div", {}, title, rows.length ? el("div", { class: "wide" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows))) : "");
}

function ledgerText(s) {
  const faults = s.inputs.reduce((n, i) => n + sum(i.faults), 0), lines = s.inputs.reduce((n, i) => n + i.lines, 0);
  return `${number(lines)} lines read: ${number(lines - faults)} valid events, ${number(faults)} faults, of which ${number(s.quarantined)} were put into the quarantine.`;
}

function ledger(s) {
  const cells = (...values) => values.map((v) => el("td", { class: "n" }, v));
  return [
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "output"), ...["delivered", "withheld", "rejected", "still to deliver", "attempts made again"].map((t) => el("th", { scope: "col", class: "n" }, t)))),
    el("tbody", {}, ...s.outputs.map((o) => el("tr", {}, el("th", { scope: "row" }, o.name),
      ...cells(number(o.records), number(sum(o.withheld)), number(sum(o.rejected)), bytes(o.lag_bytes), number(o.retries))))),
  ];
}

function show(s) {
  remember(s);
  $("version").textContent = s.version;
  $("outputs").replaceChildren(...s.outputs.map(card));
  $("inputs").replaceChildren(...s.inputs.map((i) => inputTable(i, s.outputs)));
  $("ledger-text").textContent = ledgerText(s);
  $("ledger").replaceChildren(...ledger(s));
  const failing = s.outputs.filter((o) => o.failing_seconds > 0).length;
  document.title = (failing ? `(${failing} failing) ` : "") + "jupyter-events-agent";
  live("live", "up " + up((Date.parse(s.now) - Date.parse(s.started)) / 1000));
}

function live(kind, words) {
  $("live").dataset.state = kind;
  if ($("live-text").textContent !== words) $("live-text").textContent = words;
}

const marks = { goes: "●", changed: "◐", stays: "○", none: "–" };

function policy(p) {
  $("policy").replaceChildren(...p.schemas.map((s) => el("details", {},
    el("summary", {}, el("code", {}, s.schema), " ", el("span", { class: "soft" }, s.version && "version " + s.version)),
    el("div", { class: "wide" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "property"), el("th", { scope: "col" }, "categories"), ...p.outputs.map((o) => el("th", { scope: "col", class: "c" }, o)))),
      el("tbody", {}, ...s.rows.map((r) => el("tr", {}, el("th", { scope: "row" }, el("code", {}, r.property)),
        el("td", { class: "small soft" }, r.categories.join(", ") || "none"),
        ...r.verdicts.map((v) => el("td", { class: "c " + v.class, title: v.verdict }, el("span", { "aria-hidden": "true" }, marks[v.class]), " ", el("span", { class: "small" }, v.class === "changed" ? v.verdict : "")))))))))));
}

let policyOf;

async function ask() {
  try {
    const answer = await fetch("status.json", { signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(answer.statusText);
    const s = await answer.json();
    show(s);
    if (policyOf !== s.policy) {
      policy(await (await fetch("policy.json")).json());
      policyOf = s.policy;
    }
  } catch {
    live("lost", "the agent does not answer; what stands here is old");
  }
  setTimeout(ask, every);
}

ask();
