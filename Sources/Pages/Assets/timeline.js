"use strict";
// Only zooms and changes colours: the page can be read without it.
(() => {
  const drawing = document.querySelector("main > svg.drawing");
  const place = document.getElementById("scroll");
  const root = document.documentElement;
  const button = (name, act) => {
    const found = document.getElementById(name);
    if (found) { found.hidden = false; found.addEventListener("click", act); }
    return found;
  };
  const width = drawing ? drawing.viewBox.baseVal.width : 0;
  let scale = 1;
  const zoom = (factor) => {
    if (!drawing) return;
    const middle = (place.scrollLeft + place.clientWidth / 2) / (width * scale);
    scale = factor === 0 ? 1 : Math.min(400, Math.max(0.25, scale * factor));
    drawing.setAttribute("preserveAspectRatio", "none");
    drawing.setAttribute("width", width * scale);
    place.scrollLeft = middle * width * scale - place.clientWidth / 2;
  };
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const turn = () => { root.dataset.theme = isDark() ? "light" : "dark"; name(); };
  const theme = button("theme", turn);
  const name = () => { if (theme) theme.textContent = isDark() ? "Light (t)" : "Dark (t)"; };
  name();
  button("in", () => zoom(1.6));
  button("out", () => zoom(1 / 1.6));
  button("all", () => zoom(0));
  const lanes = [...document.querySelectorAll("g.lane")];
  const step = (by) => {
    const at = lanes.indexOf(document.activeElement);
    const next = lanes[Math.min(lanes.length - 1, Math.max(0, at + by))];
    if (next) next.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), "0": () => zoom(0), t: turn,
      j: () => step(1), k: () => step(-1),
      l: () => place.scrollBy(place.clientWidth / 3, 0), h: () => place.scrollBy(-place.clientWidth / 3, 0),
    };
    if (keys[event.key]) { keys[event.key](); event.preventDefault(); }
  });
})();
