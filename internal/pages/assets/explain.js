
"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = document.getElementById("theme");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = isDark() ? "Light page" : "Dark page"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; label(); });
  dark.addEventListener("change", label);
  label();
  theme.hidden = false;

  // What the page holds, read once.
  const low = (node) => node.textContent.toLowerCase().replace(/\s+/g, " ");
  const outputs = [...document.querySelectorAll("#outputs .card")].map((c) => c.dataset.output.toLowerCase());
  const names = [...document.querySelectorAll("#outputs .card")].map((c) => c.dataset.output);
  const schemas = [...document.querySelectorAll(".schema")].map((section) => ({
    section,
    text: [...section.querySelectorAll("[data-find]")].map(low).join(" "),
    columns: [...section.querySelectorAll("thead th[data-at], td[data-at], figure[data-at]")],
    rows: [...section.querySelectorAll("tbody tr")].map((row) => ({
      row,
      text: [...row.querySelectorAll("th, .categories")].map(low).join(" "),
      cells: [...row.querySelectorAll("td[data-at]")].map((cell) => [...cell.querySelectorAll(".verdict, .why")].map(low).join(" ")),
    })),
  }));
  const total = schemas.reduce((n, s) => n + s.rows.length, 0);

  const search = document.getElementById("search");
  const input = search.querySelector("input");
  const status = search.querySelector("output");
  const printed = document.getElementById("printed");
  const nothing = document.getElementById("nothing");

  // A word that an output's name begins with shows that output alone; every
  // other word must stand in the schema, the property, its category or a verdict.
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = outputs.map(() => true);
    const rest = [];
    for (const word of words) {
      const at = outputs.map((name) => word.length > 1 && name.startsWith(word));
      if (at.includes(true)) shown = shown.map((s, i) => s && at[i]);
      else rest.push(word);
    }
    let found = 0;
    let of = 0;
    for (const schema of schemas) {
      let here = 0;
      for (const row of schema.rows) {
        const cells = row.cells.filter((_, i) => shown[i]);
        const hit = rest.every((w) => schema.text.includes(w) || row.text.includes(w) || cells.some((c) => c.includes(w)));
        row.row.hidden = !hit;
        if (hit) here++;
      }
      schema.section.hidden = here === 0;
      for (const cell of schema.columns) cell.hidden = !shown[Number(cell.dataset.at)];
      found += here;
      if (here > 0) of++;
    }
    const only = shown.includes(false) ? ", at " + (names.filter((_, i) => shown[i]).join(", ") || "no output") : "";
    status.value = found + " of " + total + " properties, in " + of + " of " + schemas.length + " tables" + only;
    nothing.hidden = found > 0 || total === 0;
    printed.textContent = words.length > 0 ? "This print shows only what was searched for: “" + input.value + "” (" + status.value + ")." : "";
  };
  input.addEventListener("input", apply);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== input && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "Escape" && document.activeElement === input) {
      input.value = "";
      apply();
    }
  });
  search.hidden = false;
  apply();

  // Where there is much, samples but the first are folded; on paper all are there.
  const folds = [...document.querySelectorAll("details.samples")];
  if (folds.length > 8) for (const fold of folds.slice(1)) fold.open = false;
  let were = [];
  addEventListener("beforeprint", () => {
    were = [...document.querySelectorAll("details")].filter((d) => !d.open);
    for (const fold of were) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of were) fold.open = false; });
})();
