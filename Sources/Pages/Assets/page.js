"use strict";
// The page is whole without this: it only filters, moves by keys, and changes the colours.
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const root = document.documentElement;

  // Colours: the system's, until the reader chooses. The choice is kept where the browser lets a file keep anything.
  const themeButton = find("#theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const kept = (value) => {
    try {
      if (value) localStorage.setItem("inquest-theme", value);
      return localStorage.getItem("inquest-theme");
    } catch {
      return null;
    }
  };
  const nameTheme = () => { themeButton.textContent = isDark() ? "Light" : "Dark"; };
  const toggleTheme = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    kept(root.dataset.theme);
    nameTheme();
  };
  const before = kept();
  if (before === "dark" || before === "light") root.dataset.theme = before;
  nameTheme();
  themeButton.hidden = false;
  themeButton.addEventListener("click", toggleTheme);
  system.addEventListener("change", nameTheme);

  // Keys in a dialog.
  const keys = find("#keys");
  const help = find("#help");
  help.hidden = false;
  help.addEventListener("click", () => keys.showModal());

  // The filter: a group stays where it holds every word.
  const filter = find("#filter");
  const groups = all("#groups > .group");
  if (filter) {
    const matches = find("#matches");
    const texts = new Map();
    const text = (group) => {
      if (!texts.has(group)) texts.set(group, group.textContent.toLowerCase());
      return texts.get(group);
    };
    const apply = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const group of groups) {
        const fits = words.every((word) => text(group).includes(word));
        group.hidden = !fits;
        if (fits) shown += 1;
      }
      matches.textContent = words.length ? `${shown} of ${groups.length} groups` : "";
    };
    filter.closest(".filter").hidden = false;
    filter.addEventListener("input", apply);
    find("#open-all").addEventListener("click", () => groups.forEach((group) => { group.open = !group.hidden; }));
    find("#close-all").addEventListener("click", () => groups.forEach((group) => { group.open = false; }));
    apply();
  }

  // The strip says below what is pointed at or focused.
  for (const figure of all(".depth")) {
    const readout = find(".readout", figure);
    const say = (event) => {
      const block = event.target.closest(".block");
      readout.textContent = block ? block.getAttribute("aria-label") : "";
    };
    for (const kind of ["mouseover", "focusin"]) figure.addEventListener(kind, say);
    for (const kind of ["mouseleave", "focusout"]) figure.addEventListener(kind, () => { readout.textContent = ""; });
    figure.addEventListener("click", (event) => {
      const link = event.target.closest("a.block");
      const row = link && document.getElementById(link.getAttribute("href").slice(1));
      const details = row && find("details", row);
      if (details) {
        event.preventDefault();
        details.open = true;
        find("summary", details).focus();
        row.scrollIntoView({ block: "nearest" });
      }
    });
  }

  // Moving: j and k go through what can be opened and is in sight, from where the focus is, or from the window's top.
  const isVisible = (element) => element.checkVisibility ? element.checkVisibility() : element.offsetParent !== null;
  const move = (step) => {
    const rows = all("main .frame > details > summary, main .group > summary").filter(isVisible);
    if (!rows.length) return;
    let index = rows.indexOf(document.activeElement);
    if (index < 0) {
      const next = rows.findIndex((row) => row.getBoundingClientRect().top >= 0);
      index = step > 0 ? (next < 0 ? rows.length - 1 : next) : (next <= 0 ? 0 : next - 1);
    } else {
      index = Math.min(rows.length - 1, Math.max(0, index + step));
    }
    rows[index].focus();
    rows[index].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    const isTyping = event.target === filter;
    if (event.key === "Escape") {
      if (isTyping && filter.value) {
        filter.value = "";
        filter.dispatchEvent(new Event("input"));
      } else {
        document.activeElement?.blur();
      }
    } else if (isTyping) {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        groups.find((group) => !group.hidden)?.querySelector("summary").focus();
      } else {
        return;
      }
    } else if (event.key === "/" && filter) {
      filter.focus();
      filter.select();
    } else if (event.key === "j" || event.key === "k") {
      move(event.key === "j" ? 1 : -1);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.matches?.("summary")) {
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "t") {
      toggleTheme();
    } else if (event.key === "?") {
      keys.showModal();
    } else {
      return;
    }
    event.preventDefault();
  });

  // On paper, what explains the crash is open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all(".other, #modules details, #waits details, #stack .frame:nth-child(-n+3) > details").filter((details) => !details.open);
    if (groups.length <= 30) opened.push(...groups.filter((group) => !group.open));
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
  });
})();
