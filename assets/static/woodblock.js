// Countdowns that go on, menus that close, and a box for commands. Every page works without this.
(() => {
  const began = Date.now();
  const served = Number(document.body.dataset.now) || began;
  const now = () => served + (Date.now() - began);
  // Seconds are shown on the page of an order alone, and never in a list.
  const words = (ms, clock) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    const d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
    if (d) return d + (d === 1 ? " day" : " days") + (h ? ` ${h} h` : "");
    if (h) return `${h} h` + (m ? ` ${m} min` : "");
    if (m >= 10 || (m && !clock.closest(".clock"))) return `${m} min`;
    return m ? `${m} min ${s % 60} s` : `${s} s`;
  };
  let clocks = [...document.querySelectorAll("[data-until]")];
  document.addEventListener("woodblock:rows", () => { clocks = [...document.querySelectorAll("[data-until]")]; });
  const show = () => {
    for (const clock of clocks) {
      const left = Number(clock.dataset.until) - now();
      clock.textContent = left <= 0 ? "a moment" : words(left, clock);
      const tone = left <= 6e5 ? "last" : left <= 36e5 ? "near" : "calm";
      clock.parentElement.className = `countdown tone-${tone}`;
    }
  };
  if (clocks.length) { show(); setInterval(show, 1000); }
  // A page whose clock has run out shows what became of it.
  const first = Math.min(...clocks.map((clock) => Number(clock.dataset.until)).filter((at) => at > now()));
  if (document.querySelector(".clock") && first - now() < 864e5) {
    setTimeout(() => { if (!document.querySelector("details[open], input:focus")) location.reload(); }, first - now() + 4000);
  }
})();

// A menu closes when something else is wanted.
(() => {
  const menus = "details.menu, details.ask";
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(`:is(${menus})[open]`)) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest && event.target.closest(`:is(${menus})[open]`);
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
})();

// The command box: an order number, a page, or any button of this page.
(() => {
  const box = document.querySelector("dialog.command");
  if (!box) return;
  const input = box.querySelector("input");
  const list = box.querySelector("ul");
  let shown = [];
  let at = 0;
  const words = (node) => node.textContent.replace(/\s+/g, " ").trim();
  const commands = () => {
    const found = [];
    for (const link of document.querySelectorAll(".top nav a, .every-place a, .tabs a, .crumb a, .pages a")) found.push({ label: words(link), kind: "go to", run: () => link.click() });
    for (const button of document.querySelectorAll("main .button, main .menu-item, .top-end a, .top-end button")) {
      if (button.closest("dialog, .bulk-bar.is-idle") || button.disabled) continue;
      const card = button.closest("section, article, .card");
      const head = card && card.querySelector("h2, h3");
      found.push({ label: words(button), kind: head ? words(head) : "on this page", run: () => {
        for (let menu = button.closest("details"); menu; menu = menu.parentElement.closest("details")) menu.open = true;
        button.scrollIntoView({ block: "center" });
        // What is asked about first is only opened; nothing is pressed unseen.
        if (button.matches("a, summary")) button.click(); else button.focus();
      } });
    }
    return found;
  };
  const paint = () => {
    const text = input.value.trim();
    const wanted = text.toLowerCase();
    shown = commands().filter((one) => `${one.label} ${one.kind}`.toLowerCase().includes(wanted));
    const sheet = document.querySelector("dialog.keys");
    if (sheet && "keys".includes(wanted)) shown.push({ label: "Keys", kind: "what they do", run: () => sheet.showModal() });
    const search = text && { label: `Search orders for “${text}”`, kind: "a full number opens it", run: () => { location.href = `${document.body.dataset.home}?q=${encodeURIComponent(text)}`; } };
    shown = shown.slice(0, 8);
    // A number is an order's; other words may be, when nothing here fits better.
    if (search && /^#?\d/.test(text)) shown.unshift(search); else if (search) shown.push(search);
    at = Math.min(at, Math.max(0, shown.length - 1));
    list.replaceChildren(...shown.map((one, nth) => {
      const item = document.createElement("li");
      item.id = `command-${nth}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(nth === at));
      const label = document.createElement("span");
      label.textContent = one.label;
      const kind = document.createElement("small");
      kind.textContent = one.kind;
      item.append(label, kind);
      item.addEventListener("click", () => choose(nth));
      return item;
    }));
    input.setAttribute("aria-activedescendant", shown.length ? `command-${at}` : "");
  };
  const choose = (nth) => { const one = shown[nth]; box.close(); if (one) one.run(); };
  const open = () => { input.value = ""; at = 0; box.showModal(); paint(); };
  input.addEventListener("input", () => { at = 0; paint(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") at = Math.min(at + 1, shown.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") { event.preventDefault(); return choose(at); }
    else return;
    event.preventDefault();
    paint();
  });
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
  });
})();

// Single letters, for whoever wants them; none does anything while somebody types.
(() => {
  const sheet = document.querySelector("dialog.keys");
  if (!sheet) return;
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
  if (document.body.dataset.keys !== "on") return;
  let isGoing = false;
  let ends = 0;
  const stop = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]")) return;
    if (isGoing) {
      isGoing = false;
      clearTimeout(ends);
      const place = /^[a-z]$/.test(event.key) && document.querySelector(`[data-go="${event.key}"]`);
      if (place) { stop(event); place.click(); return; }
    }
    if (event.key === "g") {
      isGoing = true;
      ends = setTimeout(() => { isGoing = false; }, 1500);
      return stop(event);
    }
    if (event.key === "?") { stop(event); sheet.showModal(); return; }
    if (event.key === "/") {
      const search = document.getElementById("q");
      stop(event);
      if (search) { search.focus(); search.select(); } else location.href = `${document.body.dataset.home}#q`;
      return;
    }
    const press = /^[a-z]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
    if (press) { stop(event); press.click(); }
  });
  // The search of the list, when a key led there from another page.
  if (location.hash === "#q") document.getElementById("q")?.focus();
})();
